"""What charmcraft is given for a release."""

import os
import subprocess
import tomllib

import pytest
import yaml

from tools.pack import dependencies, release

CHARMCRAFT = """\
#!/bin/sh
while [ "$1" != --output ]; do [ "$1" = --project-dir ] && project=$2; shift; done
cd "$project" && mkdir "$2" && tar cf "$2/tiny_amd64.charm" lib src pyproject.toml uv.lock
"""
"""Stands for charmcraft, which needs a snap and LXD: archives what it is given where it is told to."""


@pytest.fixture
def staged(repository, tmp_path):
    release.stage(repository, "tiny", tmp_path / "staged")
    return tmp_path / "staged"


def test_the_charm_gets_the_library_and_the_licence(staged):
    assert (staged / "lib/kubeflow_charms/__init__.py").is_file()
    assert (staged / "LICENSE").is_file()
    assert not (staged / "tests").exists()


def test_source_and_issues_are_where_it_is_published(repository, tmp_path):
    release.stage(repository, "tiny", tmp_path / "staged", "https://forge.example/us/charms")
    links = yaml.safe_load((tmp_path / "staged" / "charmcraft.yaml").read_text())["links"]
    assert links["source"] == ["https://forge.example/us/charms"]
    assert links["issues"] == ["https://forge.example/us/charms/issues"]
    assert links["contact"] == "someone@example.com"


def test_all_dependencies_are_pinned_as_locked(staged, repository):
    project = tomllib.loads((staged / "pyproject.toml").read_text())
    pins = dependencies.pins(repository)
    assert project["project"]["dependencies"] == [f"pyyaml=={pins['pyyaml']}"]
    assert f"markupsafe=={pins['markupsafe']}" in project["tool"]["uv"]["constraint-dependencies"]


def test_uv_can_lock_and_install_what_is_staged_without_changing_a_version(staged, tmp_path, repository):
    subprocess.run(["uv", "lock", "--quiet", "--project", staged], check=True)
    locked = tomllib.loads((staged / "uv.lock").read_text())["package"]
    versions = {package["name"]: package.get("version") for package in locked}
    assert versions["pyyaml"] == dependencies.pins(repository)["pyyaml"]


def test_what_charmcraft_makes_is_delivered(repository, tmp_path, monkeypatch):
    program = tmp_path / "bin" / "charmcraft"
    program.parent.mkdir()
    program.write_text(CHARMCRAFT)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    (packed,) = release.pack(repository, "tiny", tmp_path / "out")
    assert packed.path == tmp_path / "out" / "tiny_amd64.charm"
    assert packed.size > 0
