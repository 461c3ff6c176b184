"""One model with the applications of a bundle: what can happen in it next, and what happens then."""

import collections
import contextlib
import dataclasses
import itertools
import pathlib
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import ops
from ops import testing

from . import fence, lifecycle, pods, scope
from .agent import Agent
from .bundle import Bundle
from .framework import Framework, prepared
from .juju import Application, Model, Secret, Unit
from .kubernetes import Key, Kubernetes, Object
from .steps import KUBERNETES, OPERATOR, Chance, Schedule, Step
from .wire import Wire, nothing_wrong

PATIENCE = 5000
"""Steps after which a model that still has something to do is said to go round in circles."""

ROUNDS = 8
"""Rounds of update-status, five minutes each, after which a model that is not active is stuck."""

NUMBERS = itertools.count(1)


class Stuck(AssertionError):
    """The model does not come to what it should."""


class World:
    """A model, its units' agents, and the cluster.

    Attributes:
        bundle: what is deployed.
        schedule: what chooses among the steps.
        kubernetes: the cluster.
        model: what Juju knows.
        wire: the way to Kubernetes.
        agent: what runs hooks.
        trace: all steps so far.
        baseline: what the cluster held before the deployment.
        address: what the cluster's load balancer gives; empty if it has none.
        restless: every application's leadership is moved after each of its hooks.
    """

    def __init__(
        self, bundle: Bundle, kubernetes: Kubernetes, wire: Wire, framework: Framework, schedule: Schedule, name: str
    ):
        self.bundle, self.kubernetes, self.wire, self.schedule = bundle, kubernetes, wire, schedule
        self.model = Model(name, str(uuid.uuid5(uuid.NAMESPACE_DNS, name)))
        self.agent = Agent(self.model, wire, framework)
        self.trace: list[Step] = []
        self.baseline: dict[Key, Object] = {}
        self.address = "10.64.140.43"
        self.restless = False
        self._lanes: dict[str, collections.deque[Step]] = {}
        self._arrival: dict[Step, int] = {}
        self._arrivals = itertools.count()
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="model-"))
        self._contexts = contextlib.ExitStack()
        framework.prompt = self._prompt

    def deploy(self) -> None:
        """Run `juju deploy BUNDLE --trust`."""
        self.add_applications()
        for number, _ in enumerate(self.bundle.relations):
            self._due("relations", Step(OPERATOR, "integrate", str(number)))

    def extend(self, bundle: Bundle) -> None:
        """Run `juju deploy BUNDLE --trust` over what is there, which adds what is missing of another bundle."""
        had = self.bundle
        new = [pair for pair in bundle.relations if pair not in had.relations]
        self.bundle = dataclasses.replace(bundle, relations=(*had.relations, *new))
        for name in (name for name in bundle.applications if name not in had.applications):
            self._add(name)
        for number in range(len(had.relations), len(self.bundle.relations)):
            self._due("relations", Step(OPERATOR, "integrate", str(number)))

    def add_applications(self) -> None:
        """Make the model and its applications, without relations."""
        self.baseline = self.kubernetes.objects()
        self.kubernetes.add_model(self.model.name)
        for name in self.bundle.applications:
            self._add(name)

    def converge(self) -> None:
        """Let everything happen until all units are active and nothing is left to do.

        Raises:
            Stuck: it does not come to that, however much time passes.
        """
        self.drain()
        for _ in range(ROUNDS):
            if all(unit.well for unit in self.model.units):
                return
            self.pass_time()
        told = "; ".join(f"{unit.name}: {unit.status}" for unit in self.model.units)
        raise Stuck(f"{self.bundle.name} does not become active: {told}")

    def drain(self, after: Callable[[], None] = lambda: None) -> None:
        """Let happen what can.

        Args:
            after: called after each step.

        Raises:
            Stuck: there is no end.
        """
        for _ in range(PATIENCE):
            steps = self.possible()
            if not steps:
                return
            self.do(self.schedule.choose(steps))
            after()
        raise Stuck(f"there is no end of hooks: {'; '.join(map(str, self.trace[-20:]))}")

    def pass_time(self, after: Callable[[], None] = lambda: None) -> None:
        """Let update-status come for every unit, and all that follows from it; `after` is called after each step."""
        for unit in self.model.units:
            if unit.phase == "running":
                unit.due("update-status", unit.step("update-status"))
        self.drain(after)

    def possible(self) -> list[Step]:
        """Return what can happen next, in the order in which it became possible."""
        steps = [lane[0] for lane in self._lanes.values() if lane]
        for unit in self.model.units:
            steps += lifecycle.possible(unit)
        for step in steps:
            if step not in self._arrival:
                self._arrival[step] = next(self._arrivals)
        return sorted(steps, key=self._arrival.__getitem__)

    def do(self, step: Step) -> None:
        """Let one thing happen."""
        self.trace.append(step)
        self._arrival.pop(step, None)
        if step.place in (OPERATOR, KUBERNETES):
            for lane in self._lanes.values():
                if lane and lane[0] == step:
                    lane.popleft()
                    break
            self._outside(step)
            return
        unit = self.model.unit(step.place)
        lifecycle.take(unit, step)
        calls = len(self.wire.calls)
        match step.what:
            case "new pod":
                pods.start(self.kubernetes, self.model, unit)
            case "container":
                pods.connect(unit, step.subject)
            case "gone":
                self._gone(unit)
            case _:
                self._before_hook(unit, step)
                self.agent.run(unit, step)
                self._after_hook(unit, step)
        self._watch(unit, calls)

    def configure(self, application: str, **options: Any) -> None:
        """Run `juju config`; `_` in the options' names stands for `-`."""
        found = self.model.applications[application]
        found.config |= {name.replace("_", "-"): value for name, value in options.items()}
        for unit in self.model.units_of(application):
            unit.due("config", unit.step("config-changed"))

    def settle(self) -> None:
        """Deploy, and let everything happen until a round of update-status has nothing more to do."""
        self.deploy()
        self.converge()
        self.pass_time()

    def move(self, address: str) -> None:
        """Let the load balancer give another address from now on, to Services that have one already, too."""
        self.address = address
        self.kubernetes.balance(self.model.name, address)

    def lead(self, application: str, unit: str) -> None:
        """Let a unit be its application's leader from now on."""
        found = self.model.applications[application]
        if found.leader != unit:
            found.leader = unit
            leader = found.units[unit]
            if leader.reached("config"):
                leader.due("leader", leader.step("leader-elected"))

    def add_secret(self, owner: str, label: str, content: dict[str, str], *granted: str) -> str:
        """Add a user's secret (with an empty owner), grant it to applications, and return its identifier."""
        secret = Secret(testing.Secret(content).id, owner, label, [content], {0: set(granted)} if granted else {})
        self.model.secrets[secret.identifier] = secret
        return secret.identifier

    def restart(self) -> None:
        """Switch the node off and on: every container starts anew, empty, in the same pod or in another one."""
        for unit in self.model.units:
            another = self.schedule.likely(f"{unit.name} gets another pod")
            hooks = ("upgrade-charm", "config-changed", "start") if another else ("start",)
            if unit.phase != "running":
                hooks = ("upgrade-charm",) if another and unit.reached("relations") else ()
            unit.first.clear()
            unit.first.extend(map(unit.step, ("new pod", *hooks)))

    def remove(self, application: str) -> None:
        """Run `juju remove-application`."""
        found = self.model.applications[application]
        found.ending = True
        for relation in self.model.relations_of(application):
            relation.ending = True
            for name, _ in relation.ends:
                if name != application:
                    for unit in self.model.units_of(name):
                        scope.part(unit, relation)
        for unit in found.units.values():
            unit.first.clear()
            unit.lanes.clear()
            for relation in self.model.relations_of(application):
                scope.part(unit, relation)
            for lane in unit.lanes.values():
                unit.first.extend(lane)
            unit.lanes.clear()
            last = ("stop", "remove") if self.schedule.likely(f"{unit.name} runs remove") else ("stop",)
            unit.first.extend(map(unit.step, (*last, "gone")))

    def remove_outsider(self, application: str) -> None:
        """Run `juju remove-application` for one of another publisher."""
        for relation in self.model.relations_of(application):
            relation.ending = True
            for unit in self.model.units_of(relation.other(application)):
                scope.part(unit, relation)

    def destroy(self) -> None:
        """Run `juju destroy-model --force`: the namespace goes, and what Juju marked as an application's."""
        for name in self.model.applications:
            self.kubernetes.remove(self.model.name, name, self.wire.created.get(name, set()))
        self.kubernetes.remove_model(self.model.name)

    def discard(self) -> None:
        """Delete what the applications made but for CRDs, without waiting for the namespace to go."""
        self.wire.decide = nothing_wrong
        for path in sorted(set().union(*self.wire.created.values())):
            if path.split("/")[-2] != "customresourcedefinitions":
                self.kubernetes.http.delete(path)
        self.kubernetes.http.delete(f"/api/v1/namespaces/{self.model.name}")

    def close(self) -> None:
        """Forget the units' folders."""
        self._contexts.close()
        shutil.rmtree(self._folder)

    def _due(self, lane: str, *steps: Step) -> None:
        queue = self._lanes.setdefault(lane, collections.deque())
        queue.extend(step for step in steps if step not in queue)

    def _add(self, name: str) -> None:
        charm = self.bundle.charm(name)
        if charm is None:
            self.model.outsiders[name] = self.bundle.applications[name].charm
            return
        wanted, document = self.bundle.applications[name], charm.metadata
        application = Application(name, document, dict(wanted.options))
        self.model.applications[name] = application
        self.kubernetes.deploy(self.model.name, name, tuple(document.get("containers", {})))
        for number in range(wanted.scale):
            folder = self._folder / name / str(number)
            (folder / "charm").mkdir(parents=True)
            (folder / "charm" / "src").symlink_to(charm.root.resolve() / "src")
            context = self._contexts.enter_context(
                testing.Context(
                    charm.kind,
                    meta=document,
                    charm_root=folder / "charm",
                    app_name=name,
                    unit_id=number,
                    app_trusted=True,
                    juju_version="3.6.11",
                )
            )
            unit = Unit(f"{name}/{number}", application, context, folder)
            application.units[unit.name] = unit
            unit.storages = frozenset(testing.Storage(item) for item in document.get("storage", {}))
            unit.due("storage", *(unit.step("storage-attached", item.name) for item in unit.storages))
            pods.start(self.kubernetes, self.model, unit)
        application.leader = next(iter(application.units))
        for endpoint in document.get("peers", {}):
            scope.begin(self.model, self.model.relate((name, endpoint)))

    def _outside(self, step: Step) -> None:
        """Let happen what no hook does."""
        match step.what:
            case "integrate":
                scope.begin(self.model, self.model.relate(*self.bundle.relations[int(step.subject)]))
            case "balance":
                self.kubernetes.balance(self.model.name, self.address)
            case _:
                raise NotImplementedError(str(step))

    def _prompt(self, unit: str, container: str) -> bool:
        times = sum(hook.step.what == "pebble-ready" for hook in self.model.unit(unit).hooks)
        return self.schedule.likely(f"{container} of {unit} answers at once, {times}", 0.7)

    def _before_hook(self, unit: Unit, step: Step) -> None:
        """Let the world be as the hook tells it is."""
        if step.what == "relation-created":
            number = int(step.subject.rpartition(":")[2])
            unit.told.add(number)
        elif step.what == "relation-joined":
            unit.joined.setdefault(int(step.subject.rpartition(":")[2]), set()).add(step.remote)
        elif step.what == "relation-departed":
            unit.joined.get(int(step.subject.rpartition(":")[2]), set()).discard(step.remote)
        elif step.what.startswith("pebble-check-"):
            container = unit.containers[step.subject]
            down = step.what == "pebble-check-failed"
            infos = {
                lifecycle.with_outcome(item, down) if item.name == step.remote else item
                for item in container.check_infos
            }
            unit.containers[step.subject] = dataclasses.replace(container, check_infos=infos)

    def _after_hook(self, unit: Unit, step: Step) -> None:
        """Let follow what follows from a hook that ran."""
        match step.what:
            case "install" | "leader-elected" | "config-changed" | "start" if not unit.first:
                lifecycle.advance(unit, step.what)
            case "relation-created":
                scope.enter(self.model, unit, self.model.relations[int(step.subject.rpartition(":")[2])])
            case "relation-broken":
                scope.leave(self.model, unit, self.model.relations[int(step.subject.rpartition(":")[2])])
            case _:
                pass
        for container in unit.containers.values():
            for info in container.check_infos:
                if info.status == ops.pebble.CheckStatus.UP and info.successes == 0 and info.change_id:
                    lifecycle.come_up_late(unit, container.name, info.name)
        scope.ask_outsiders(self.model, unit)
        if self.restless and unit.reached("relations") and step.what != "leader-elected":
            names = sorted(unit.application.units)
            following = names[(names.index(unit.application.leader) + 1) % len(names)]
            self.lead(unit.application.name, following)

    def _gone(self, unit: Unit) -> None:
        unit.phase = "gone"
        pods.end(self.kubernetes, self.model, unit)
        application = unit.application
        if not self.model.units_of(application.name):
            created = self.wire.created.get(application.name, set())
            self.kubernetes.remove(self.model.name, application.name, created)
            for identifier in [key for key, item in self.model.secrets.items() if item.owner == application.name]:
                del self.model.secrets[identifier]

    def _watch(self, unit: Unit, number: int) -> None:
        """Let Kubernetes react to the calls of a hook."""
        for call in self.wire.since(number):
            if call.method != "PATCH" or call.rehearsal:
                continue
            resource = call.path.split("/")[-2]
            if resource == "services" and self.address:
                self._due("balance", Step(KUBERNETES, "balance"))
            if call.path.endswith(f"/networkpolicies/{unit.application.name}") and (
                item := self.kubernetes.get(call.path)
            ):
                fence.require_shut(item, (other.address for other in self.model.units))
            if resource == "statefulsets" and not unit.application.ending:
                pods.roll(self.kubernetes, self.model, unit.application)


@contextlib.contextmanager
def running(
    bundle: Bundle, kubernetes: Kubernetes, schedule: Schedule | None = None, *, name: str = ""
) -> Iterator[World]:
    """Yield a world with nothing deployed yet, and take its model away at the end.

    Args:
        bundle: what will be deployed.
        kubernetes: where.
        schedule: what chooses; by default chance with seed 0.
        name: of the model; by default a new one.
    """
    wire = Wire(kubernetes.server)
    with contextlib.closing(wire), prepared(wire.connect, kubernetes.port) as framework:
        world = World(bundle, kubernetes, wire, framework, schedule or Chance(0), name or f"model-{next(NUMBERS)}")
        try:
            yield world
        finally:
            world.discard()
            world.close()
