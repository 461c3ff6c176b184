"""Charms from a store and from files."""

import json
import pathlib
import shutil
import textwrap

import jubilant
import pytest
import yaml

from tools.bench import empty
from tools.pack.repository import Repository
from tools.up.bundles import Bundle
from tools.up.overlays import Overlay
from tools.up.sources import FromFiles, FromStore

BUNDLE = Bundle("small", {"applications": {"dex": {"charm": "tiny"}}})


@pytest.fixture
def juju(tmp_path):
    """A client that writes down what it is asked, and knows one model."""
    script = tmp_path / "juju"
    script.write_text(
        textwrap.dedent(f"""\
        #!/bin/sh
        echo "$@" >> {tmp_path}/asked
        case $1 in show-model) cat {tmp_path}/model.json ;; esac
        """)
    )
    script.chmod(0o755)
    about = {"name": "admin/edge", "short-name": "edge", "model-uuid": "u-1", "model-type": "caas"}
    about |= {"controller-uuid": "c", "controller-name": "c", "is-controller": False, "cloud": "k", "life": "alive"}
    about |= {"agent-version": "4.1.0", "status": {"current": "available"}}
    (tmp_path / "model.json").write_text(json.dumps({"edge": about}))
    return jubilant.Juju(model="edge", cli_binary=script)


def asked(folder: pathlib.Path) -> list[str]:
    lines = (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []
    return [line for line in lines if not line.startswith("show-model")]


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "packed").mkdir()
    return empty.write_charm(tmp_path / "packed", "tiny")


def change(archive: pathlib.Path) -> None:
    with archive.open("ab") as file:
        file.write(b"\0")


def test_from_a_store_a_bundle_is_deployed_by_name_alone(juju, archive, statuses, tmp_path):
    source = FromStore(tmp_path / "store", tmp_path / "given")
    source.offer(BUNDLE, {"tiny": archive})
    assert source.deploy(juju, BUNDLE, statuses.model()) == "juju deploy small --trust"
    assert asked(tmp_path) == ["deploy --model edge small --trust"]


def scaled(folder: pathlib.Path, scale: int) -> Bundle:
    """Return the bundle with an overlay."""
    path = folder / "overlay.yaml"
    path.write_text(f"applications: {{dex: {{scale: {scale}}}}}")
    return BUNDLE.with_overlays([Overlay.load(path)])


def test_from_a_store_what_is_there_is_not_deployed_again_but_with_overlays(juju, archive, statuses, tmp_path):
    source = FromStore(tmp_path / "store", tmp_path / "given")
    source.offer(BUNDLE, {"tiny": archive})
    there = statuses.model(dex=statuses.application(statuses.unit()))
    assert source.deploy(juju, BUNDLE, there) == ""
    laid = tmp_path / "given/bundle.yaml"
    assert source.deploy(juju, scaled(tmp_path, 2), there) == f"juju deploy {laid} --trust"
    assert yaml.safe_load(laid.read_text())["applications"] == {"dex": {"charm": "tiny", "scale": 2}}


def test_from_files_overlays_are_part_of_the_bundle_and_count_when_they_change(
    juju, archive, files, statuses, tmp_path
):
    there = statuses.model(dex=statuses.application(statuses.unit()))
    deployed = []
    for scale in (2, 2, 3):
        bundle = scaled(tmp_path, scale)
        files.offer(bundle, {"tiny": archive})
        deployed.append(bool(files.deploy(juju, bundle, there)))
        assert yaml.safe_load((tmp_path / "given/bundle.yaml").read_text())["applications"]["dex"]["scale"] == scale
    assert deployed == [True, False, True]


def test_from_files_what_is_there_is_not_deployed_again(juju, archive, files, statuses):
    files.offer(BUNDLE, {"tiny": archive})
    assert files.deploy(juju, BUNDLE, statuses.model(dex=statuses.application(statuses.unit()))) == ""


def test_from_a_store_only_an_older_revision_is_refreshed(juju, archive, statuses, tmp_path):
    source = FromStore(tmp_path / "store", tmp_path / "given")
    source.offer(BUNDLE, {"tiny": archive})
    new, old = (statuses.model(dex=statuses.application(statuses.unit(), revision=number)) for number in (1, 0))
    assert source.refresh(juju, BUNDLE, new) == []
    assert source.refresh(juju, BUNDLE, old) == ["dex"]
    assert asked(tmp_path) == ["refresh --model edge dex"]


@pytest.fixture
def files(tmp_path):
    charm = tmp_path / "repository/charms/tiny"
    charm.mkdir(parents=True)
    resources = {"image": {"type": "oci-image", "upstream-source": "tiny:1"}}
    metadata = {"name": "tiny", "type": "charm", "summary": "s", "description": "d", "base": "ubuntu@24.04"}
    metadata |= {"title": "Tiny", "platforms": {"amd64": None}, "parts": {"charm": {"plugin": "uv", "source": "."}}}
    metadata |= {"containers": {"w": {"resource": "image"}}, "resources": resources}
    (charm / "charmcraft.yaml").write_text(yaml.safe_dump(metadata))
    return FromFiles(Repository(tmp_path / "repository"), tmp_path / "given")


