"""How a charm's own small program goes on: it brings the cluster to what is wanted, pass by pass.

With nothing but Python's standard library; see `parts.program`. A pass follows when something changes in a watched
collection, and after a while in any case; one in which something went wrong is followed sooner.
"""

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from .kubernetes_api import Kubernetes, Object, Refused

PERIOD = 60
"""Seconds after which all is looked at again, whether something changed or not."""
PAUSE = 2
"""Seconds after a pass in which something went wrong; twice as long each time, up to `PERIOD`."""
PATIENCE = 180
"""Seconds without a complete pass after which the program calls itself ill."""


@dataclasses.dataclass(frozen=True, order=True)
class Problem:
    """Something that a pass could not do.

    Attributes:
        text: what, where and why; never what is in an object.
        lasting: whether it stays so until somebody does something.
        users: whether users did it in their own namespace, which is nobody else's trouble.
    """

    text: str
    lasting: bool = False
    users: bool = False


class Problems:
    """What is wrong after the latest pass; None before there was one."""

    def __init__(self, say: Callable[[str], None], report: Callable[[str], None] = lambda text: None):
        self._say = say
        self._report = report
        self.found: frozenset[Problem] | None = None

    def tell(self, problems: Iterable[Problem]) -> None:
        """Say what is wrong, but only what was not so the last time, and report all of it when it changed."""
        found = frozenset(problems)
        if found == self.found:
            return
        for problem in sorted(found - (self.found or frozenset())):
            self._say(problem.text)
        self.found = found
        self._report(json.dumps([dataclasses.asdict(problem) for problem in sorted(found)]))


@dataclasses.dataclass(frozen=True)
class Watched:
    """A collection whose changes call for another pass.

    Attributes:
        path: of the collection.
        matters: whether a change does, as Kubernetes tells of it.
        parameters: which of the objects.
    """

    path: str
    matters: Callable[[Object], bool]
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Changes:
    """Waits for a change in any of several collections, each of which has a thread that is told of them.

    Args:
        kubernetes: the cluster's API.
        watched: the collections.
    """

    def __init__(self, kubernetes: Kubernetes, watched: Sequence[Watched]):
        self._kubernetes = kubernetes
        self._watched = watched
        self._versions: Mapping[str, str] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._happened = threading.Event()
        self._refusal: Refused | None = None

    def wait(self, versions: Mapping[str, str], seconds: int) -> None:
        """Return when there was a change that matters, and after some seconds in any case.

        Args:
            versions: what was seen of each collection, by its path; what follows is waited for. One that is not among
                them is not there yet.
            seconds: for how long at most.

        Raises:
            Refused: Kubernetes does not tell of changes.
        """
        self._versions = versions
        for watched in (it for it in self._watched if it.path in versions):
            thread = self._threads.get(watched.path)
            if thread is None or not thread.is_alive():
                thread = self._threads[watched.path] = threading.Thread(
                    target=self._follow, args=[watched], daemon=True
                )
                thread.start()
        self._happened.wait(seconds)
        # What is told from here on calls for another pass, as the one that follows may have looked already.
        self._happened.clear()
        if refusal := self._refusal:
            self._refusal = None
            raise refusal

    def _follow(self, watched: Watched) -> None:
        """Tell of what changes, until Kubernetes does not."""
        try:
            while True:
                parameters = {**watched.parameters, "resourceVersion": self._versions[watched.path]}
                for event in self._kubernetes.watch(watched.path, parameters, PERIOD):
                    if watched.matters(event):
                        self._happened.set()
                # Kubernetes ends each after a while, and one that it has forgotten the version of at once.
                time.sleep(PAUSE)
        except Refused as refusal:
            self._refusal = refusal
            self._happened.set()


class Passes:
    """Makes passes for ever.

    Args:
        look: makes one pass; returns the versions of the watched collections that it saw, by path, and whether all went
            well. Raises Refused when it does not get so far as to know what is there.
        changes: in those collections.
        problems: where it says that Kubernetes does not answer.
    """

    def __init__(self, look: Callable[[], tuple[Mapping[str, str], bool]], changes: Changes, problems: Problems):
        self._look = look
        self._changes = changes
        self._problems = problems
        self._passed = time.monotonic()

    def well(self) -> bool:
        """Tell whether the latest complete pass is not long ago."""
        return time.monotonic() - self._passed < PATIENCE

    def run(self) -> None:
        """Go on for ever."""
        pause = PAUSE
        while True:
            pause = self.go_on(pause)

    def go_on(self, pause: int) -> int:
        """Make one pass and return when it is time for another, with how long to wait after that if it goes wrong."""
        fine = False
        try:
            versions, fine = self._look()
            self._passed = time.monotonic()
            self._changes.wait(versions, PERIOD if fine else pause)
        except Refused as refusal:
            fine = False
            self._problems.tell([Problem(f"Kubernetes does not answer as it should: {refusal}")])
            time.sleep(pause)
        return PAUSE if fine else min(2 * pause, PERIOD)
