"""Where the testing framework and the library are told what they cannot know: programs, checks, pods and the cluster.

`ops.testing` lets no program run, so a check of its Pebble neither passes nor fails until somebody says so, and it
keeps to itself which secrets a hook read. Both are put right here and nowhere else.
"""

import contextlib
import logging
import math
import pathlib
import tempfile
from collections.abc import Callable, Iterator

import kubeflow_charms.engine.cluster
import kubeflow_charms.engine.run
import kubeflow_charms.networking.pod_networks
import kubeflow_charms.parts.left_behind
import kubeflow_charms.parts.observed
import kubeflow_charms.parts.workload
import kubeflow_charms.sandbox.identity
import lightkube
import pytest
import scenario.mocking
from ops import pebble
from support.filesystem import Files, lasting
from support.hastened import hasten

from .guard import Guard, guarded

MEMORY = pathlib.Path("/dev/shm")
"""Where Linux keeps files in memory; the framework makes folders for each hook and deletes them."""

ATTEMPTS = 6
"""How often the library tries a call in one hook here, without a pause: once for each way in `trouble.PASSING`."""

Prompt = Callable[[str, str], bool]


class Framework:
    """The hook that is running, as the parts that are patched see it.

    Attributes:
        prompt: tells whether the program of a unit's container answers before the hook that started it ends.
        unit: whose hook it is.
        read: identifiers of the secrets that the hook has read.
        files: what the unit's containers hold when it begins.
        guard: what keeps hooks off the network.
    """

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.prompt: Prompt = lambda unit, container: True
        self.unit = ""
        self.read: set[str] = set()
        self.files: Files = {}

    def enter(self, unit: str, marker: pathlib.Path, files: Files) -> None:
        """Begin a hook.

        Args:
            unit: its name.
            marker: the file by which the charm knows its own pod.
            files: what the unit's containers hold.
        """
        self.unit, self.files = unit, files
        self.read.clear()
        self.guard.watching = True
        kubeflow_charms.engine.run.MARKER = marker

    def leave(self) -> list[str]:
        """End a hook, and return what it tried to reach besides the cluster."""
        self.unit, self.files, self.guard.watching = "", {}, False
        tried = list(self.guard.tried)
        self.guard.tried.clear()
        return tried


@contextlib.contextmanager
def prepared(connect: Callable[[], lightkube.Client], port: int) -> Iterator[Framework]:
    """Let charms find the cluster and nothing else, without pauses, and programs come up as `prompt` says.

    Args:
        connect: returns a client of the cluster.
        port: where on this machine that is.
    """
    with guarded(port) as guard, patched(connect, Framework(guard)) as framework:
        yield framework


@contextlib.contextmanager
def patched(connect: Callable[[], lightkube.Client], framework: Framework) -> Iterator[Framework]:
    """Let the library and the testing framework ask `framework`."""
    replan, secret_get = (
        scenario.mocking._MockPebbleClient.replan_services,
        scenario.mocking._MockModelBackend.secret_get,
    )

    def replan_services(self: scenario.mocking._MockPebbleClient, timeout: float = 30.0, delay: float = 0.1) -> None:
        replan(self, timeout, delay)
        if not framework.unit:
            return  # the hook of another world, which is asked by itself
        prompt = framework.prompt(framework.unit, self._container_name)
        for info in self._check_infos.values():
            if info.status == pebble.CheckStatus.UP:
                info.successes = 1 if prompt else 0
        self._update_state_check_infos()

    def get(self: scenario.mocking._MockModelBackend, **arguments: str | bool | None) -> dict[str, str]:
        content = secret_get(self, **arguments)  # pyright: ignore[reportArgumentType]
        identifier, label = arguments.get("id"), arguments.get("label")
        framework.read.add(self._get_secret(identifier, label).id)  # pyright: ignore[reportArgumentType]
        return content

    with lasting(lambda context: framework.files), pytest.MonkeyPatch.context() as patch:
        if MEMORY.is_dir():
            patch.setattr(tempfile, "tempdir", str(MEMORY))
        patch.setattr(kubeflow_charms.engine.run, "MARKER", kubeflow_charms.engine.run.MARKER)
        patch.setattr(kubeflow_charms.sandbox.identity, "AUTHORITIES", pathlib.Path(__file__))
        patch.setattr(kubeflow_charms.engine.cluster, "connect", connect)
        patch.setattr(kubeflow_charms.engine.cluster, "DELAYS", (0.0,) * (ATTEMPTS - 1))
        # How long a test takes must not decide what a hook asks.
        patch.setattr(kubeflow_charms.networking.pod_networks, "PATIENCE", math.inf)
        patch.setattr(kubeflow_charms.parts.workload, "PATIENCE", 0)
        patch.setattr(kubeflow_charms.parts.observed, "PATIENCE", 0)
        patch.setattr(kubeflow_charms.parts.left_behind, "PATIENCE", 0)
        patch.setattr(scenario.mocking._MockPebbleClient, "replan_services", replan_services)
        patch.setattr(scenario.mocking._MockModelBackend, "secret_get", get)
        # They call a relation-changed of an application, without a unit, impossible.
        patch.setenv("SCENARIO_SKIP_CONSISTENCY_CHECKS", "1")
        for name in ("httpcore2", "httpx2", "ops-scenario"):
            patch.setattr(logging.getLogger(name), "level", logging.WARNING)
        hasten(patch)
        yield framework
