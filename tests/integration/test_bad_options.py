"""Bad options block, say which and what was expected, and leave what runs alone."""

import dataclasses
from collections.abc import Iterator

import pytest
from support.eventually import eventually
from support.kubeflow import Kubeflow, Visitor
from support.kubernetes import kubectl, processes

BAD = {
    "dex-auth": {"public-url": "kubeflow.example.com", "port": 80, "connectors": "github"},
    "oidc-gatekeeper": {"public-url": "ftp://kubeflow.example.com", "skip-auth-urls": "/", "session-hours": 0},
    "istio-pilot": {"default-gateway": "Not A Name", "memory": "much"},
    "istio-ingressgateway": {"gateway_service_type": "Balanced", "annotations": "no-pair"},
}
GOOD = {
    "dex-auth": {"public-url": "", "port": 5556, "connectors": ""},
    "oidc-gatekeeper": {"public-url": "", "skip-auth-urls": "", "session-hours": 24},
    "istio-pilot": {"default-gateway": "kubeflow-gateway", "memory": ""},
    "istio-ingressgateway": {"gateway_service_type": "LoadBalancer", "annotations": ""},
}
WORKLOADS = {
    "dex-auth": "dex",
    "oidc-gatekeeper": "oauth2-proxy",
    "istio-pilot": "istiod",
    "istio-ingressgateway": "proxy",
}


@dataclasses.dataclass(frozen=True)
class Wrong:
    """What applications said of bad options.

    Attributes:
        visitor: somebody who knew the address and the password before.
        messages: by application.
        log: of each unit's agent, by application.
        programs: the processes that ran before, by application.
    """

    visitor: Visitor
    messages: dict[str, str]
    log: dict[str, str]
    programs: dict[str, list[int]]


def programs(kubeflow: Kubeflow) -> dict[str, list[int]]:
    return {
        application: [process.number for process in processes(str(kubeflow.juju.model), f"{application}-0", container)]
        for application, container in WORKLOADS.items()
    }


def log(kubeflow: Kubeflow, application: str) -> str:
    """Return what the unit's agent has logged; the controller has it some time later."""
    return kubectl("logs", f"{application}-0", "--container=charm", f"--namespace={kubeflow.juju.model}")


@pytest.fixture(scope="module")
def wrong(kubeflow: Kubeflow, echo: str) -> Iterator[Wrong]:
    visitor, before = kubeflow.visitor(), programs(kubeflow)
    for application, options in BAD.items():
        kubeflow.configure(application, options)

    def blocked() -> dict[str, str]:
        said = {application: kubeflow.says(application) for application in BAD}
        assert {status for status, _ in said.values()} == {"blocked"}, said
        return {application: message for application, (_, message) in said.items()}

    messages = eventually(blocked)
    yield Wrong(visitor, messages, {application: log(kubeflow, application) for application in BAD}, before)
    for application, options in GOOD.items():
        kubeflow.configure(application, options)


@pytest.mark.parametrize(("application", "option"), [(name, option) for name in BAD for option in BAD[name]])
def test_the_status_or_the_log_names_each_bad_option_and_what_is_expected(wrong: Wrong, application: str, option: str):
    said = wrong.messages[application]
    assert "expected" in said
    assert f"option {option}: " in said or ("; see log)" in said and f"option {option}: " in wrong.log[application])


def test_people_log_in_meanwhile(wrong: Wrong):
    assert wrong.visitor.enters()


def test_all_is_active_once_they_are_corrected_and_no_program_was_started_again(wrong: Wrong, kubeflow: Kubeflow):
    for application, options in GOOD.items():
        kubeflow.configure(application, options)
    eventually(lambda: {kubeflow.says(application)[0] for application in BAD} == {"active"})
    assert programs(kubeflow) == wrong.programs
    assert kubeflow.works()
