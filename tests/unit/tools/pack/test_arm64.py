"""A charm packed for arm64, run by an arm64 Python under qemu-user, beside the same packed for this machine.

Emulated are the processor's instructions for Python, its modules in C and Rust, and their libraries. The commands that
hooks call are this machine's and stand for Juju's, Kubernetes is the one of the charms' unit tests, at an address, and
no Pebble answers. On a calm machine all of it takes some ten seconds, and a minute more the first time, for Debian.
"""

import datetime
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import zipfile
from typing import Any

import pytest
from kubeflow_charms.certificates import signing
from support import emulated
from support.fake_cluster import FakeCluster
from support.hooks import MODEL, Hooks
from support.served_cluster import served

from tools.pack import charm
from tools.pack.repository import Repository

CHARM, ENDPOINT = "dex-auth", "dex-oidc-config"
"""The charm with the most modules that are compiled."""
HOOKS = ("install", "start")
MINTS = """
import datetime, msgspec, yaml, markupsafe
from kubeflow_charms.certificates import signing
assert yaml.__with_libyaml__ and msgspec.json.encode([1]) == b"[1]" and markupsafe.escape("<") == "&lt;"
key = signing.new_key()
print(signing.authority_certificate("arm64", key, datetime.datetime.now(datetime.UTC), datetime.timedelta(1)))
"""

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mmdebstrap") or platform.machine() != "x86_64",
    reason="needs root on amd64, and mmdebstrap, which `python -m testbed build` installs",
)


@pytest.fixture(scope="module")
def python() -> pathlib.Path:
    return emulated.python()


def unpacked(folder: pathlib.Path, version: str, architecture: str) -> pathlib.Path:
    """Return the folder of the charm packed for a Python and an architecture."""
    packed = charm.pack(Repository(), CHARM, charm.Target(version, architecture), folder / "packed")
    with zipfile.ZipFile(packed.path) as archive:
        archive.extractall(folder / "charm")
    (folder / "charm" / "dispatch").chmod(0o755)
    return folder / "charm"


@pytest.fixture(scope="module")
def for_arm64(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return unpacked(tmp_path_factory.mktemp("arm64"), emulated.VERSION, "arm64")


@pytest.fixture(scope="module")
def for_here(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return unpacked(tmp_path_factory.mktemp("amd64"), f"{sys.version_info.major}.{sys.version_info.minor}", "amd64")


def outcome(folder: pathlib.Path, unpacked: pathlib.Path, python: pathlib.Path) -> dict[str, Any]:
    """Return what a new unit's hooks asked and told Juju, and left with it and in the cluster."""
    cluster = FakeCluster()
    cluster.add(f"/api/v1/namespaces/{MODEL}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": MODEL}})
    path = f"/apis/apps/v1/namespaces/{MODEL}/statefulsets/{CHARM}"
    template = {"template": {"metadata": {}}}
    cluster.add(path, {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": CHARM}, "spec": template})
    with served(cluster, MODEL) as configuration:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(configuration)
        hooks = Hooks(unpacked, folder / "hooks", python, kubeconfig)
        hooks.relate(ENDPOINT, "oidc-gatekeeper")
        calls = [call for hook in HOOKS for call in hooks.run(hook)]
    juju = hooks.read()
    return {
        "commands": {call[0] for call in calls} - {"juju-log"},
        "statuses": [call[-2] for call in calls if call[0] == "status-set"],
        "databag": juju["relations"][f"{ENDPOINT}:0"]["said"][CHARM],
        "secrets": {item["label"]: sorted(item["content"]) for item in juju["secrets"].values()},
        "objects": cluster.kinds(),
    }


def test_hooks_of_the_archive_for_arm64_do_what_those_of_this_machines_do(
    python: pathlib.Path, for_arm64: pathlib.Path, for_here: pathlib.Path, tmp_path: pathlib.Path
):
    native = tmp_path / "native"
    native.mkdir()
    (native / "python3").symlink_to(pathlib.Path(sys.base_prefix) / "bin" / "python3")
    for name in ("amd64", "arm64"):
        (tmp_path / name).mkdir()
    emulated_outcome = outcome(tmp_path / "arm64", for_arm64, python)
    assert emulated_outcome == outcome(tmp_path / "amd64", for_here, native)
    assert emulated_outcome["databag"]["issuer-url"] == f"http://{CHARM}.{MODEL}.svc:5556/dex"
    assert "waiting for container dex to start" in emulated_outcome["statuses"][-1]
    assert "CustomResourceDefinition authcodes.dex.coreos.com" in emulated_outcome["objects"]


def test_a_certificate_that_is_made_on_arm64_is_one_here(python: pathlib.Path, for_arm64: pathlib.Path):
    variables = {"PYTHONPATH": f"{for_arm64}/lib:{for_arm64}/venv"}
    command = [python / "python3", "-W", "error", "-c", MINTS]
    made = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert not made.returncode, made.stderr
    certificate = signing.load(made.stdout)
    assert certificate.not_valid_after_utc > datetime.datetime.now(datetime.UTC)


def test_what_is_packed_for_this_machine_is_none_for_arm64(python: pathlib.Path, for_here: pathlib.Path):
    variables = {"PYTHONPATH": f"{for_here}/lib:{for_here}/venv"}
    command = [python / "python3", "-c", "import msgspec"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode
    assert "msgspec._core" in done.stderr
