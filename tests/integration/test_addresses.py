"""The public address: found from the gateway, or typed."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from support.browser import Browser, Resolved
from support.eventually import eventually
from support.kubeflow import Kubeflow

NAME = "http://10.64.140.43.nip.io"


@pytest.fixture(autouse=True)
def _as_before(kubeflow: Kubeflow, echo: str) -> Iterator[None]:
    yield
    kubeflow.configure("dex-auth", {"public-url": ""})
    kubeflow.configure("oidc-gatekeeper", {"public-url": ""})
    eventually(lambda: issuer(kubeflow.address) == f"{kubeflow.address}/dex")
    eventually(kubeflow.works)


def issuer(address: str) -> str:
    """Return who Dex says that it is."""
    return httpx2.get(f"{address}/dex/.well-known/openid-configuration").raise_for_status().json()["issuer"]


def by_name(kubeflow: Kubeflow, base: str = NAME) -> Browser:
    """Return the browser of somebody whose resolver knows a name for the gateway."""
    return Browser(base, transport=Resolved(urlsplit(kubeflow.address).hostname or ""))


def enters(kubeflow: Kubeflow, browser: Browser) -> bool:
    with browser:
        seen = browser.log_in(kubeflow.credentials.user, kubeflow.credentials.password, "/echo/")
        return seen.status_code == 200 and seen.url.host == urlsplit(browser.base).hostname


def test_unset_it_is_the_gateways(kubeflow: Kubeflow):
    assert issuer(kubeflow.address) == f"{kubeflow.address}/dex"


def test_people_may_come_by_a_name_that_nobody_typed(kubeflow: Kubeflow):
    assert enters(kubeflow, by_name(kubeflow, "http://another.example.com"))


def test_the_typed_one_is_the_issuers_and_sessions_go_on(kubeflow: Kubeflow):
    with kubeflow.session() as browser:
        kubeflow.juju.cli("config", "dex-auth", f"public-url={NAME}")
        kubeflow.juju.cli("config", "oidc-gatekeeper", f"public-url={NAME}")
        eventually(lambda: issuer(kubeflow.address) == f"{NAME}/dex")
        eventually(lambda: enters(kubeflow, by_name(kubeflow)))
        eventually(lambda: browser.open("/echo/").status_code == 200)


def test_an_https_address_that_is_not_the_gateways_locks_nobody_out_who_comes_by_http(kubeflow: Kubeflow):
    kubeflow.juju.cli("config", "oidc-gatekeeper", "public-url=https://kubeflow.example.com")
    eventually(lambda: kubeflow.says("oidc-gatekeeper")[0] == "active")
    with kubeflow.session() as browser:
        assert not any(cookie.secure for cookie in browser.cookies.jar)
