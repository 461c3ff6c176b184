"""Deploy empty charms, then a bundle, and measure both."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import jubilant

from testbed import cgroups
from testbed.machine import Machine
from testbed.paths import Paths
from tools.bench import calls, empty, hooks, idle, memory
from tools.bench.report import Application, Empty, Measurement
from tools.store.index import Store
from tools.store.model import Channel
from tools.up import bring, waiting
from tools.up.bundles import Bundle
from tools.up.errors import Refusal
from tools.up.juju import models
from tools.up.progress import LOOKS
from tools.up.view import View

SETTLE = 20.0
"""Seconds of quiet before memory and idle hooks are measured: the last hooks end and Python's garbage goes."""

NOTICE = 3.0
"""Seconds after which the API server surely counts by a new FlowSchema."""

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Bench:
    """What measuring needs to know.

    Attributes:
        paths: the testbed.
        site: where and with what the bundle is deployed; its model is made, and destroyed in the end.
        view: what shows each deployment.
        say: tells a person what happens.
        timeout: seconds that a deployment may take.
    """

    paths: Paths
    site: bring.Site
    view: View
    say: Say
    timeout: float

    def run(self, bundle: Bundle, others: Sequence[int] = ()) -> Measurement:
        """Measure a bundle.

        Args:
            bundle: what to deploy.
            others: numbers of applications that others need for the same, to deploy as many empty charms, too.

        Raises:
            Refusal: one of the deployments does not become active.
            PackError: a charm cannot be packed.
            jubilant.CLIError: Juju refused something.
        """
        archives = bring.packed(self.site, bundle, self.say)
        for path in archives.values():
            Store(self.paths.store).add(path, Channel("latest", "stable"))
        counts = (len(bundle.charms), *others)
        baselines = tuple(map(self._empty, counts))
        with self._model() as juju:
            seconds = self._deploy(juju, bundle.name, list(bundle.charms))
            applications = self._applications(juju, bundle, archives)
        return Measurement(bundle.name, seconds, baselines, applications)

    def _empty(self, count: int) -> Empty:
        names = empty.names(count)
        with self._empty_charms(count), self._model() as juju:
            seconds = self._deploy(juju, empty.NAME, names)
            hook_seconds = idle.measure(juju, f"{names[0]}/0")
            return Empty(count, seconds, hook_seconds, sum(self._memory(juju).values()))

    def _applications(
        self, juju: jubilant.Juju, bundle: Bundle, archives: dict[str, pathlib.Path]
    ) -> dict[str, Application]:
        ran = hooks.ran(juju.cli("debug-log", "--replay", "--no-tail"))
        found_memory = self._memory(juju)
        found: dict[str, Application] = {}
        with self._counted(juju, bundle.charms):
            for name, charm in bundle.charms.items():
                self.say(f"measuring {name}")
                before = self._calls(juju, name)
                seconds = idle.measure(juju, f"{name}/0")
                found[name] = Application(
                    charm=charm,
                    containers=self._containers(juju, name),
                    events=ran.get(name, {}),
                    seconds=seconds,
                    calls=(self._calls(juju, name) - before) / idle.RUNS,
                    memory=found_memory.get(f"{name}-0", 0),
                    size=archives[charm].stat().st_size if charm in archives else 0,
                )
        return found

    def _deploy(self, juju: jubilant.Juju, name: str, expected: Sequence[str]) -> float:
        """Deploy from the store and return the seconds until all is active."""
        self.say(f"deploying {name}")
        started = time.monotonic()
        juju.cli("deploy", name, "--trust")
        outcome = waiting.wait(juju, expected, self.view, self.timeout)
        seconds = time.monotonic() - started - (LOOKS - 1) * waiting.PAUSE
        if not outcome.active:
            told = "; ".join(f"{row.application}: {row.status} {row.message}" for row in outcome.unfinished)
            raise Refusal(f"{name} does not become active, so nothing can be measured: {outcome.why}: {told}")
        time.sleep(SETTLE)
        return seconds

    @contextlib.contextmanager
    def _model(self) -> Iterator[jubilant.Juju]:
        """Give a client with a new model, and destroy that at the end."""
        juju, name = self.site.juju, self.site.model
        if name in models(juju):
            raise Refusal(f"there is a model {name} already: destroy it, or choose another name with --model")
        juju.add_model(name)
        juju.model = name
        try:
            yield juju
        finally:
            self.say(f"destroying the model {name}")
            juju.destroy_model(name, destroy_storage=True, force=True, no_wait=True)
            juju.model = None

    @contextlib.contextmanager
    def _empty_charms(self, count: int) -> Iterator[None]:
        """Keep empty charms and a bundle of them in the store."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            files = [empty.write_charm(folder, name) for name in empty.names(count)]
            for path in [*files, empty.write_bundle(folder, count)]:
                Store(self.paths.store).add(path, Channel("latest", "stable"))
        try:
            yield
        finally:
            for name in (empty.NAME, *empty.names(count)):
                shutil.rmtree(self.paths.store / name, ignore_errors=True)

    @contextlib.contextmanager
    def _counted(self, juju: jubilant.Juju, applications: Iterable[str]) -> Iterator[None]:
        """Let the API server count the calls of each application by itself."""
        schemas = {
            "apiVersion": "v1",
            "kind": "List",
            "items": [calls.schema(juju.model or "", a) for a in applications],
        }
        given = json.dumps(schemas)
        self._kubectl(juju, "apply", "--filename=-", given=given)
        time.sleep(NOTICE)
        try:
            yield
        finally:
            self._kubectl(juju, "delete", "--filename=-", given=given)

    def _calls(self, juju: jubilant.Juju, application: str) -> int:
        return calls.dispatched(self._kubectl(juju, "get", "--raw=/metrics"), application)

    def _memory(self, juju: jubilant.Juju) -> dict[str, int]:
        """Return the memory of each charm container by pod."""
        groups = [folder / self.paths.name for folder, _ in cgroups.mounted()]
        containers = memory.charm_containers(self._kubectl(juju, "get", "pods", "--output=json"))
        return {pod: memory.resident(groups, container) or 0 for pod, container in containers.items()}

    def _containers(self, juju: jubilant.Juju, application: str) -> int:
        names = "jsonpath={.spec.template.spec.containers[*].name}"
        listed = self._kubectl(juju, "get", "statefulset", application, f"--output={names}").split()
        return len([name for name in listed if name != memory.CHARM])

    def _kubectl(self, juju: jubilant.Juju, *arguments: str, given: str = "") -> str:
        command = Machine(self.paths).inside(["kubectl", "--namespace", juju.model or "", *arguments])
        variables = self.paths.variables()
        done = subprocess.run(command, env=variables, input=given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refusal(f"`kubectl {' '.join(arguments)}` failed: {done.stderr.strip()}")
        return done.stdout
