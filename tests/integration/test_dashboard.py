"""The page that users arrive at: through the gateway, after they logged in, with the links that operators want."""

from support.browser import Browser, is_log_in
from support.dashboard import links
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import look_up

DASHBOARD = "kubeflow-dashboard"


def menu() -> set[str]:
    return {link["text"] for link in links("menuLinks")}


def test_every_path_that_nothing_else_has_is_the_dashboards_and_wants_a_log_in(kubeflow: Kubeflow):
    visitor = kubeflow.visitor()
    with Browser(visitor.address) as browser:
        assert is_log_in(browser.open("/"))
        page = browser.log_in(visitor.credentials.user, visitor.credentials.password, "/")
        assert (page.status_code, page.url.path) == (200, "/")
        browser.open("/oauth2/sign_out")
        assert is_log_in(browser.open("/"))


def test_links_of_an_option_come_and_go_without_a_restart(kubeflow: Kubeflow):
    before = look_up("pod", f"{DASHBOARD}-0", "-n", MODEL)["metadata"]["uid"]
    kubeflow.configure(DASHBOARD, {"additional-menu-links": "- {text: Registry, link: /registry/}"})
    eventually(lambda: "Registry" in menu())
    kubeflow.configure(DASHBOARD, {"additional-menu-links": ""})
    eventually(lambda: "Registry" not in menu())
    kubeflow.settle()
    assert look_up("pod", f"{DASHBOARD}-0", "-n", MODEL)["metadata"]["uid"] == before
