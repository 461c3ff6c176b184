"""The command line, and packing several charms at a time."""

import shutil
import zipfile

import pytest
import yaml
from typer.testing import CliRunner

from tools.pack import charm, command
from tools.pack.repository import PackError


@pytest.fixture
def run(repository, monkeypatch, tmp_path):
    """Run the command on the small repository."""
    monkeypatch.setattr(command, "Repository", lambda: repository)

    def invoke(*arguments: str):
        return CliRunner().invoke(command.app, [*arguments, "--output", str(tmp_path / "out")])

    return invoke


def test_without_a_name_everything_is_packed(run, tmp_path):
    assert run().exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"small.bundle", "tiny.charm"}


def test_a_name_packs_only_that(run, tmp_path):
    assert run("small").exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small.bundle"]


def test_what_has_not_changed_is_told(run):
    assert "unchanged" not in run("tiny").stdout
    assert "unchanged" in run("tiny").stdout


def test_an_archive_for_another_architecture_says_which(run, tmp_path):
    assert run("tiny", "--architecture", "arm64").exit_code == 0
    with zipfile.ZipFile(tmp_path / "out" / "tiny.charm") as archive:
        assert yaml.safe_load(archive.read("manifest.yaml"))["bases"][0]["architectures"] == ["arm64"]


def test_an_unknown_name_is_refused(run):
    result = run("huge")
    assert (result.exit_code, "no charm 'huge'" in result.stderr) == (1, True)


def test_a_release_without_charmcraft_says_how_to_get_it(run, monkeypatch):
    monkeypatch.setenv("PATH", "")
    result = run("tiny", "--release")
    assert (result.exit_code, "sudo snap install charmcraft" in result.stderr) == (1, True)


def test_a_charm_that_fails_keeps_no_other_from_being_packed(repository, tmp_path):
    broken = shutil.copytree(repository.charm("tiny"), repository.root / "charms" / "broken")
    done = []
    names = ["broken", "tiny"]
    target = charm.Target("3.12", "arm64")
    with pytest.raises(PackError, match="has the name 'tiny', its folder 'broken'"):
        command.pack_charms(repository, names, target, tmp_path / "out", done.append)
    assert broken.is_dir()
    assert [packed.name for packed in done] == ["tiny"]
