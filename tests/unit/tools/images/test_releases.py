"""Every image with its release in one place, and whatever else names one agrees with it."""

import pathlib
import re

import pytest
import yaml

from testbed import images
from testbed.workloads import WORKLOADS
from tools.images import inventory, releases
from tools.pack.repository import PackError, Repository

REPOSITORY = Repository()
RELEASES = releases.read(REPOSITORY)
ARM64_PAGE = REPOSITORY.root / "docs" / "arm64.md"
PAGES = sorted(
    path
    for pattern in ("README.md", "docs/*.md", "charms/*/README.md", "bundles/*/README.md", "examples/*/README.md")
    for path in REPOSITORY.root.glob(pattern)
    if path.name != "upgrading.md"
)
"""All but the page that tells of releases before."""


def named() -> set[str]:
    return {image.image for image in inventory.of_all(REPOSITORY).images}


def test_every_image_that_charms_name_is_there_and_no_other():
    assert set(RELEASES) == named()


@pytest.mark.parametrize("charm", REPOSITORY.charms)
def test_an_option_that_is_an_image_has_the_one_that_is_there(charm: str):
    options = yaml.safe_load((REPOSITORY.charm(charm) / "charmcraft.yaml").read_text())["config"]["options"]
    ours = {images.repository(name): name for name in RELEASES}
    for name, option in options.items():
        default = str(option.get("default", ""))
        if (known := ours.get(images.repository(default))) and "/" in default:
            assert default == known, f"option {name}"


def test_the_testbed_has_in_their_place_what_is_said():
    for name, release in RELEASES.items():
        if images.repository(name) in WORKLOADS:
            (row,) = images.rows({name: []})
            assert release.testbed == (row.source or "stand-in"), name
        else:
            assert release.testbed == "none", name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY.root)))
def test_a_page_names_an_image_with_the_release_that_it_has(page: pathlib.Path):
    tags = {images.repository(name).rpartition("/")[2]: images.version(name) for name in RELEASES}
    for name, tag in re.findall(r"/([a-z0-9-]+):(v?[0-9][\w.-]*|RELEASE[\w.-]+)", page.read_text()):
        if name in tags:
            assert tag.rstrip(".") == tags[name], f"{name}:{tag}"


def test_the_page_on_arm64_has_what_is_known_of_each_component_and_says_what_says_so():
    rows = re.findall(r"^\| ([a-z0-9-]+) \| (.+) \| (.+) \|$", ARM64_PAGE.read_text(), re.MULTILINE)
    told = {name: (has, source) for name, has, source in rows if name != "component"}
    expected: dict[str, tuple[str, str]] = {}
    for component in {release.component for release in RELEASES.values()}:
        own = [release for release in RELEASES.values() if release.component == component]
        without = sorted(images.repository(item.image).rpartition("/")[2] for item in own if item.arm64 == "no")
        some = {item.arm64 for item in own} == {"yes", "no"}
        has = f"all but {', '.join(f'`{name}`' for name in without)}" if some else own[0].arm64
        expected[component] = (has, own[0].source)
    assert told == expected


def test_each_says_where_its_notes_are_and_why_it_is_not_newer():
    for name, release in RELEASES.items():
        assert release.notes.startswith("https://"), name
        assert release.newer.strip(), name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "dex: {release: v1, images: {a/dex: none}}",
            "dex has to say arm64, images, newer, notes, release and no more",
        ),
        (
            "dex: &dex {release: v1, notes: n, newer: w, arm64: {images: none, source: s}, images: {a/dex: none}}\n"
            "other: *dex",
            "other and dex both name a/dex:v1",
        ),
        (
            "dex: {release: v1, notes: n, newer: w, arm64: {images: some, source: s}, images: {a/dex: none}}",
            "dex has to say images or without, and source, of arm64",
        ),
        ("dex: {", "cannot be read"),
    ],
)
def test_a_file_that_is_not_as_described_is_refused(tmp_path: pathlib.Path, text: str, said: str):
    folder = tmp_path / "charms"
    folder.mkdir()
    (folder / releases.FILE).write_text(text)
    with pytest.raises(PackError, match=re.escape(said)):
        releases.read(Repository(tmp_path))
