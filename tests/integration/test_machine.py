"""The machine is switched off at night, and nobody is at hand when it comes back."""

from collections.abc import Iterator

import pytest
from support import power
from support.eventually import eventually
from support.kubeflow import ECHO, Kubeflow


@pytest.fixture
def calm(kubeflow: Kubeflow) -> Iterator[None]:
    """No unit looks around meanwhile: Juju calls a hook that lost its power failed, until it has run it again."""
    option = "update-status-hook-interval"
    kubeflow.juju.model_config({option: "60m"})
    yield
    kubeflow.juju.model_config({option: "5m"})


@pytest.mark.testbed
@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("now", [False, True], ids=["in order", "as a power cut"])
def test_all_comes_back_by_itself_and_sessions_go_on(kubeflow: Kubeflow, echo: str, now: bool):
    visitor = kubeflow.visitor()
    with visitor.session() as browser:
        power.cycle(now=now)
        eventually(lambda: browser.open(f"/{ECHO}/").status_code == 200, timeout=300)
        eventually(visitor.enters)
    names = (*kubeflow.bundle.charms, ECHO)
    eventually(lambda: {kubeflow.says(name)[0] for name in names} == {"active"}, timeout=300)
    assert kubeflow.visitor() == visitor
