"""What the application says to those it is related to."""

import dataclasses
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import ops

from ..engine.remembered import same
from ..engine.run import Run, fingerprint
from ..relations.codecs import Codec


@dataclasses.dataclass(frozen=True)
class Publish:
    """Data for the application databags of one endpoint's relations, written by the leader when it changed.

    Attributes:
        endpoint: its name.
        relations: to write to.
        codec: of our side.
        make: returns the data for a relation; None for none yet.
    """

    endpoint: str
    relations: tuple[ops.Relation, ...]
    codec: Codec[Any]
    make: Callable[[ops.Relation], Any]

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster; what is said over an endpoint is said by one part."""
        run.claim(f"data for {self.endpoint}")

    def apply(self, run: Run) -> None:
        """Write what changed, and take back what is no longer said."""
        for relation in self.relations if run.leader else ():
            run.attempt(self._tell, relation, run)

    def _tell(self, relation: ops.Relation, run: Run) -> None:
        """Say to one application what is for it; what stands in the way keeps the others from nothing."""
        wanted = self.codec.encode(self.make(relation), relation.data[relation.app])
        told, memory = fingerprint(wanted), run.sources.parent / f".told-{relation.id}"
        if not run.look and same(memory, told):
            return  # What an earlier hook has found there stays: nobody but the leader writes it, and a new one looks.
        databag = relation.data[run.unit.app]
        memory.write_text(told if dict(databag) == wanted else "")
        write(databag, {**dict.fromkeys(databag.keys() - wanted.keys(), ""), **wanted})


def write(databag: MutableMapping[str, str], wanted: Mapping[str, str]) -> None:
    """Write the keys whose value changed; every write makes hooks run on the other side."""
    for key, value in wanted.items():
        if databag.get(key) != value:
            databag[key] = value
