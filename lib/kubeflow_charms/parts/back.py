"""A word to consumers that a server of ours is back, for those whose hooks found it away."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable

import ops

from ..engine.run import Run
from .publish import write

KEY = "answers-since"
MEMORY = ".answers"
"""The name of a file beside the charm's code: that the server answered; gone with the pod."""


@dataclasses.dataclass(frozen=True)
class Back:
    """The unit that runs a server says in its own databag each time that the server answers anew.

    A consumer that started while the server was away waits, and nothing else would wake it before the next
    update-status; a databag that changes is a hook for it. The key is ours, and published consumers pass over it.

    Attributes:
        relations: to the consumers.
        answers: tells whether the server on this unit answers; asked after the parts before this one.
    """

    relations: Iterable[ops.Relation]
    answers: Callable[[], bool]

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Say a new word once the server answers that did not, in this pod or ever."""
        memory = run.sources.parent / MEMORY
        if not self.answers():
            memory.unlink(missing_ok=True)
            return
        if not memory.exists():
            memory.write_text(str(uuid.uuid4()))
        for relation in self.relations:
            write(relation.data[run.unit], {KEY: memory.read_text()})
