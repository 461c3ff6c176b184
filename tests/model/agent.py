"""Juju's unit agent: what a hook sees, and what becomes of what it did.

A hook is atomic: what it wrote is carried to others only when it has ended well.
"""

import dataclasses
from typing import Any, cast

import ops
from ops import testing
from support import filesystem

from .framework import Framework
from .juju import Content, Hook, Model, Relation, Secret, Unit
from .steps import Step
from .wire import Wire

UNHEARD = ("relation-joined", "relation-departed")
"""Hooks that no charm listens to, see test_agent.py: nothing of it would run but the framework."""


class HookFailed(AssertionError):
    """A hook raised; Juju would show the unit in error."""


@dataclasses.dataclass
class Agent:
    """Runs hooks.

    Attributes:
        model: what Juju knows.
        wire: the way to Kubernetes.
        framework: the testing framework's patched parts.
    """

    model: Model
    wire: Wire
    framework: Framework

    def run(self, unit: Unit, step: Step) -> None:
        """Run a hook and carry what it wrote to whom it concerns.

        Raises:
            HookFailed: the charm raised.
        """
        if step.what in UNHEARD:
            unit.hooks.append(Hook(step, unit.status, (), 0))
            return
        before = self.state(unit)
        after = self._dispatch(unit, step, before, self._event(unit, step, before))
        self._carry_relations(unit, after)
        self._carry_secrets(unit, before, after)

    def act(self, unit: Unit, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run an action and return its results.

        Raises:
            HookFailed: the charm raised.
            ops.testing.ActionFailed: it failed as actions do.
        """
        before = self.state(unit)
        event = unit.context.on.action(action, params=parameters)
        after = self._dispatch(unit, unit.step("action", action), before, event)
        self._carry_relations(unit, after)
        self._carry_secrets(unit, before, after)
        return dict(unit.context.action_results or {})

    def state(self, unit: Unit) -> testing.State:
        """Return what a hook of a unit sees."""
        application = unit.application
        relations = [item for item in self.model.relations_of(application.name) if unit.knows(item)]
        secrets = [item for item in self.model.secrets.values() if item.visible(application.name)]
        return testing.State(
            leader=unit.leads,
            model=testing.Model(name=self.model.name, uuid=self.model.uuid, type="kubernetes"),
            config=dict(application.config),
            relations=[self._relation(unit, item) for item in relations],
            secrets=[self._secret(unit, item) for item in secrets],
            containers=unit.containers.values(),
            storages=unit.storages,
            networks={testing.Network("juju-info", _bound(unit))},
            planned_units=application.planned,
            opened_ports=unit.ports,
            unit_status=unit.status,
        )

    def _dispatch(self, unit: Unit, step: Step, before: testing.State, event: Any) -> testing.State:
        context, calls = unit.context, len(self.wire.calls)
        context.juju_log.clear()
        self.framework.enter(unit.name, unit.marker, unit.files)
        self.wire.unit = unit.name
        try:
            after = context.run(event, before)
        except testing.errors.UncaughtCharmError as error:
            raise HookFailed(f"{step} failed: {error}") from error
        finally:
            self.wire.unit = ""
            tried = self.framework.leave()
        assert not tried, f"{step} wants to reach {', '.join(tried)}"
        # The framework's statuses are ops' too, but not for a type checker.
        unit.status, unit.ports = cast(ops.StatusBase, after.unit_status), after.opened_ports
        unit.containers = {item.name: item for item in after.containers}
        unit.files = {container.name: filesystem.read(container, context) for container in after.containers}
        log = tuple(line.message for line in context.juju_log)
        unit.hooks.append(Hook(step, unit.status, log, len(self.wire.calls) - calls))
        return after

    def _relation(self, unit: Unit, relation: Relation) -> testing.RelationBase:
        name = unit.application.name
        common: dict[str, Any] = {
            "endpoint": relation.endpoint(name),
            "id": relation.number,
            "local_app_data": relation.application_data[name],
            "local_unit_data": relation.unit_data.get(unit.name) or _addresses(unit),
        }
        joined = {
            int(remote.rpartition("/")[2]): relation.unit_data.get(remote, {})
            for remote in sorted(unit.joined.get(relation.number, ()))
        }
        if relation.peer:
            return testing.PeerRelation(**common, peers_data=joined)
        other = relation.other(name)
        data = relation.application_data[other]
        return testing.Relation(**common, remote_app_name=other, remote_app_data=data, remote_units_data=joined)

    def _secret(self, unit: Unit, secret: Secret) -> testing.Secret:
        owned = secret.owner == unit.application.name
        tracked = secret.readers.get(unit.name, len(secret.revisions))
        return testing.Secret(
            secret.revisions[tracked - 1],
            latest_content=secret.revisions[-1],
            id=secret.identifier,
            owner="app" if owned else None,
            label=secret.label if owned else secret.labels.get(unit.name),
            remote_grants=secret.grants if owned else {},
        )

    def _named(self, identifier: str) -> str:
        return str(self.model.secrets[identifier])

    def _event(self, unit: Unit, step: Step, state: testing.State) -> Any:
        on = unit.context.on
        if step.what.startswith("relation-"):
            relation = state.get_relation(int(step.subject.rpartition(":")[2]))
            # For a relation-changed of an application Juju names no unit; ops.testing cannot do without.
            remote = int(step.remote.rpartition("/")[2]) if "/" in step.remote else 0
            match step.what.removeprefix("relation-"):
                case "created":
                    return on.relation_created(relation)
                case "changed":
                    return on.relation_changed(relation, remote_unit=remote)
                case _:
                    return on.relation_broken(relation)
        if step.what.startswith("pebble-"):
            container = state.get_container(step.subject)
            if step.what == "pebble-ready":
                return on.pebble_ready(container)
            info = next(item for item in container.check_infos if item.name == step.remote)
            happened = on.pebble_check_failed if step.what == "pebble-check-failed" else on.pebble_check_recovered
            return happened(container, info)
        if step.what == "secret-changed":
            seen = next(item for item in state.secrets if self._named(item.id) == step.subject)
            # Juju tells units that do not lead of their application's secrets; ops.testing calls that a mistake.
            return on.secret_changed(testing.Secret(seen.tracked_content, id=seen.id, label=seen.label))
        if step.what == "storage-attached":
            return on.storage_attached(next(item for item in state.storages if item.name == step.subject))
        return getattr(on, step.what.replace("-", "_"))()

    def _carry_relations(self, unit: Unit, after: testing.State) -> None:
        name = unit.application.name
        for seen in after.relations:
            relation = self.model.relations[seen.id]
            others = [item for item in self.model.units_of(relation.other(name)) if item is not unit]
            lane = f"relation {relation}"
            if relation.number in unit.told and relation.unit_data.get(unit.name) != seen.local_unit_data:
                relation.unit_data[unit.name] = dict(seen.local_unit_data)
                for other in others:
                    if unit.name in other.joined.get(relation.number, ()):
                        other.due(lane, other.step("relation-changed", str(relation), unit.name))
            if relation.application_data[name] != seen.local_app_data:
                assert unit.leads, f"{unit.name} does not lead and writes the databag of {name} in {relation}"
                relation.application_data[name] = dict(seen.local_app_data)
                for other in others:
                    if relation.number in other.told:
                        other.due(lane, other.step("relation-changed", str(relation), name))

    def _carry_secrets(self, unit: Unit, before: testing.State, after: testing.State) -> None:
        application, known = unit.application.name, self.model.secrets
        found = {item.id: item for item in after.secrets}
        for gone in {item.id for item in before.secrets} - found.keys():
            del known[gone]
        for identifier, seen in found.items():
            if identifier not in known:
                assert seen.owner == "app", f"{unit.name} makes a secret of its own, which goes with its pod"
                known[identifier] = Secret(identifier, application, seen.label, [dict(seen.latest_content)])
            secret = known[identifier]
            if secret.owner == application:
                secret.label = seen.label
                secret.grants = {number: set(names) for number, names in seen.remote_grants.items()}
                self._revise(unit, secret, dict(seen.latest_content))
            elif seen.label:
                secret.labels[unit.name] = seen.label
            if identifier in self.framework.read:
                newest = seen.tracked_content == secret.revisions[-1]
                had = secret.readers.get(unit.name, len(secret.revisions))
                secret.readers[unit.name] = len(secret.revisions) if newest else had

    def _revise(self, unit: Unit, secret: Secret, content: Content) -> None:
        """Keep a new revision, and tell those who have read an older one; the unit that wrote it knows."""
        if content == secret.revisions[-1]:
            return
        secret.revisions.append(content)
        for name in secret.readers:
            reader = self.model.unit(name)
            if reader is not unit and reader.phase != "gone":
                reader.due(f"secret {secret}", reader.step("secret-changed", str(secret)))


def _addresses(unit: Unit) -> Content:
    address = unit.address
    return {"ingress-address": address, "private-address": address, "egress-subnets": f"{address}/32"}


def _bound(unit: Unit) -> list[testing.BindAddress]:
    """Return the addresses of a pod as Juju 3.6.11 says them: none in its first hooks."""
    return [testing.BindAddress([testing.Address(unit.address)])] if unit.started else []
