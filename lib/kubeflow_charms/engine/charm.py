"""The charm that every other one is: it states what should exist, and this makes it so.

Every event runs the same reconciliation. A charm has a plan, a generator of parts; what it raises stops it there, and
so does a part that cannot be declared: one before a program may guard it. What came before is kept, nothing is pruned.
"""

import contextlib
import dataclasses
import functools
import logging
import os
import pathlib
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args, get_origin

import ops

from ..configuration.options import load, renamed
from ..configuration.partners import integrate
from ..configuration.workload_version import workload_version
from ..interfaces.wire import principal
from ..networking.network import cluster_domain
from ..observability.statuses import summary
from ..parts.answers import stop
from ..parts.observe import collectors, observe
from ..parts.workload import Workload
from ..relations.news import News
from ..relations.secrets import Secrets
from ..sandbox.programs import Program, Sandboxes, require_each
from .applied import Applied
from .cluster import Cluster, Reference
from .drift import Rounds
from .problems import Blocked, Waiting
from .run import Part, Removal, Run, running_pod

LOOK, ROUND = (ops.LeaderElectedEvent, ops.StartEvent, ops.UpgradeCharmEvent), ops.UpdateStatusEvent
"""When the charm looks for what others changed in the cluster, and which event counts until it looks the next time."""

LEAVING, STARTED = ".leaving", ".started"

if TYPE_CHECKING:
    from ..certificates import Certificate


def main(charm_type: "type[Charm[Any]]") -> None:
    """Run one event of a charm, and end the process; what `src/charm.py` ends with.

    The hook leaves the process group of Juju's agent, so that the signal that ends the agent, when Kubernetes
    replaces the pod, does not break off a hook midway: the agent waits for it.
    """
    with contextlib.suppress(PermissionError):  # a session's leader is in a group of its own already
        os.setpgrp()
    # Each line is a program that Juju starts for it, five of them a hook; its own log names every hook in any case.
    logging.disable(logging.DEBUG)
    ops.main(charm_type)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # Python would take a tenth of the hook's CPU to free what goes with the process.


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """The options of a charm without any."""


Options = TypeVar("Options")


