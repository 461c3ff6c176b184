"""Switches the testbed that a test runs in off and on."""

import ctypes

from testbed import lifecycle
from testbed.machine import Machine
from testbed.paths import Paths

NETWORK = 0x40000000
"""CLONE_NEWNET of Linux's sched.h."""


def cycle(*, now: bool) -> None:
    """Switch the testbed off, in order or as a power cut does, and on again.

    Raises:
        OSError: this process may not follow it.
    """
    paths = Paths.from_environment()
    lifecycle.stop(paths, now=now)
    lifecycle.start(paths)
    _enter_network(paths)


def _enter_network(paths: Paths) -> None:
    """Take this process to the network of the testbed that runs now; the one before went with its machine."""
    process = Machine(paths).process()
    assert process is not None
    with open(f"/proc/{process.process}/ns/net") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
