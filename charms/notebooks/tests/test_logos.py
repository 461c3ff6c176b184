"""The drawings for kinds of servers that the page shows, which its image lacks."""

from xml.etree import ElementTree

import pytest

FOLDER = "/src/apps/default/static/assets/logos"
ASKED_FOR = [f"{name}-{kind}.svg" for name in ("group-one", "group-two") for kind in ("icon", "logo")]
ASKED_FOR += ["jupyter-icon.svg", "jupyterlab-logo.svg"]
"""Every path below static/assets/logos in upstream's environment.prod.ts."""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def drawings(notebooks):
    notebooks.settle()
    files = notebooks.deployment.files["jupyter-web-app"]
    return {path: file for path, file in files.items() if path.startswith("/src/apps/default/static/")}


def test_every_drawing_that_the_page_asks_for_is_there_and_no_other(drawings):
    assert sorted(drawings) == sorted(f"{FOLDER}/{name}" for name in ASKED_FOR)


def test_each_is_a_drawing_that_scales_and_says_what_it_shows(drawings):
    for path, file in drawings.items():
        root = ElementTree.fromstring(file.text)
        assert root.tag == f"{SVG}svg", path
        assert root.get("viewBox"), path
        assert root.get("aria-label"), path


def test_none_runs_or_loads_anything_at_the_address_of_all_of_kubeflow(drawings):
    for path, file in drawings.items():
        names = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(file.text).iter()}
        assert names <= {"svg", "rect", "path", "text"}, path
        assert "href" not in file.text, path


def test_a_logo_is_its_icon_and_a_word(drawings):
    for logo, icon in (("jupyterlab-logo", "jupyter-icon"), ("group-one-logo", "group-one-icon")):
        shapes = [
            [
                sorted(element.attrib.items())
                for element in ElementTree.fromstring(drawings[f"{FOLDER}/{name}.svg"].text)
            ]
            for name in (logo, icon)
        ]
        assert shapes[0][: len(shapes[1])] == shapes[1]


def test_the_folder_is_one_that_the_charm_may_fill(notebooks):
    notebooks.settle()
    spec = notebooks.deployment.stateful_set["spec"]["template"]["spec"]
    (container,) = [item for item in spec["containers"] if item["name"] == "jupyter-web-app"]
    assert FOLDER in [mount["mountPath"] for mount in container["volumeMounts"]]
