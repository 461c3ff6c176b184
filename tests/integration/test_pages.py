"""Every page that the dashboard leads to, in a real browser: through the gateway, after its person has logged in.

Pictures of those whose programs are real here are kept for whoever wants to look at them.
"""

import pathlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from support import chromium
from support.chromium import Chromium
from support.dashboard import links
from support.kubeflow import Kubeflow, Visitor

STATUS = "performance.getEntriesByType('navigation')[0].responseStatus"
LOADED = "document.readyState === 'complete'"
FORM = "document.querySelector('input[name=password]') !== null"


@pytest.fixture(scope="module")
def visitor(kubeflow: Kubeflow) -> Visitor:
    return kubeflow.visitor()


@pytest.fixture(scope="module")
def pages(pytestconfig: pytest.Config) -> pathlib.Path:
    """Where the pictures are kept."""
    return pytestconfig.cache.mkdir("pages")


@pytest.fixture(scope="module")
def window(visitor: Visitor, pages: pathlib.Path) -> Iterator[Chromium]:
    """A window of a real browser whose person has logged in."""
    root = chromium.find()
    if root is None:
        pytest.skip("there is no Chromium: run `python -m tests.support.chromium`, outside of the testbed")
    with chromium.running(root) as found:
        found.open(f"{visitor.address}/")
        found.await_(FORM)
        found.screenshot(pages / "log-in.png")
        found.log_in(visitor.credentials.user, visitor.credentials.password)
        found.await_(f"location.pathname === '/' && {LOADED}")
        yield found


def test_who_logs_in_arrives_at_the_dashboard(window: Chromium, pages: pathlib.Path):
    window.screenshot(pages / "dashboard.png")
    assert window.evaluate(STATUS) == 200


def test_every_link_leads_to_a_page(window: Chromium, visitor: Visitor):
    found = {link["link"] for link in links("menuLinks", "quickLinks", "externalLinks")}
    paths = sorted({urlsplit(link).path for link in found if link.startswith("/")})
    assert {"/jupyter/", "/pipeline/", "/tensorboards/", "/volumes/"} <= set(paths)
    for path in paths:
        window.open(f"{visitor.address}{path}")
        window.await_(f"location.pathname === {path!r} && {LOADED}")
        assert (path, window.evaluate(STATUS)) == (path, 200)
