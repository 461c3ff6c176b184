"""Relations go and come back; without its gatekeeper the gateway is shut."""

from collections.abc import Iterator

import httpx2
import pytest
from support.eventually import LATE, eventually
from support.kubeflow import ECHO, Kubeflow

RELATIONS = [
    ("dex-auth:oidc-client", "oidc-gatekeeper:oidc-client"),
    ("dex-auth:dex-oidc-config", "oidc-gatekeeper:dex-oidc-config"),
    ("istio-pilot:istio-pilot", "istio-ingressgateway:istio-pilot"),
    ("istio-pilot:ingress", "dex-auth:ingress"),
    ("istio-pilot:ingress", "oidc-gatekeeper:ingress"),
]
GUARD = ("istio-pilot:ingress-auth", "oidc-gatekeeper:ingress-auth")


@pytest.fixture(autouse=True)
def _as_before(kubeflow: Kubeflow, echo: str, impatient: None) -> Iterator[None]:
    yield
    eventually(kubeflow.active, timeout=LATE)


def related(kubeflow: Kubeflow, one: str, other: str) -> bool:
    """Tell whether two endpoints are related, as Juju's status says."""
    application, _, endpoint = one.partition(":")
    found = kubeflow.juju.status().apps[application].relations.get(endpoint, [])
    return other.partition(":")[0] in {relation.related_app for relation in found}


def cut(kubeflow: Kubeflow, *relations: tuple[str, str]) -> None:
    for one, other in relations:
        kubeflow.juju.remove_relation(one, other)
    for one, other in relations:
        eventually(lambda one=one, other=other: not related(kubeflow, one, other), timeout=LATE)


def test_without_its_gatekeeper_the_gateway_is_shut(kubeflow: Kubeflow):
    answers: set[int] = set()
    with kubeflow.session() as browser:

        def shut() -> bool:
            # An anonymous person may be sent to the log-in page until the gateway has heard of it.
            with httpx2.Client(base_url=kubeflow.address) as anonymous:
                answers.add(anonymous.get(f"/{ECHO}/").status_code)
            return browser.open(f"/{ECHO}/").status_code == 403

        cut(kubeflow, GUARD)
        eventually(shut, timeout=LATE)
        status, message = eventually(lambda: kubeflow.says("istio-pilot"))
        assert status == "waiting"
        assert "juju integrate istio-pilot:ingress-auth" in message
        kubeflow.juju.integrate(*GUARD)

        def opened() -> bool:
            shut()
            return browser.open(f"/{ECHO}/").status_code == 200

        eventually(opened, timeout=LATE)
    assert answers <= {302, 403}


def test_relations_that_come_back_serve_as_before(kubeflow: Kubeflow):
    """All others at once, because Juju takes half a minute to forget one."""
    with kubeflow.session() as browser:
        cut(kubeflow, *RELATIONS)
        for name in kubeflow.bundle.charms:
            eventually(lambda name=name: kubeflow.says(name)[0] in ("active", "waiting", "blocked"), timeout=LATE)
        for one, other in RELATIONS:
            kubeflow.juju.integrate(one, other)
        eventually(lambda: browser.open(f"/{ECHO}/").status_code == 200, timeout=LATE)
        assert eventually(kubeflow.works, timeout=LATE)
