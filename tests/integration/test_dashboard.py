"""The page that users arrive at: through the gateway, after they logged in, with the links that operators want."""

import json
import pathlib
from collections.abc import Iterator

import pytest
from support import chromium
from support.browser import Browser, is_log_in
from support.chromium import Chromium
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import look_up

DASHBOARD = "kubeflow-dashboard"


@pytest.fixture
def window(kubeflow: Kubeflow) -> Iterator[Chromium]:
    """A window of a real browser."""
    root = chromium.find()
    if root is None:
        pytest.skip("there is no Chromium: run `python -m tests.support.chromium`, outside of the testbed")
    with chromium.running(root) as found:
        yield found


@pytest.fixture
def pages(pytestconfig: pytest.Config) -> pathlib.Path:
    """Where pictures of pages are kept for whoever wants to look at them."""
    return pytestconfig.cache.mkdir("pages")


def menu() -> list[str]:
    found = look_up("configmap", "centraldashboard-config", "-n", MODEL)
    return [link["text"] for link in json.loads(found["data"]["links"])["menuLinks"]]


def test_every_path_that_nothing_else_has_is_the_dashboards_and_wants_a_log_in(kubeflow: Kubeflow):
    visitor = kubeflow.visitor()
    with Browser(visitor.address) as browser:
        assert is_log_in(browser.open("/"))
        page = browser.log_in(visitor.credentials.user, visitor.credentials.password, "/")
        assert (page.status_code, page.url.path) == (200, "/")
        browser.open("/oauth2/sign_out")
        assert is_log_in(browser.open("/"))


def test_a_person_with_a_browser_logs_in_and_arrives_at_the_dashboard(
    kubeflow: Kubeflow, window: Chromium, pages: pathlib.Path
):
    visitor = kubeflow.visitor()
    window.open(f"{visitor.address}/")
    window.await_("document.querySelector('input[name=password]') !== null")
    window.screenshot(pages / "log-in.png")
    window.log_in(visitor.credentials.user, visitor.credentials.password)
    window.await_("location.pathname === '/' && document.readyState === 'complete'")
    window.screenshot(pages / "dashboard.png")
    assert window.evaluate("fetch('/').then(answer => answer.status)") == 200
    print(f"pictures: {pages}")


def test_links_of_an_option_come_and_go_without_a_restart(kubeflow: Kubeflow):
    before = look_up("pod", f"{DASHBOARD}-0", "-n", MODEL)["metadata"]["uid"]
    kubeflow.configure(DASHBOARD, {"additional-menu-links": "- {text: Registry, link: /registry/}"})
    eventually(lambda: "Registry" in menu())
    kubeflow.configure(DASHBOARD, {"additional-menu-links": ""})
    eventually(lambda: "Registry" not in menu())
    kubeflow.settle()
    assert look_up("pod", f"{DASHBOARD}-0", "-n", MODEL)["metadata"]["uid"] == before
