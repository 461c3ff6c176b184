"""The machine is switched off at night, and nobody is at hand when it comes back."""

import ctypes

import pytest
from support.eventually import eventually
from support.kubeflow import ECHO, Kubeflow

from testbed import lifecycle
from testbed.machine import Machine
from testbed.paths import Paths

NETWORK = 0x40000000
"""CLONE_NEWNET of Linux's sched.h."""


def enter_network(paths: Paths) -> None:
    """Take this process to the network of the testbed that runs now; the one before went with its machine.

    Raises:
        OSError: it may not.
    """
    process = Machine(paths).process()
    assert process is not None
    with open(f"/proc/{process.process}/ns/net") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


@pytest.mark.testbed
@pytest.mark.parametrize("now", [False, True], ids=["in order", "as a power cut"])
def test_all_comes_back_by_itself_and_sessions_go_on(kubeflow: Kubeflow, echo: str, now: bool):
    paths, visitor = Paths.from_environment(), kubeflow.visitor()
    with visitor.session() as browser:
        lifecycle.stop(paths, now=now)
        lifecycle.start(paths)
        enter_network(paths)
        eventually(lambda: browser.open(f"/{ECHO}/").status_code == 200, timeout=300)
        eventually(visitor.enters)
    names = (*kubeflow.bundle.charms, ECHO)
    eventually(lambda: {kubeflow.says(name)[0] for name in names} == {"active"}, timeout=300)
    assert kubeflow.visitor() == visitor
