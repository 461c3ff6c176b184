"""How a charm's own small program goes on, pass by pass."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from kubeflow_charms import passes
from kubeflow_charms.kubernetes_api import Refused
from kubeflow_charms.passes import PATIENCE, PAUSE, PERIOD, Passes, Problem, Problems, Watched


@dataclasses.dataclass
class Api:
    """The cluster's API, with what it tells of changes and for how long it was asked."""

    changes: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    asked: list[tuple[str, dict[str, str], int]] = dataclasses.field(default_factory=list)
    told: int = 0

    def watch(self, path: str, parameters: Mapping[str, str], seconds: int) -> Iterator[dict[str, Any]]:
        self.asked.append((path, dict(parameters), seconds))
        for change in self.changes:
            self.told += 1
            yield change


def program(api: Any, look: Callable[[], tuple[str, bool]], said: list[str] | None = None) -> Passes:
    watched = Watched("/things", lambda event: event["matters"], {"labelSelector": "thing=yes"})
    return Passes(api, look, watched, Problems(([] if said is None else said).append))


def test_after_a_pass_it_waits_for_what_follows_the_version_that_it_saw() -> None:
    api = Api([{"matters": False}, {"matters": True}, {"matters": False}])
    assert program(api, lambda: ("7", True)).go_on(PAUSE) == PAUSE
    assert api.asked == [("/things", {"labelSelector": "thing=yes", "resourceVersion": "7"}, PERIOD)]
    assert api.told == 2


def test_after_one_in_which_something_went_wrong_it_waits_a_little_and_longer_each_time() -> None:
    api = Api()
    found, pauses = program(api, lambda: ("7", False)), [PAUSE]
    for _ in range(6):
        pauses.append(found.go_on(pauses[-1]))
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    assert [seconds for _, _, seconds in api.asked] == pauses[:-1]


@pytest.mark.parametrize("where", ["look", "watch"])
def test_that_kubernetes_does_not_answer_is_said_once_and_waited_for(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    slept: list[int] = []
    monkeypatch.setattr(passes.time, "sleep", slept.append)

    def refuse(*_: Any) -> Any:
        raise Refused(0, "no route to host")

    api, said = Api(), list[str]()
    monkeypatch.setattr(api, "watch", refuse)
    found = program(api, refuse if where == "look" else lambda: ("7", True), said)
    assert found.go_on(found.go_on(PAUSE)) == 8
    assert slept == [2, 4]
    assert said == ["Kubernetes does not answer as it should: no route to host"]


def test_it_is_ill_when_no_pass_was_complete_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(passes.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(passes.time, "sleep", lambda seconds: None)
    outcome: list[Any] = [Refused(0, "no"), ("7", False)]

    def look() -> tuple[str, bool]:
        found = outcome.pop(0)
        if isinstance(found, Refused):
            raise found
        return found

    found = program(Api(), look)
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