def test_from_files_a_bundle_names_files_beside_it_and_their_images(juju, archive, files, statuses, tmp_path):
    files.offer(BUNDLE, {"tiny": archive})
    files.deploy(juju, BUNDLE, statuses.model())
    content = yaml.safe_load((tmp_path / "given/bundle.yaml").read_text())
    assert content["applications"]["dex"] == {"charm": "./tiny.charm", "resources": {"image": "tiny:1"}}
    assert (tmp_path / "given/tiny.charm").exists()
    assert asked(tmp_path) == [f"deploy --model edge {tmp_path}/given/bundle.yaml --trust"]


def test_a_file_that_was_deployed_is_not_given_again(juju, archive, files, statuses, tmp_path):
    files.offer(BUNDLE, {"tiny": archive})
    files.deploy(juju, BUNDLE, statuses.model())
    deployed = statuses.model(dex=statuses.application(statuses.unit()))
    assert files.refresh(juju, BUNDLE, deployed) == []


def test_a_changed_file_is_given_once(juju, archive, files, statuses, tmp_path):
    files.offer(BUNDLE, {"tiny": archive})
    files.deploy(juju, BUNDLE, statuses.model())
    deployed = statuses.model(dex=statuses.application(statuses.unit()))
    change(archive)
    files.offer(BUNDLE, {"tiny": archive})
    assert files.refresh(juju, BUNDLE, deployed) == ["dex"]
    assert files.refresh(juju, BUNDLE, deployed) == []


def test_a_model_made_anew_has_been_given_nothing(juju, archive, files, statuses, tmp_path):
    files.offer(BUNDLE, {"tiny": archive})
    files.deploy(juju, BUNDLE, statuses.model())
    shutil.rmtree(tmp_path / "given")
    (tmp_path / "u-1.json").unlink()
    files.offer(BUNDLE, {"tiny": archive})
    assert files.refresh(juju, BUNDLE, statuses.model(dex=statuses.application(statuses.unit()))) == ["dex"]


LARGER = Bundle(
    "large",
    {
        "applications": {"dex": {"charm": "tiny"}, "new": {"charm": "tiny"}, "newer": {"charm": "tiny"}},
        "relations": [["dex:a", "new:a"], ["new:b", "newer:b"], ["dex:c", "dex:d"]],
    },
)


def test_from_files_a_larger_bundle_adds_what_is_missing_and_refreshes_nothing(
    juju, archive, files, statuses, tmp_path
):
    files.offer(BUNDLE, {"tiny": archive})
    files.deploy(juju, BUNDLE, statuses.model())
    before = len(asked(tmp_path))
    larger = FromFiles(Repository(tmp_path / "repository"), tmp_path / "larger")
    larger.offer(LARGER, {"tiny": archive})
    there = statuses.model(dex=statuses.application(statuses.unit(), related=["dex"]))
    assert larger.deploy(juju, LARGER, there) == "added new, newer to what is there"
    assert asked(tmp_path)[before:] == [
        f"deploy --model edge {tmp_path}/larger/bundle.yaml --trust",
        "integrate --model edge dex:a new:a",
    ]
    given = yaml.safe_load((tmp_path / "larger/bundle.yaml").read_text())
    assert [*given["applications"]] == ["new", "newer"]
    assert given["relations"] == [["new:b", "newer:b"]]
    assert larger.refresh(juju, LARGER, there) == []


def test_from_files_what_overlays_say_of_what_is_there_is_set(juju, archive, files, statuses, tmp_path):
    path = tmp_path / "overlay.yaml"
    path.write_text("applications: {dex: {scale: 2, options: {memory: 1Gi}}}")
    bundle = BUNDLE.with_overlays([Overlay.load(path)])
    files.offer(bundle, {"tiny": archive})
    files.deploy(juju, bundle, statuses.model(dex=statuses.application(statuses.unit())))
    assert asked(tmp_path) == ["config --model edge dex memory=1Gi", "scale-application --model edge dex 2"]


def test_a_relation_that_is_there_is_not_missed(juju, archive, files, statuses, tmp_path):
    script = tmp_path / "juju"
    script.write_text(
        script.read_text().replace("esac", "integrate) echo 'ERROR relation already exists' >&2; exit 1 ;; esac")
    )
    twice = Bundle("large", {**LARGER.base, "relations": [["dex:a", "new:a"], ["dex:b", "new:b"]]})
    files.offer(twice, {"tiny": archive})
    there = statuses.model(**{name: statuses.application(statuses.unit(), related=["dex"]) for name in ("new", "dex")})
    assert files.deploy(juju, twice, there) == "added newer to what is there"


def test_which_file_an_application_was_given_is_found_where_it_was_kept_before(
    juju, archive, files, statuses, tmp_path
):
    files.offer(BUNDLE, {"tiny": archive})
    files.deploy(juju, BUNDLE, statuses.model())
    (tmp_path / "u-1.json").rename(tmp_path / "given/u-1.json")
    assert files.refresh(juju, BUNDLE, statuses.model(dex=statuses.application(statuses.unit()))) == []
