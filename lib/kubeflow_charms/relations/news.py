"""Which of Juju's events tell a charm nothing that an earlier hook has not seen already.

Juju tells of a relation's data for the application and once more for each unit, and of each container by itself,
whoever has looked at them before: of the relation-changed of a deployment two in five find nothing new.
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import ops

from ..engine.run import fingerprint, running_pod
from ..parts.answers import answers

JUJUS_OWN = ("egress-subnets", "ingress-address", "private-address")
"""What Juju itself writes for each unit, and no plan reads."""
UNFINISHED = (ops.ActionEvent, ops.RelationBrokenEvent)
"""What a charm does in these goes on after its plan; and of an action that failed Juju makes no second attempt."""


class News:
    """What the last hook saw, in the pod, if nothing was in its way; otherwise every hook is another attempt.

    A plan makes the same of the same. So an event is no news when the databags that it tells of are as the last plan
    read them: of whatever else a plan reads, options, secrets, addresses, relations that come and go, a new revision
    of the charm, Juju tells by events of other kinds, which are always news. Of two things it tells by none: that this
    unit leads no more, and that a unit whose databag was read has gone. Time and the cluster are update-status' matter.
    """

    def __init__(self, charm: ops.CharmBase, memory: pathlib.Path):
        self._charm = charm
        self._memory = memory

    def none(self, event: ops.EventBase) -> bool:
        """Tell whether the last hook saw all that an event tells of."""
        if not isinstance(event, (ops.PebbleReadyEvent, ops.RelationChangedEvent)):
            return False
        try:
            seen: dict[str, Any] = json.loads(self._memory.read_text())
        except (FileNotFoundError, ValueError):
            return False
        # The same hook once more is one that failed, and what it wrote, Juju has not taken.
        if seen["hook"] == _hook(event) or seen["who"] != self._who():
            return False
        if isinstance(event, ops.PebbleReadyEvent):
            return answers(event.workload)
        databags = {entity.name: databag for entity, databag in event.relation.data.items()}
        told = [entity.name for entity in (event.app, event.unit) if entity]
        read: dict[str, str] | None = seen["read"].get(str(event.relation.id))
        if read is None:
            return False  # The last plan did not know the relation.
        if event.unit:
            read.setdefault(event.unit.name, _digest({}))  # One that says anything may mean to wake us, see `Back`.
        return databags.keys() >= read.keys() and all(
            _digest(databags[name]) == read[name] for name in told if name in read
        )

    def begin(self) -> None:
        """Let the next hook look at everything if this one does not come to an end."""
        self._memory.unlink(missing_ok=True)

    def end(self, event: ops.EventBase, *, settled: bool) -> None:
        """Note what this hook has read.

        Args:
            event: why it ran.
            settled: whether nothing is in the way of the charm.
        """
        if settled and not isinstance(event, UNFINISHED):
            seen = {"hook": _hook(event), "who": self._who(), "read": self._read()}
            self._memory.write_text(json.dumps(seen))

    def _who(self) -> list[Any]:
        return [self._charm.unit.is_leader(), running_pod()]

    def _read(self) -> dict[int, dict[str, str]]:
        """Return a digest of each databag that this hook has asked Juju for, by the relation's identifier and name."""
        known = self._charm.model.relations._data  # pyright: ignore[reportPrivateUsage]
        return {
            relation.id: {
                entity.name: _digest(databag)
                for entity, databag in relation.data.items()
                if databag._lazy_data is not None  # pyright: ignore[reportPrivateUsage]
            }
            for relations in known.values()
            for relation in relations or ()
        }


def _hook(event: ops.EventBase) -> str:
    subject = (event.relation.id, event.unit and event.unit.name) if isinstance(event, ops.RelationEvent) else ""
    return f"{event.handle.kind} {subject}"


def _digest(databag: Mapping[str, str]) -> str:
    return fingerprint({key: text for key, text in databag.items() if key not in JUJUS_OWN})
