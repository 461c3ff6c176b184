"""The real Juju client against the store."""

import hashlib
import os
import pathlib
import subprocess

import pytest
from support.programs import find

from tools.store.index import Store
from tools.store.model import Channel

STABLE = Channel("latest", "stable")


@pytest.fixture
def juju(server, tmp_path):
    """Run the client against the store, with a configuration of its own."""
    data = tmp_path / "juju"
    data.mkdir()

    def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = [str(find("juju")), command, "--charmhub-url", server.url, *arguments]
        environment = {**os.environ, "JUJU_DATA": str(data)}
        return subprocess.run(line, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)

    return run


@pytest.fixture
def dex(folder, make_charm):
    Store(folder).add(make_charm(image="dex:1"), STABLE)
    Store(folder).add(make_charm(image="dex:2"), Channel("latest", "edge"))


def test_juju_finds_a_charm(juju, dex):
    assert "dex-auth" in juju("find", "dex").stdout


def test_juju_shows_a_charm_and_its_channels(juju, dex):
    shown = juju("info", "dex-auth").stdout
    assert "latest/stable:     1" in shown
    assert "latest/edge:       2" in shown
    assert "supports: ubuntu@24.04" in shown


def test_juju_shows_a_bundle(juju, folder, bundle):
    Store(folder).add(bundle, STABLE)
    assert "bundle-id: kubeflow-lite" in juju("info", "kubeflow-lite").stdout


def test_juju_downloads_a_charm_with_its_resources(juju, dex, folder, tmp_path):
    done = juju("download", "dex-auth", "--resources", "--no-progress")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dex-auth_r1.charm").read_bytes() == (folder / "dex-auth" / "1.charm").read_bytes()
    assert "dex:1" in (tmp_path / "resource_workload-image_r1").read_text()


def test_juju_downloads_from_another_channel(juju, dex, tmp_path):
    juju("download", "dex-auth", "--channel", "latest/edge", "--no-progress")
    assert (tmp_path / "dex-auth_r2.charm").is_file()


def test_juju_downloads_a_bundle(juju, folder, bundle, tmp_path):
    Store(folder).add(bundle, STABLE)
    juju("download", "kubeflow-lite", "--no-progress")
    assert (tmp_path / "kubeflow-lite_r1.bundle").read_bytes() == bundle.read_bytes()


def test_what_juju_downloads_fills_another_store(juju, dex, tmp_path):
    juju("download", "dex-auth", "--channel", "latest/edge", "--no-progress")
    revision = Store(tmp_path / "other").add(tmp_path / "dex-auth_r2.charm", STABLE)
    assert revision.number == 2
    content = pathlib.Path(revision.path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == revision.package.sha256


def test_juju_takes_a_supported_base_instead_of_another(juju, dex, tmp_path):
    done = juju("download", "dex-auth", "--base", "ubuntu@22.04", "--no-progress")
    assert "trying base" in done.stderr
    assert (tmp_path / "dex-auth_r1.charm").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["info", "nothing"], 'No information found for charm or bundle with the name "nothing"'),
        (["download", "nothing"], "the store has no charm or bundle 'nothing'"),
        (["download", "dex-auth", "--channel", "2.0/stable"], "has no releases in channel"),
        (["download", "dex-auth", "--revision", "9"], "dex-auth has no revision 9 here"),
    ],
)
def test_juju_says_what_is_not_there(juju, dex, arguments, said):
    done = juju(*arguments)
    assert done.returncode != 0
    assert said in done.stderr
