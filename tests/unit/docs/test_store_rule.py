"""Charmhub has other charms by our names: no page may lead anybody to them."""

import pytest

from tests.support.pages import ROOT, Page, pages
from tools.pack.repository import Repository

OURS = {*Repository(ROOT).charms, *Repository(ROOT).bundles}

DEPLOYING = [
    page for page in pages() for words in page.commands() if words[:2] == ["juju", "deploy"] and OURS & {*words[2:]}
]


@pytest.mark.parametrize("page", dict.fromkeys(DEPLOYING), ids=str)
def test_a_page_that_deploys_by_name_says_whom_the_model_asks(page: Page) -> None:
    assert "store.md" in page.text or "charmhub-url=" in page.text


def test_overlays_are_laid_over_by_up() -> None:
    for page in pages():
        for words in page.commands():
            if "--overlay" in words and page.path.name != "store.md":
                assert words[0] == "./up", page


def test_the_page_on_overlays_names_all_of_them() -> None:
    text = (ROOT / "docs/store.md").read_text()
    for path in ROOT.glob("bundles/overlays/*.yaml"):
        assert f"| `{path.name}` |" in text
