"""The walk on MicroK8s by hand says what `./up` does, and what a newcomer stumbles over."""

import re

import pytest
import yaml

from tests.support.pages import ROOT, Page, pages
from tools.up import microk8s

PAGES = pages()
WALKS = [page for page in PAGES if str(page) in ("README.md", "docs/microk8s.md")]


@pytest.mark.parametrize("page", WALKS, ids=str)
def test_the_walk_enables_the_same_add_ons_in_the_same_order_as_up(page: Page) -> None:
    typed = [words[2].partition(":")[0] for words in page.commands() if words[:2] == ["microk8s", "enable"]]
    steps = microk8s.add_ons([], "FIRST-LAST", gpu=False)
    assert typed == [step.command[2].partition(":")[0] for step in steps if step.command[:2] == ("microk8s", "enable")]


@pytest.mark.parametrize("page", WALKS, ids=str)
def test_the_walk_has_the_channels_and_the_group_of_up_and_the_alias_of_kubectl(page: Page) -> None:
    assert f"snap install microk8s --channel={microk8s.STRICT}" in page.text
    assert f"snap install juju --channel={microk8s.JUJU}" in page.text
    assert f"usermod -aG {microk8s.GROUP}" in page.text
    assert "snap alias microk8s.kubectl kubectl" in page.text
    assert f"juju bootstrap {microk8s.BUILT_IN} {microk8s.CONTROLLER}" in page.text


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_add_ons_are_enabled_one_by_one_and_by_the_names_they_have(page: Page) -> None:
    for words in page.commands():
        if words[:2] == ["microk8s", "enable"]:
            assert len([word for word in words[2:] if not word.startswith(("#", "-"))]) == 1, words
            assert words[2].partition(":")[0] != "storage"


def test_what_the_machine_needs_is_said() -> None:
    text = (ROOT / "docs/microk8s.md").read_text()
    for need in ("processors", "memory", "disk", "time"):
        assert f"| {need} |" in text


def test_the_ports_that_it_needs_are_said() -> None:
    (row,) = re.findall(r"^\| ports \| (.+) \|$", (ROOT / "docs/microk8s.md").read_text(), re.MULTILINE)
    assert {int(port) for port in re.findall(r"\d{4,}", row)} == set(microk8s.PORTS)


def test_every_charm_that_is_blocked_without_authorisation_is_named_where_that_is_told() -> None:
    blocked = {
        path.parts[-3] for path in ROOT.glob("charms/*/src/charm.py") if "authorization.require" in path.read_text()
    }
    for page, begin in (
        ("docs/security.md", "Kubernetes authorises at all"),
        ("docs/troubleshooting.md", "any account may"),
    ):
        (line,) = re.findall(
            rf"{begin}[^|]*?(?:\| [^|]*)?(?:start nothing|none of their programs)", (ROOT / page).read_text()
        )
        assert {name for name in blocked if name not in line} == set(), page


def test_every_option_that_takes_a_password_or_key_as_text_is_named_among_them() -> None:
    section = (ROOT / "docs/security.md").read_text().split("## Passwords and keys")[1].split("## ")[0]
    for path in ROOT.glob("charms/*/charmcraft.yaml"):
        content = yaml.safe_load(path.read_text())
        for name, option in content.get("config", {}).get("options", {}).items():
            if option["type"] == "string" and re.search(r"password|secret|(?:access|ssl|private)-key", name):
                assert f"`{name}`" in section, f"{content['name']} {name}"


def test_without_internet_every_option_that_names_an_image_is_set_and_is_there() -> None:
    section = (ROOT / "docs/air-gap.md").read_text().split("Images in options are named so")[1].split("A change of")[0]
    for path in ROOT.glob("charms/*/images.yaml"):
        content = yaml.safe_load(path.with_name("charmcraft.yaml").read_text())
        assert "image-registry" in content["config"]["options"]
        assert f"juju config {content['name']} image-registry=" in section
