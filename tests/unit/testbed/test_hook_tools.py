"""The commands that a charm's hooks have, on both Jujus: by their own sources, where those were fetched."""

import os
import pathlib
import re

import pytest

from testbed.golang import MODULES
from testbed.juju_versions import VERSIONS

FOLDER = "internal/worker/uniter/runner/jujuc"
GONE = {"k8s-raw-get", "k8s-raw-set", "k8s-spec-get", "k8s-spec-set", "leader-get", "leader-set"} | {
    "payload-register",
    "payload-status-set",
    "payload-unregister",
}
"""What 4.1 has no more; no charm of ours calls these."""
FLAG = re.compile(r'\bf\.(?:\w*Var)\([^"\n]*"([a-z-]+)"')
OURS = sorted(path for root in ("lib/kubeflow_charms", "charms") for path in MODULES.parents[1].glob(f"{root}/**/*.py"))


def commands(version: str) -> dict[str, set[str]]:
    """Return the flags of each command, as its source declares them."""
    pinned = re.search(r"github\.com/juju/juju (v\S+)", (MODULES / VERSIONS[version].module / "go.mod").read_text())
    assert pinned
    modules = pathlib.Path(os.environ.get("GOMODCACHE") or pathlib.Path.home() / "go/pkg/mod")
    folder = modules / f"github.com/juju/juju@{pinned[1]}" / FOLDER
    if not folder.is_dir():
        pytest.skip(f"the sources of Juju {version} are not here: `python -m testbed build` fetches them")
    sources = [path for path in folder.glob("*.go") if not path.name.endswith("_test.go")]
    return {path.stem: set(FLAG.findall(path.read_text())) for path in sources}


def test_hooks_have_the_same_commands_with_the_same_flags_on_both_jujus() -> None:
    older, newer = commands("3.6"), commands("4.1")
    assert older.keys() - newer.keys() == GONE
    assert newer.keys() - older.keys() == set()
    assert {name: (older[name], newer[name]) for name in newer if older[name] != newer[name]} == {}
    assert newer["secret-get"] >= {"label", "peek", "refresh"}


def test_no_charm_calls_what_one_of_them_has_not() -> None:
    called = re.compile("|".join(f'"{name}"' for name in sorted(GONE)))
    assert [path for path in OURS if called.search(path.read_text())] == []
