"""Splitting charmcraft.yaml."""

import pytest
import yaml

from tools.pack import metadata
from tools.pack.repository import PackError


@pytest.fixture
def files(repository):
    project = metadata.load(repository.charm("tiny"))
    return {name: yaml.safe_load(text) for name, text in metadata.split(project, "amd64").items()}


def test_metadata_has_what_juju_reads_under_jujus_names(files):
    assert set(files["metadata.yaml"]) == {
        "name",
        "display-name",
        "summary",
        "description",
        "docs",
        "maintainers",
        "containers",
        "resources",
    }
    assert files["metadata.yaml"]["maintainers"] == ["someone@example.com"]


def test_options_and_actions_get_files_of_their_own(files):
    assert list(files["config.yaml"]["options"]) == ["port"]
    assert list(files["actions.yaml"]) == ["show"]


def test_a_charm_without_options_and_actions_gets_no_files_for_them(repository):
    project = metadata.load(repository.charm("tiny"))
    assert set(metadata.split({**project, "config": {}, "actions": None}, "amd64")) == {
        "metadata.yaml",
        "manifest.yaml",
    }


def test_the_manifest_names_the_base_for_the_architecture(files):
    assert files["manifest.yaml"]["bases"] == [{"name": "ubuntu", "channel": "24.04", "architectures": ["amd64"]}]


@pytest.mark.parametrize(
    "platforms",
    [
        {"base": "ubuntu@24.04", "platforms": {"arm64": None}},
        {"platforms": {"ubuntu@24.04:arm64": None}},
        {"platforms": {"edge": {"build-on": ["amd64"], "build-for": ["ubuntu@24.04:arm64"]}}},
        {"base": "ubuntu@24.04", "platforms": {"edge": {"build-on": "amd64", "build-for": "arm64"}}},
    ],
)
def test_every_way_to_write_platforms_is_understood(platforms):
    assert metadata.platforms(platforms) == [("ubuntu", "24.04", "arm64")]


def test_an_architecture_that_the_charm_is_not_for_is_refused(repository):
    with pytest.raises(PackError, match="have none for s390x"):
        metadata.split(metadata.load(repository.charm("tiny")), "s390x")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read"),
        ("type: bundle\nname: tiny\n", "type: charm"),
        ("type: charm\nname: other\n", "has the name 'other', its folder 'tiny'"),
    ],
)
def test_a_bad_charmcraft_yaml_is_refused_with_the_reason(repository, content, reason):
    (repository.charm("tiny") / "charmcraft.yaml").write_text(content)
    with pytest.raises(PackError, match=reason):
        metadata.load(repository.root / "charms/tiny")
