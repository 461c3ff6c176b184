"""Units come and go; what one of them let in, the others let in, too."""

from collections.abc import Iterator
from functools import partial

import httpx2
import pytest
from support.eventually import eventually
from support.kubeflow import ECHO, Kubeflow
from support.kubernetes import look_up

APPLICATIONS = ("dex-auth", "oidc-gatekeeper", "istio-pilot", "istio-ingressgateway")
TIMEOUT = 600.0


@pytest.fixture(scope="module")
def two(kubeflow: Kubeflow, echo: str) -> Iterator[Kubeflow]:
    """A second unit of each application; taken away again."""
    try:
        for name in APPLICATIONS:
            kubeflow.juju.add_unit(name)
        eventually(lambda: units_are_active(kubeflow, 2), timeout=TIMEOUT)
        yield kubeflow
    finally:
        remove(kubeflow)


def units_are_active(kubeflow: Kubeflow, number: int) -> bool:
    applications = kubeflow.juju.status().apps
    found = {name: applications[name].units for name in APPLICATIONS}
    assert {name: len(units) for name, units in found.items()} == dict.fromkeys(APPLICATIONS, number)
    return {unit.workload_status.current for units in found.values() for unit in units.values()} == {"active"}


def remove(kubeflow: Kubeflow) -> None:
    status = kubeflow.juju.status()
    for name in APPLICATIONS:
        if status.apps[name].scale > 1:
            kubeflow.juju.remove_unit(name, num_units=1)
    eventually(lambda: units_are_active(kubeflow, 1), timeout=TIMEOUT)


def addresses(kubeflow: Kubeflow, application: str) -> list[str]:
    """Return the addresses of an application's pods."""
    selector = f"app.kubernetes.io/name={application}"
    pods = look_up("pods", "-n", str(kubeflow.juju.model), "-l", selector)["items"]
    return [pod["status"]["podIP"] for pod in pods]


def test_each_gatekeeper_accepts_a_session_that_one_of_them_made(two: Kubeflow):
    with two.session() as browser:
        cookies = {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}
    asked = addresses(two, "oidc-gatekeeper")
    assert len(asked) == 2
    for address in asked:
        answer = httpx2.get(f"http://{address}:4180/{ECHO}/", cookies=cookies)
        assert answer.status_code == 200
        assert answer.headers["kubeflow-userid"] == two.credentials.user
        assert httpx2.get(f"http://{address}:4180/{ECHO}/").status_code in (302, 401)


def test_each_issuer_signs_with_the_same_keys(two: Kubeflow):
    keys = [httpx2.get(f"http://{address}:5556/dex/keys").json() for address in addresses(two, "dex-auth")]
    assert len(keys) == 2
    assert keys[0] == keys[1]


def _shows_the_form(client: httpx2.Client) -> bool:
    client.cookies.clear()
    return 'name="password"' in client.get(f"/{ECHO}/").text


def test_each_gateway_lets_people_log_in(two: Kubeflow):
    found = addresses(two, "istio-ingressgateway")
    assert len(found) == 2
    for address in found:
        with httpx2.Client(base_url=f"http://{address}:8080", follow_redirects=True) as client:
            # What was changed just before, an issuer's name say, may still be on its way to the second units.
            eventually(partial(_shows_the_form, client))
    assert all(two.works() for _ in range(4))


def test_with_one_unit_again_sessions_go_on(two: Kubeflow):
    with two.session() as browser:
        remove(two)
        eventually(lambda: browser.open(f"/{ECHO}/").status_code == 200)
        assert eventually(two.works)
