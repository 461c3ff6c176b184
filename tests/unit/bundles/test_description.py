"""Bundles, overlays and Terraform's tables say what the description says, and nothing else."""

import dataclasses
import pathlib
import shutil

import pytest
import yaml
from typer.testing import CliRunner

from tools.bundles import command, description, files
from tools.bundles.description import Description
from tools.pack.repository import PackError, Repository

REPOSITORY = Repository()
DESCRIPTION = description.load(REPOSITORY)
FILES = files.of(REPOSITORY)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_says_what_the_description_says(path: pathlib.PurePosixPath) -> None:
    written = (REPOSITORY.root / path).read_text()
    assert written == FILES[path], f"type .venv/bin/python -m tools bundles write, or change {description.FILE}"


def test_there_is_no_bundle_or_overlay_that_the_description_does_not_have() -> None:
    assert REPOSITORY.bundles == sorted(DESCRIPTION.bundles)
    overlays = {path.stem for path in REPOSITORY.root.glob("bundles/overlays/*.yaml")}
    assert overlays == DESCRIPTION.overlays.keys()


def test_every_charm_of_the_repository_is_somebodys() -> None:
    assert {it["charm"] for it in DESCRIPTION.applications.values()} >= {*REPOSITORY.charms}


def test_every_application_is_in_a_bundle_or_overlay() -> None:
    used = {name for it in (*DESCRIPTION.bundles.values(),) for name in it.applications}
    used |= {name for it in DESCRIPTION.overlays.values() for name in it.add}
    assert used == DESCRIPTION.applications.keys()


def test_the_larger_bundle_begins_with_all_that_the_smaller_one_says() -> None:
    lite, full = (yaml.safe_load(FILES[pathlib.PurePosixPath(f"bundles/{name}/bundle.yaml")]) for name in _SIZES)
    assert full["relations"][: len(lite["relations"])] == lite["relations"]
    assert full["applications"].items() >= lite["applications"].items()


_SIZES = ("kubeflow-lite", "kubeflow")


def described(**changes: object) -> Description:
    return dataclasses.replace(DESCRIPTION, **changes)


def test_a_relation_is_in_a_bundle_that_has_both_its_ends() -> None:
    found = described(relations=(("mysql:database", "katib:relational-db"),))
    assert "katib" not in files.bundle(found, "kubeflow-lite")
    assert "  - [mysql:database, katib:relational-db]\n" in files.bundle(found, "kubeflow")


def test_a_relation_is_in_the_last_overlay_that_brings_one_of_its_ends() -> None:
    pair = ("katib:logging", "opentelemetry-collector:receive-loki-logs")
    found = {name for name in DESCRIPTION.overlays if pair in DESCRIPTION.brought(name)}
    assert found == {"cos"}


def test_what_is_written_once_more_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(command.app, ["write"])
    assert (result.exit_code, result.output) == (0, "")


def test_a_file_that_says_something_else_is_written_again(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(REPOSITORY.root / "bundles", tmp_path / "bundles")
    (tmp_path / "charms").symlink_to(REPOSITORY.root / "charms")
    (tmp_path / "terraform").symlink_to(REPOSITORY.root / "terraform")
    (tmp_path / "bundles/kubeflow/bundle.yaml").write_text("by hand")
    monkeypatch.setattr(command, "Repository", lambda: Repository(tmp_path))
    result = CliRunner().invoke(command.app, ["write"])
    assert result.output == "wrote bundles/kubeflow/bundle.yaml\n"


def test_a_bundle_with_overlays_is_shown_as_one() -> None:
    result = CliRunner().invoke(
        command.app, ["show", "kubeflow-edge", "--overlay", str(REPOSITORY.root / "bundles/overlays/katib.yaml")]
    )
    shown = yaml.safe_load(result.stdout)
    assert "katib" in shown["applications"]
    assert ["mysql:database", "katib:relational-db"] in shown["relations"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"relations": [["nobody:a", "mysql:b"]]}, "there are no applications nobody"),
        ({"applications": None}, "not what it has to be"),
        ({"bundles": {"small": {"applications": []}}}, "'description'"),
    ],
)
def test_a_description_that_is_none_is_refused(tmp_path: pathlib.Path, changes: dict[str, object], said: str) -> None:
    (tmp_path / "bundles").mkdir()
    (tmp_path / "charms").symlink_to(REPOSITORY.root / "charms")
    content = yaml.safe_load((REPOSITORY.root / description.FILE).read_text()) | changes
    (tmp_path / description.FILE).write_text(yaml.safe_dump(content))
    with pytest.raises(PackError, match=said):
        description.load(Repository(tmp_path))
