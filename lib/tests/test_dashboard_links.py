"""Links on the dashboard, as the published library writes them."""

import json
from typing import Any

import pytest
from kubeflow_charms.interfaces.dashboard_links import DASHBOARD_LINKS, Link, Links

CODEC: Any = DASHBOARD_LINKS.requirer
PUBLISHED = {
    "text": "Notebooks",
    "link": "/jupyter/",
    "location": "menu",
    "icon": "book",
    "type": "item",
    "desc": "",
}
NOTEBOOKS = Link(text="Notebooks", link="/jupyter/", location="menu", icon="book")


def test_published_links_are_read() -> None:
    assert CODEC.decode({"dashboard_links": json.dumps([PUBLISHED])}) == Links((NOTEBOOKS,))


def test_links_are_written_with_every_key_of_the_published_form() -> None:
    written = CODEC.encode(Links((NOTEBOOKS,)), {})
    assert written.keys() == {"dashboard_links"}
    assert json.loads(written["dashboard_links"]) == [PUBLISHED]


def test_what_is_written_is_read_back() -> None:
    links = Links((NOTEBOOKS, Link(text="Manual", link="https://a.b", location="documentation", desc="Read")))
    assert CODEC.decode(CODEC.encode(links, {})) == links


def test_an_application_without_links_says_so() -> None:
    assert CODEC.decode({"dashboard_links": "[]"}) == Links()


@pytest.mark.parametrize("databag", [{}, {"egress-subnets": "10.0.0.0/8"}])
def test_an_application_that_has_written_nothing_has_said_nothing(databag: dict[str, str]) -> None:
    assert CODEC.decode(databag) is None


@pytest.mark.parametrize(
    "change",
    [{"text": ""}, {"link": "jupyter"}, {"link": "javascript:alert(1)"}, {"location": "sidebar"}, {"icon": 1}],
)
def test_a_link_that_cannot_be_shown_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Expected|Invalid"):
        CODEC.decode({"dashboard_links": json.dumps([{**PUBLISHED, **change}])})
