"""Packing a charm."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tools.pack import bytecode, charm
from tools.pack.repository import PackError
from tools.store import archive

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHER = "3.12" if RUNNING == "3.11" else "3.11"
HERE = charm.Target(RUNNING, charm.host_architecture())


@pytest.fixture
def pack(repository, tmp_path):
    """Pack the small repository's charm."""

    def run(target=HERE, output="out"):
        return charm.pack(repository, "tiny", target, tmp_path / output)

    return run


@pytest.fixture
def unpacked(pack, tmp_path):
    """Give the packed charm as Juju unpacks it."""
    with zipfile.ZipFile(pack().path) as content:
        content.extractall(tmp_path / "unpacked")
        for entry in content.infolist():
            (tmp_path / "unpacked" / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    return tmp_path / "unpacked"


def test_a_packed_charm_contains_what_juju_needs_and_no_tests(pack):
    with zipfile.ZipFile(pack().path) as content:
        names = content.namelist()
    folders = {name.split("/")[0] for name in names if "/" in name}
    assert folders == {"lib", "src", "venv"}
    assert {name for name in names if "/" not in name} == {
        "LICENSE",
        "README.md",
        "actions.yaml",
        "config.yaml",
        "dispatch",
        "icon.svg",
        "manifest.yaml",
        "metadata.yaml",
        "version",
    }


def test_a_packed_charm_is_taken_by_the_store(pack):
    package = archive.read(pack().path)
    assert (package.name, package.version) == ("tiny", "1.2.3")


def test_a_packed_charm_runs_from_anywhere(unpacked):
    done = subprocess.run([unpacked / "dispatch"], cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout == "greeting: hello\n"


@pytest.mark.parametrize(
    ("hook", "started", "runs"),
    [
        ("update-status", True, True),
        ("db-relation-changed", True, True),
        ("db-relation-joined", True, False),
        ("db-relation-departed", True, False),
        ("data-storage-attached", True, False),
        ("db-relation-created", True, True),
        ("db-relation-created", False, False),
        ("tiny-pebble-ready", False, False),
        ("leader-elected", False, False),
        ("config-changed", False, False),
        ("install", False, True),
        ("start", False, True),
        ("stop", False, True),
    ],
)
def test_no_python_starts_for_a_hook_in_which_a_charm_does_nothing(unpacked, hook, started, runs):
    if started:
        (unpacked / ".started").touch()
    environment = {**os.environ, "JUJU_DISPATCH_PATH": f"hooks/{hook}"}
    done = subprocess.run([unpacked / "dispatch"], env=environment, capture_output=True, text=True, check=True)
    assert bool(done.stdout) == runs


def test_a_charm_packed_again_elsewhere_is_the_same_byte_for_byte(pack, repository, tmp_path, monkeypatch):
    first = pack().path.read_bytes()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    moved = shutil.copytree(repository.root, tmp_path / "moved")
    for path in moved.rglob("*"):
        os.utime(path, (1, 1))
    again = charm.pack(type(repository)(moved), "tiny", HERE, tmp_path / "out2")
    assert again.path.read_bytes() == first


def test_a_charm_that_has_not_changed_comes_from_the_cache(pack):
    first, second = pack(), pack(output="out2")
    assert first.seconds > 0
    assert second.seconds == 0
    assert second.path.read_bytes() == first.path.read_bytes()


@pytest.mark.parametrize(
    "changed",
    [
        "charms/tiny/src/charm.py",
        "charms/tiny/charmcraft.yaml",
        "charms/tiny/pyproject.toml",
        "lib/kubeflow_charms/__init__.py",
        "lib/pyproject.toml",
        "requirements.lock",
        "LICENSE",
    ],
)
def test_a_change_of_anything_that_goes_in_packs_again(pack, repository, changed):
    pack()
    with (repository.root / changed).open("a") as file:
        file.write("\n# changed\n")
    assert pack().seconds > 0


def test_a_change_of_the_charms_tests_does_not_pack_again(pack, repository):
    pack()
    (repository.root / "charms/tiny/tests/test_charm.py").write_text("changed = True\n")
    assert pack().seconds == 0


def test_what_a_hook_imports_at_once_or_later_is_compiled(unpacked):
    compiled = {path.name.split(".")[0] for path in unpacked.rglob("*.pyc")}
    assert {"charm", "loader"} <= compiled
    assert "unused" not in compiled


def test_compiled_code_is_used(unpacked):
    (unpacked / "lib/kubeflow_charms/__init__.py").write_text("GREETING = 'another'\n")
    done = subprocess.run([unpacked / "dispatch"], capture_output=True, text=True, check=True)
    assert done.stdout == "greeting: hello\n"


def test_without_the_targets_python_nothing_is_compiled(pack, monkeypatch):
    monkeypatch.setattr(bytecode, "interpreter", lambda version: None)
    with zipfile.ZipFile(pack().path) as content:
        assert not [name for name in content.namelist() if name.endswith(".pyc")]


def test_extensions_are_those_of_the_target(pack):
    target = charm.Target(OTHER, "arm64")
    with zipfile.ZipFile(pack(target).path) as content:
        (extension,) = [name for name in content.namelist() if name.startswith("venv/yaml/_yaml")]
        assert b"architectures:\n  - arm64" in content.read("manifest.yaml")
    assert f"cpython-{OTHER.replace('.', '')}-aarch64" in extension


def test_a_charm_that_cannot_be_imported_is_refused_with_the_reason(pack, repository):
    (repository.root / "charms/tiny/src/charm.py").write_text("import bcrypt\n")
    with pytest.raises(PackError, match=r"tiny: .* cannot be imported .* No module named 'bcrypt'"):
        pack()


def test_a_charm_without_code_is_refused(pack, repository):
    (repository.root / "charms/tiny/src/charm.py").rename(repository.root / "charms/tiny/src/other.py")
    with pytest.raises(PackError, match=r"there is no src/charm\.py"):
        pack()


def test_an_unknown_charm_is_refused(repository, tmp_path):
    with pytest.raises(PackError, match=r"no charm 'huge'.* tiny"):
        charm.pack(repository, "huge", HERE, tmp_path)


def test_a_failed_pack_leaves_nothing_behind(pack, repository, tmp_path):
    (repository.root / "charms/tiny/src/charm.py").write_text("import nothing\n")
    with pytest.raises(PackError):
        pack()
    left = [path.name for path in (tmp_path / "cache/kubeflow-pack").iterdir() if path.suffix != ".lock"]
    assert [name for name in left if not name.startswith("dependencies-")] == []
    assert not (tmp_path / "out").exists()


def test_the_cache_keeps_a_few_archives_of_each_charm(pack, repository, tmp_path):
    for number in range(charm.KEPT + 2):
        (repository.root / "LICENSE").write_text(f"{number}\n")
        pack()
    assert len(list((tmp_path / "cache/kubeflow-pack").glob("*.charm"))) == charm.KEPT
