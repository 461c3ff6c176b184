"""What runs in a model, against what the charms are pinned to."""

import contextlib
import json
import pathlib
import types
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tools.pack.repository import Repository
from tools.versions import command, comparison
from tools.versions.comparison import Row


def pod(application: str, **images: str) -> dict[str, Any]:
    containers = [{"name": name.replace("_", "-"), "image": image} for name, image in images.items()]
    return {"metadata": {"labels": {"app.kubernetes.io/name": application}}, "spec": {"containers": containers}}


@pytest.fixture
def repository(tmp_path: pathlib.Path) -> Repository:
    folder = tmp_path / "charms" / "dex-auth"
    folder.mkdir(parents=True)
    content = {
        "name": "dex-auth",
        "type": "charm",
        "containers": {"dex": {"resource": "oci-image"}},
        "resources": {"oci-image": {"type": "oci-image", "upstream-source": "ghcr.io/dexidp/dex:v2.45.1"}},
    }
    (folder / "charmcraft.yaml").write_text(yaml.safe_dump(content))
    return Repository(tmp_path)


def found(repository: Repository, *pods: dict[str, Any]) -> list[Row]:
    charms = {"log-in": "dex-auth", "database": "mysql-k8s"}
    return comparison.rows(pods, charms, comparison.expected(repository, charms.values()))


def test_the_release_that_runs_is_compared_with_that_of_the_charm_by_whatever_name_it_is_deployed(repository):
    assert found(repository, pod("log-in", dex="ghcr.io/dexidp/dex:v2.44.0")) == [
        Row("log-in", "dex", "v2.44.0", "v2.45.1")
    ]


def test_the_same_release_from_a_registry_of_the_site_does_not_differ(repository):
    (row,) = found(repository, pod("log-in", dex="registry.site:5000/dexidp/dex:v2.45.1"))
    assert not row.differs


def test_of_an_image_by_digest_only_that_is_known(repository):
    (row,) = found(repository, pod("log-in", dex="registry.site:5000/dex@sha256:01"))
    assert (row.runs, row.differs) == ("sha256:01", True)


def test_units_that_run_the_same_are_told_of_once_and_others_apart(repository):
    pods = [pod("log-in", dex=f"dex:{tag}") for tag in ("v2.45.1", "v2.45.1", "v2.44.0")]
    assert [row.runs for row in found(repository, *pods)] == ["v2.44.0", "v2.45.1"]


def test_neither_jujus_own_container_nor_other_peoples_charms_are_compared(repository):
    pods = [pod("log-in", charm="charm-base:24.04"), pod("database", mysql="mysql:8.0"), pod("", shell="a:1")]
    assert found(repository, *pods) == []


class Place:
    def __init__(self, told: list[dict[str, Any]]):
        self.told = told

    @contextlib.contextmanager
    def client(self):
        application = types.SimpleNamespace(charm_name="dex-auth")
        yield types.SimpleNamespace(status=lambda: types.SimpleNamespace(apps={"dex-auth": application}))

    @contextlib.contextmanager
    def inside(self):
        yield lambda words: ("python3", "-c", f"print({json.dumps({'items': self.told})!r})")


@pytest.mark.parametrize(("tag", "status"), [("v2.45.1", 0), ("v2.44.0", 1)])
def test_the_exit_status_says_whether_something_differs(repository, monkeypatch, tag: str, status: int):
    monkeypatch.setattr(command, "Repository", lambda: repository)
    monkeypatch.setattr(command.places, "choose", lambda on: Place([pod("dex-auth", dex=f"dex:{tag}")]))
    result = CliRunner().invoke(command.app, ["--format", "json"])
    assert result.exit_code == status, result.output
    expected = {"application": "dex-auth", "container": "dex", "runs": tag, "expected": "v2.45.1"}
    assert json.loads(result.stdout) == [{**expected, "differs": bool(status)}]
