"""Every image that a bundle needs."""

import json
import pathlib

import pytest
import yaml
from typer.testing import CliRunner

from tools.images import command, inventory
from tools.images.inventory import Image
from tools.pack.repository import PackError, Repository

DEX = Image("ghcr.io/dexidp/dex:v2.44.0", "dex-auth", "resource", "dex-image")
SMALL = Image("docker.io/notebooks/small:1", "notebooks", "option", "images")
LARGE = Image("docker.io/notebooks/large:1", "notebooks", "option", "images")


def write(root: pathlib.Path, charm: str, resources=(), images: object = None) -> None:
    """Write a charm with OCI resources of these names and images."""
    folder = root / "charms" / charm
    folder.mkdir(parents=True)
    declared = {name: {"type": "oci-image", "upstream-source": image} for name, image in dict(resources).items()}
    (folder / "charmcraft.yaml").write_text(yaml.safe_dump({"name": charm, "type": "charm", "resources": declared}))
    if images is not None:
        (folder / "images.yaml").write_text(images if isinstance(images, str) else yaml.safe_dump(images))


@pytest.fixture
def repository(tmp_path):
    write(tmp_path, "dex-auth", {"dex-image": DEX.image})
    write(tmp_path, "notebooks", images={"images": [LARGE.image, SMALL.image]})
    write(tmp_path, "unused", {"image": "unused:1"})
    said = {"release": "v2.44.0", "notes": "https://notes", "newer": "none", "images": {"ghcr.io/dexidp/dex": "a@1"}}
    said["arm64"] = {"images": "every", "source": "a#1"}
    (tmp_path / "charms" / "releases.yaml").write_text(yaml.safe_dump({"dex": said}))
    bundle = tmp_path / "bundles" / "lite" / "bundle.yaml"
    bundle.parent.mkdir(parents=True)
    applications = {"dex-auth": {"charm": "dex-auth"}, "jupyter": {"charm": "ch:notebooks"}}
    bundle.write_text(yaml.safe_dump({"applications": applications}))
    return Repository(tmp_path)


def change(repository, name, **fields):
    """Change an application of the bundle."""
    path = repository.bundle("lite") / "bundle.yaml"
    content = yaml.safe_load(path.read_text())
    content["applications"].setdefault(name, {}).update(fields)
    path.write_text(yaml.safe_dump(content))


@pytest.fixture
def run(repository, monkeypatch):
    monkeypatch.setattr(command, "Repository", lambda: repository)
    return lambda *arguments: CliRunner().invoke(command.app, arguments)


def test_a_bundles_images_are_those_of_its_charms_resources_and_options(repository):
    assert inventory.of_bundle(repository, "lite").images == [LARGE, SMALL, DEX]


def test_without_a_bundle_all_charms_count(repository):
    assert "unused:1" in {image.image for image in inventory.of_all(repository).images}


def test_a_resource_that_the_bundle_sets_replaces_the_charms(repository):
    change(repository, "dex-auth", resources={"dex-image": "registry.site/dex:1"})
    images = [image.image for image in inventory.of_bundle(repository, "lite").images]
    assert "registry.site/dex:1" in images
    assert DEX.image not in images


@pytest.mark.parametrize("listed", ["a:1", ["a:1"], {"small": "a:1"}, [{"name-of": "a:1"}]])
def test_every_way_to_list_images_is_understood(tmp_path, listed):
    write(tmp_path, "serving", images={"runtimes": listed})
    assert inventory.of_charm(Repository(tmp_path), "serving") == [Image("a:1", "serving", "option", "runtimes")]


@pytest.mark.parametrize("images", ["[", "- a:1\n", {"runtimes": 3}, {"runtimes": ""}])
def test_a_bad_images_file_is_refused_with_the_reason(tmp_path, images):
    write(tmp_path, "serving", images=images)
    with pytest.raises(PackError, match=r"serving/images\.yaml"):
        inventory.of_charm(Repository(tmp_path), "serving")


def test_a_resource_without_an_image_is_refused(tmp_path):
    write(tmp_path, "serving", {"image": ""})
    with pytest.raises(PackError, match="the resource image has no upstream-source"):
        inventory.of_charm(Repository(tmp_path), "serving")


def test_images_are_written_one_a_line_and_each_once(run, repository):
    change(repository, "second-dex", charm="dex-auth")
    assert run("lite").stdout.splitlines() == [LARGE.image, SMALL.image, DEX.image]


def test_json_tells_who_needs_an_image(run):
    written = json.loads(run("lite", "--format", "json").stdout)
    whose = {"image": DEX.image, "charm": "dex-auth", "kind": "resource", "name": "dex-image"}
    release = {
        "component": "dex",
        "notes": "https://notes",
        "newer": "none",
        "arm64": "yes",
        "source": "a#1",
        "testbed": "a@1",
    }
    assert written[-1] == {**whose, **release}


def test_the_table_tells_of_each_image_what_is_known_of_its_release(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lines = run("lite", "--format", "table").stdout.splitlines()
    assert lines[-1].split() == [DEX.image, "dex", "none", "yes", "a@1", "https://notes"]
    assert [line.split()[0] for line in lines] == ["image", LARGE.image, SMALL.image, DEX.image]


def test_a_charm_of_somebody_else_is_told_of(run, repository):
    change(repository, "mysql", charm="mysql-k8s")
    result = run("lite")
    assert result.exit_code == 0
    assert "their charms are not in this repository: mysql-k8s" in result.stderr


def test_an_unknown_bundle_is_refused(run):
    result = run("full")
    assert (result.exit_code, "no bundle 'full'" in result.stderr) == (1, True)


def test_every_charm_of_this_repository_can_be_listed():
    assert inventory.of_all(Repository()).images


def test_every_image_of_this_repository_names_its_registry_and_version():
    for image in inventory.of_all(Repository()).images:
        registry, _, path = image.image.partition("/")
        assert "." in registry, image
        assert ":" in path, image
        assert not path.endswith(":latest"), image
