"""How a charm's own small program goes on, pass by pass."""

import dataclasses
import json
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from kubeflow_charms.small_programs import passes
from kubeflow_charms.small_programs.kubernetes_api import Refused
from kubeflow_charms.small_programs.passes import PATIENCE, PAUSE, PERIOD, Changes, Passes, Problem, Problems, Watched

Event = dict[str, Any]
HERE, THERE = "/these", "/those"


@dataclasses.dataclass
class Api:
    """The cluster's API, which tells of changes as they come, and which was asked for them from which version on."""

    asked: list[tuple[str, dict[str, str], int]] = dataclasses.field(default_factory=list)
    changes: dict[str, queue.Queue[Event | Refused]] = dataclasses.field(
        default_factory=lambda: {HERE: queue.Queue(), THERE: queue.Queue()}
    )

    def watch(self, path: str, parameters: Mapping[str, str], seconds: int) -> Iterator[Event]:
        self.asked.append((path, dict(parameters), seconds))
        while True:
            change = self.changes[path].get()
            if isinstance(change, Refused):
                raise change
            yield change


class Waits:
    """Stands in for `Changes`: nothing changes, and nobody waits."""

    def __init__(self, outcome: Callable[[], Any] = lambda: None):
        self.waited: list[tuple[Mapping[str, str], int]] = []
        self._outcome = outcome

    def wait(self, versions: Mapping[str, str], seconds: int) -> None:
        self.waited.append((versions, seconds))
        self._outcome()


def changes(api: Any) -> Changes:
    return Changes(
        api, [Watched(path, lambda event: event["matters"], {"labelSelector": "a=b"}) for path in api.changes]
    )


def program(waits: Any, look: Callable[[], tuple[Mapping[str, str], bool]], said: list[str] | None = None) -> Passes:
    return Passes(look, waits, Problems(([] if said is None else said).append))


SEEN = {HERE: "7", THERE: "9"}


def seconds(action: Callable[[], Any]) -> float:
    """Return how long something takes."""
    before = time.monotonic()
    action()
    return time.monotonic() - before


def test_it_waits_for_what_follows_the_version_that_it_saw_of_each_collection() -> None:
    api = Api()
    changes(api).wait(SEEN, 0)
    expected = [(path, {"labelSelector": "a=b", "resourceVersion": version}, PERIOD) for path, version in SEEN.items()]
    assert sorted(api.asked) == expected


@pytest.mark.parametrize("where", [HERE, THERE])
def test_a_change_that_matters_ends_the_wait_wherever_it_is_and_no_other_does(where: str) -> None:
    api = Api()
    found = changes(api)
    api.changes[where].put({"matters": True})
    assert seconds(lambda: found.wait(SEEN, 30)) < 10
    api.changes[where].put({"matters": False})
    assert seconds(lambda: found.wait(SEEN, 1)) >= 1
    # The second wait went on with what the first had begun.
    assert len(api.asked) == len(SEEN)


def test_what_changes_while_it_looks_is_not_missed() -> None:
    api = Api()
    found = changes(api)
    found.wait(SEEN, 0)
    api.changes[THERE].put({"matters": True})
    assert seconds(lambda: found.wait(SEEN, 30)) < 10


def test_once_it_was_refused_it_asks_anew_from_what_it_saw_last() -> None:
    api = Api()
    found = changes(api)
    api.changes[THERE].put(Refused(403, "may not watch"))
    with pytest.raises(Refused, match="may not watch"):
        found.wait(SEEN, 30)
    found.wait({**SEEN, THERE: "12"}, 0)
    assert [said["resourceVersion"] for path, said, _ in api.asked if path == THERE] == ["9", "12"]


def test_after_one_in_which_something_went_wrong_it_waits_a_little_and_longer_each_time() -> None:
    waits = Waits()
    found, pauses = program(waits, lambda: (SEEN, False)), [PAUSE]
    for _ in range(6):
        pauses.append(found.go_on(pauses[-1]))
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    assert waits.waited == [(SEEN, pause) for pause in pauses[:-1]]


def test_after_one_in_which_all_went_well_it_waits_for_long() -> None:
    waits = Waits()
    assert program(waits, lambda: (SEEN, True)).go_on(16) == PAUSE
    assert waits.waited == [(SEEN, PERIOD)]


@pytest.mark.parametrize("where", ["look", "watch"])
def test_that_kubernetes_does_not_answer_is_said_once_and_waited_for(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    slept: list[int] = []
    monkeypatch.setattr(passes.time, "sleep", slept.append)

    def refuse(*_: Any) -> Any:
        raise Refused(0, "no route to host")

    said = list[str]()
    found = program(Waits(refuse), refuse if where == "look" else lambda: (SEEN, True), said)
    assert found.go_on(found.go_on(PAUSE)) == 8
    assert slept == [2, 4]
    assert said == ["Kubernetes does not answer as it should: no route to host"]


def test_it_is_ill_when_no_pass_was_complete_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(passes.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(passes.time, "sleep", lambda seconds: None)
    outcome: list[Any] = [Refused(0, "no"), (SEEN, False)]

    def look() -> tuple[Mapping[str, str], bool]:
        found = outcome.pop(0)
        if isinstance(found, Refused):
            raise found
        return found

    found = program(Waits(), look)
    now[0] += PATIENCE - 1
    assert found.well()
    found.go_on(PAUSE)
    now[0] += 1
    assert not found.well()
    found.go_on(PAUSE)
    assert found.well()


def test_what_is_wrong_is_said_once_and_reported_whenever_it_changes() -> None:
    said, reports = list[str](), list[str]()
    problems = Problems(said.append, reports.append)
    for wrong in ([Problem("b")], [Problem("b")], [Problem("b"), Problem("a", lasting=True)], [], []):
        problems.tell(wrong)
    assert said == ["b", "a"]
    assert [[item["text"] for item in json.loads(report)] for report in reports] == [["b"], ["a", "b"], []]
