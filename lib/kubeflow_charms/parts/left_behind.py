"""What would be in the cluster, or in the way, once the application has gone: ordered removal.

A part of `Charm.left_behind` has `remove`, a generator. What is before its `yield` is done while the programs run; what
is after it once the application's webhooks are gone and its programs have stopped, and before its own objects go.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from ..engine.bounded import until
from ..engine.cluster import Reference
from ..engine.run import Run
from ..engine.user_objects import EVERYWHERE, list_all, merge

PATIENCE = 30
"""Seconds that a program is given to let go of what is deleted."""


@dataclasses.dataclass(frozen=True)
class LeftBehind:
    """What a program makes in the cluster by itself, and nobody else removes with the application.

    Attributes:
        find: returns what is there of what the program has marked as its own.
    """

    find: Callable[[], Iterable[Reference]]

    def remove(self, run: Run) -> Iterator[None]:
        """Find it while the program runs, and delete it when nobody makes it again."""
        found: list[Reference] = []
        run.attempt(lambda: found.extend(self.find()))
        yield
        for reference in found:
            run.attempt(run.cluster.delete, reference)


@dataclasses.dataclass(frozen=True)
class Held:
    """Users' objects that a program of the application holds by finalizers, as it has to clean up after them.

    With `purge` they go, while the program can let go of them. What stays can be deleted without the program:
    otherwise it, its namespace and its definition would be about to be deleted for ever.

    Attributes:
        kinds: API version and name of each kind.
    """

    kinds: tuple[tuple[str, str], ...]

    def remove(self, run: Run) -> Iterator[None]:
        """Let the program do its part for some time, and take its hold off what is left when it has stopped."""
        if run.purge:
            run.attempt(self._delete, run)
        yield
        run.attempt(self._let_go, run)

    def _delete(self, run: Run) -> None:
        for reference, _ in self._there(run):
            run.cluster.delete(reference)
        until(lambda: self._there(run), lambda left: not left, patience=PATIENCE, pause=1)

    def _let_go(self, run: Run) -> None:
        for reference, held in self._there(run):
            if held:
                merge(run.cluster, reference, {"metadata": {"finalizers": None}})

    def _there(self, run: Run) -> list[tuple[Reference, bool]]:
        """Return the objects, and of each whether it is held."""
        return [
            (
                Reference(version, kind, item["metadata"]["name"], item["metadata"].get("namespace", "")),
                bool(item["metadata"].get("finalizers")),
            )
            for version, kind in self.kinds
            for item in list_all(run.cluster, Reference(version, kind, "list", EVERYWHERE))
        ]