class Charm(ops.CharmBase, Generic[Options]):
    """A charm with a plan; `Charm[Its]` has the options of the frozen dataclass `Its`, see `options.option`.

    Attributes:
        options_type: that dataclass.
        programs: one for each container of charmcraft.yaml.
    """

    options_type: ClassVar[type] = NoOptions
    programs: ClassVar[tuple[Program, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            kind = get_args(base)[0] if get_origin(base) is Charm else None
            if isinstance(kind, type) and dataclasses.is_dataclass(kind):
                cls.options_type = kind

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        require_each(self.programs, self.meta.containers)
        self._run: Run | None = None
        framework.observe(self.on.install, self._install)
        for event in (self.on.install, self.on.upgrade_charm):
            framework.observe(event, self._show_version)
        for event in self._reconciling_events():
            framework.observe(event, self._reconcile)
        for event in self._departing_events():
            framework.observe(event, self._depart)
        framework.observe(self.on.collect_unit_status, self._collect_status)

    def plan(self) -> Iterator[Part]:
        """Yield the parts that should exist; may raise Blocked or Waiting."""
        raise NotImplementedError

    def role_context(self) -> Mapping[str, Any]:
        """Return what templates of roles may use besides `app` and `namespace`; rights change without a new pod."""
        return {}

    def left_behind(self) -> Iterator[Removal]:
        """Yield what the programs make in the cluster by themselves, or hold there, and nobody else removes."""
        yield from ()

    @functools.cached_property
    def options(self) -> Options:
        """The options, an instance of `options_type`.

        Raises:
            Blocked: some are wrong; the message names each.
        """
        return load(self.options_type, self.config, self.model, self.app.name)

    @functools.cached_property
    def secrets(self) -> Secrets:
        """The application's own secrets."""
        return Secrets(self.model, self.app, self.unit.is_leader())

    @property
    def host(self) -> str:
        """The application's host name in the cluster, for any model's pods."""
        return f"{self.app.name}.{self.model.name}.svc"

    @property
    def principal(self) -> str:
        """What Istio calls the application's pods."""
        return principal(self.model.name, self.app.name)

    @functools.cached_property
    def webhook_certificate(self) -> "Certificate":
        """What the programs that the API server asks show it, signed by an authority of the application's own.

        Raises:
            Waiting: the leader has not made it yet.
        """
        from .. import certificates

        authority = certificates.authority(self.secrets, common_name=f"{self.app.name}.{self.model.name}")
        names = [self.host, f"{self.host}.{cluster_domain()}"]
        return certificates.server_certificate(self.secrets, "webhook-certificate", authority, names)

    def look_up(self, api_version: str, kind: str, name: str) -> dict[str, Any] | None:
        """Return an object of the model's namespace as the cluster has it, or None; costs a Kubernetes call.

        Raises:
            Blocked: the application lacks trust.
            Waiting: Kubernetes does not answer.
        """
        return self.run.cluster.get(Reference(api_version, kind, name, self.model.name))

    @functools.cached_property
    def run(self) -> Run:
        """This reconciliation."""
        return Run(
            charm=self.meta.name,
            unit=self.unit,
            model=self.model,
            sources=pathlib.Path(self.charm_dir) / "src",
            leader=self.unit.is_leader(),
            purge=bool(self.config.get("purge", False)),
            secrets=self.secrets,
            cluster=Cluster(self.app.name),
            collectors=collectors(self),
        )

    def _reconciling_events(self) -> Iterator[ops.BoundEvent]:
        on = self.on
        yield from (
            on.start,
            on.config_changed,
            on.upgrade_charm,
            on.leader_elected,
            on.update_status,
        )
        yield on.secret_changed
        for name in self.meta.relations:
            relation = on[name]
            yield from (relation.relation_created, relation.relation_changed)
        for name in self.meta.containers:
            container = on[name]
            yield from (
                container.pebble_ready,
                container.pebble_check_failed,
                container.pebble_check_recovered,
            )

    def _departing_events(self) -> Iterator[ops.BoundEvent]:
        yield from (self.on.stop, self.on.remove)
        for name in self.meta.relations:
            yield self.on[name].relation_broken

    def _depart(self, event: ops.EventBase) -> None:
        """Take the cluster's objects away with the last unit; otherwise a unit that goes changes nothing."""
        if self._is_last():
            self._file(LEAVING).touch()
            self._clean_up(Applied(self.run, self._file(".applied")))
        elif isinstance(event, ops.RelationBrokenEvent):
            self._reconcile(event)

    def _is_last(self) -> bool:
        """Tell whether the application goes with this unit.

        Juju cannot say while one of the relations vanishes ("relation not found"); a later hook asks again.
        """
        try:
            return self.app.planned_units() == 0
        except ops.ModelError:
            return False

    def _clean_up(self, applied: Applied) -> None:
        """Stop the programs, with what they made, which they would make again, and then delete all that is applied.

        One that ran on without its rights could end and start again and again: as long as its checks go up and down,
        Juju has hooks to run before that of the unit's end.
        """
        removals = [part.remove(self.run) for part in self.left_behind()]
        for removal in removals:
            next(removal, None)
        self.run.attempt(applied.remove_webhooks)
        for container in self.unit.containers.values():
            stop(container)
        for removal in removals:
            next(removal, None)
        self.run.attempt(applied.remove)

    def _install(self, event: ops.InstallEvent) -> None:
        """Look at the options alone: Juju tells of relations next, and a plan made now would miss what they say.

        A Dex that knew no clients would serve already, and what is related would be asked for.
        """
        self._wait("Juju to tell of the relations")

    def _wait(self, reason: str) -> None:
        self._run = self.run
        self.run.attempt(getattr, self, "options")
        self.run.problems.append(Waiting(reason))

    def _show_version(self, event: ops.EventBase) -> None:
        if version := workload_version(pathlib.Path(self.charm_dir)):
            self.unit.set_workload_version(version)

    def _reconcile(self, event: ops.EventBase) -> None:
        if self._file(LEAVING).exists() and self._is_last():
            return  # Neither objects nor programs that went with the application come back before its unit has gone.
        started = self._has_started(event)
        if self.programs and not started and not running_pod():
            self._wait("Juju to start the unit")  # in a pod with Juju's identity nothing may run
            return
        news = News(self, self._file(".seen"))
        if news.none(event):
            return
        news.begin()
        applied = Applied(self.run, self._file(".applied"))
        run = self._run = self.run
        for container in self._others:
            stop(self.unit.get_container(container))
        parts: list[Part] = []
        early = isinstance(event, ops.RelationCreatedEvent)
        run.attempt(self._require_relations, early)
        collected = run.attempt(self._collect, parts)
        parts.extend(observe(self, complete=collected))
        declared: list[Part] = []
        complete = run.attempt(_declare, parts, declared, run) and collected
        # Were the pod replaced before Juju ran start, that hook would be reported as failed: an agent that is to end
        # runs what is due only once it has started (juju/juju, internal/worker/uniter/resolver.go).
        early = early or (run.pod.digest() != running_pod() and not started)
        rounds = Rounds(self._file(".looked"))
        look = started and not early and (isinstance(event, LOOK) or rounds.due(another=isinstance(event, ROUND)))
        run.look = look
        if look:
            rounds.begin()
        commit = functools.partial(applied.postpone if early else applied.commit, complete=complete)
        committed = not run.leader or run.attempt(functools.partial(commit, look=look))
        if look and committed:
            rounds.end()
        if early and not committed and not applied.begun:
            return  # Nobody may be told of what the cluster does not have yet.
        for part in declared:
            run.attempt(part.apply, run)
        if run.leader and run.late:
            run.attempt(commit)
        news.end(event, settled=not run.problems)

    def _has_started(self, event: ops.EventBase) -> bool:
        """Tell whether Juju has run start in this pod, or does; only then does it tell units to look around."""
        if isinstance(event, (ops.StartEvent, ops.UpdateStatusEvent)):
            self._file(STARTED).touch()
        return self._file(STARTED).exists()

    def _collect(self, parts: list[Part]) -> None:
        parts.append(Sandboxes(self.programs, self.options, self.role_context()))
        for part in self.plan():
            if not (isinstance(part, Workload) and part.container in self._others):
                parts.append(part)

    def _require_relations(self, early: bool) -> None:
        """Name every relation that charmcraft.yaml calls not optional and that is not there.

        Args:
            early: whether Juju may be about to tell of them.
        """
        missing = [
            name
            for name, relation in self.meta.requires.items()
            if not relation.optional and not self.model.relations[name]
        ]
        if missing and early:
            raise Waiting(f"the relations {', '.join(missing)}")
        if missing:
            interfaces = {name: self.meta.requires[name].interface_name or "" for name in missing}
            first, *more = (integrate(self.app.name, *named) for named in interfaces.items())
            raise Blocked(f"needs relations, run: {first}", *more)

    def _collect_status(self, event: ops.CollectStatusEvent) -> None:
        if self._run is None:
            return
        problems = self._run.problems
        if not problems:
            told = (*renamed(self.options_type, self.config), *self._run.messages)
            event.add_status(ops.ActiveStatus("; ".join(told)))
            return
        worst = any(isinstance(item, Blocked) for item in problems)
        text = summary(problems, self._file(".told"))
        event.add_status(ops.BlockedStatus(text) if worst else ops.WaitingStatus(text))

    @property
    def _others(self) -> tuple[str, ...]:
        """The containers whose programs are for another unit."""
        if self.unit.is_leader():
            return ()
        return tuple(program.container for program in self.programs if program.leader_only)

    def _file(self, name: str) -> pathlib.Path:
        """Return a file that goes with the pod."""
        return pathlib.Path(self.charm_dir) / name


def _declare(parts: list[Part], declared: list[Part], run: Run) -> None:
    for part in parts:
        part.declare(run)
        declared.append(part)
