"""Which release `juju status` shows."""

import pathlib

import pytest
import yaml
from kubeflow_charms import Charm
from kubeflow_charms.configuration.workload_version import workload_version
from kubeflow_charms.parts import Program
from ops import testing

ROOT = pathlib.Path(__file__).resolve().parents[2]


def metadata(*images: str) -> dict[str, object]:
    names = [f"image-{number}" for number in range(len(images))]
    return {
        "name": "tiny",
        "containers": {f"c-{name}": {"resource": name} for name in names},
        "resources": {
            name: {"type": "oci-image", "upstream-source": image} for name, image in zip(names, images, strict=True)
        },
    }


@pytest.fixture
def version(tmp_path):
    def shown(*images: str) -> str:
        (tmp_path / "metadata.yaml").write_text(yaml.safe_dump(metadata(*images)))
        return workload_version(tmp_path)

    return shown


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("ghcr.io/dexidp/dex:v2.44.0", "2.44.0"),
        ("docker.io/library/mysql:8.4.7", "8.4.7"),
        ("registry.site:5000/istio/pilot:1.28.0", "1.28.0"),
        ("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", "RELEASE.2025-09-07T16-13-09Z"),
        ("ghcr.io/kubeflow/katib/katib-controller:v0.19.0-rc.1@sha256:abc", "0.19.0-rc.1"),
        ("registry.site:5000/istio/pilot", ""),
        ("docker.io/a/b@sha256:abc", ""),
        ("docker.io/a/b:latest", ""),
        ("docker.io/a/vault:version", ""),
    ],
)
def test_the_tag_of_an_image_says_its_release(version, image, shown):
    assert version(image) == shown


def test_of_several_images_the_release_of_most_is_shown(version):
    assert version("a/python:3.12-slim", "a/b:v1.10.0", "a/c:v1.10.0") == "1.10.0"


def test_of_as_many_each_it_is_that_of_the_container_with_the_charms_name(tmp_path):
    said = metadata("a/b:1.1", "a/c:2.2")
    said["containers"] = {"another": {"resource": "image-0"}, "tiny-server": {"resource": "image-1"}}
    (tmp_path / "metadata.yaml").write_text(yaml.safe_dump(said))
    assert workload_version(tmp_path) == "2.2"


def test_a_plain_python_says_nothing_of_a_charms_release(version):
    assert version("library/python:3.12-slim", "a/seaweedfs:4.53") == "4.53"
    assert version("library/python:3.12-slim") == "3.12-slim"


def test_a_charm_without_containers_has_none(tmp_path):
    (tmp_path / "metadata.yaml").write_text("name: tiny\n")
    assert workload_version(tmp_path) == ""
    assert workload_version(tmp_path / "nowhere") == ""


class Tiny(Charm):
    programs = (Program("c-image-0"),)

    def plan(self):
        yield from ()


@pytest.mark.parametrize("event", ["install", "upgrade_charm"])
def test_juju_is_told_when_the_charm_comes_and_when_it_changes(event):
    context = testing.Context(Tiny, meta=metadata("ghcr.io/dexidp/dex:v2.44.0"))
    container = testing.Container("c-image-0", can_connect=True)
    state = context.run(getattr(context.on, event)(), testing.State(containers=[container]))
    assert state.workload_version == "2.44.0"


def test_juju_is_not_told_in_every_hook():
    context = testing.Context(Tiny, meta=metadata("ghcr.io/dexidp/dex:v2.44.0"))
    container = testing.Container("c-image-0", can_connect=True)
    state = context.run(context.on.update_status(), testing.State(containers=[container]))
    assert state.workload_version == ""


@pytest.mark.parametrize("path", sorted(ROOT.glob("charms/*/charmcraft.yaml")), ids=lambda path: path.parent.name)
def test_every_charm_shows_one(path, tmp_path):
    (tmp_path / "metadata.yaml").write_text(path.read_text())
    assert workload_version(tmp_path)
