"""The tests of the tests: each check passes a sound charm, and fails one with the bug that it is there for."""

import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from . import checks, release, seeds, sharing
from .bundle import Bundle
from .conftest import Ends
from .kubernetes import Kubernetes
from .seeds import Scenario, attempt, explore, shrink
from .specimen import BUGS, SOUND, Bug
from .steps import Chance, Script
from .world import World, running

LISTED = {"registry.example.com/app:1"}
LITTER = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/specimen-litter"
CHECKS: dict[str, tuple[tuple[str, str], ...]] = {
    "T1": (
        ("raises", "failed: Uncaught IndexError"),
        ("waits-for-ever", "does not become active"),
        ("never-rests", "more than"),
        ("asks-again", "calls"),
        ("depends-on-the-order", "listener-settings.data.heard"),
    ),
    "T2": (("writes-without-leading", "failed: Uncaught RelationDataAccessError"),),
    "T3": (("starts-once", "missing"),),
    "T4": (("litters", f"removal leaves {LITTER}"),),
    "T5": (("takes-over", "nobody says"),),
    "T6": (("changes-what-is-fixed", "field is immutable"),),
    "T7": (("wants-a-name", "deploy to model kubeflow"),),
    "T8": (("clings-to-its-address", "the old address is still in"),),
    "T9": (("calls-home", "wants to reach ('192.0.2.1', 80)"), ("hides-an-image", "quay.io/hidden/image:v1")),
    "T11": (
        ("tells-in-the-environment", "in layer of"),
        ("tells-in-a-databag", "in databag of"),
        ("tells-in-the-status", "in status after"),
        ("tells-in-an-object", "configmaps"),
    ),
    "T12": (("shrugs", "at GET"),),
}
"""Each promise, the bugs that break it, and what is said of them."""

SEEDS = range(6)
Verdict = Callable[[str, Bug], AssertionError | None]


@pytest.fixture
def verdict(kubernetes: Kubernetes, ends: Ends, tmp_path: pathlib.Path) -> Verdict:
    """Return a function that tells what a check says of a charm with a bug, if anything."""

    def ask(check: str, bug: Bug) -> AssertionError | None:
        bundle = bug.write(tmp_path).scaled(3 if check == "T2" else 1)
        try:
            end = ends(bundle) if check in ("T1", "T2", "T6", "T12") else {}
            recorded = _recorded(bug, kubernetes, tmp_path) if check == "T6" else {}
        except AssertionError as error:
            return error
        ways: dict[str, Scenario] = {
            "T1": lambda world: checks.converges(world, end),
            "T2": lambda world: checks.agrees(world, end),
            "T3": checks.restarts,
            "T4": lambda world: checks.leaves_what_is_the_users(world, 0),
            "T6": lambda world: (release.restore(world, recorded), checks.refreshes(world, end)),
            "T8": checks.forgets_an_address,
            "T9": lambda world: checks.lists_its_images(world, LISTED),
            "T11": checks.keeps_secrets,
            "T12": lambda world: checks.survives(world, end),
        }
        if check in ways:
            tried = SEEDS if bug is not SOUND else SEEDS[:2]
            found = (attempt(ways[check], bundle, kubernetes, Chance(seed)) for seed in tried)
            return next((error for error, _ in found if error), None)
        try:
            (sharing.respects_owners if check == "T5" else sharing.shares_the_cluster)(bundle, kubernetes)
        except AssertionError as error:
            return error
        return None

    return ask


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_charm_passes(verdict: Verdict, check: str) -> None:
    assert verdict(check, SOUND) is None


@pytest.mark.parametrize(("check", "bug", "words"), [(check, *bug) for check, bugs in CHECKS.items() for bug in bugs])
def test_a_bug_is_noticed(
    kubernetes: Kubernetes, verdict: Verdict, monkeypatch: pytest.MonkeyPatch, check: str, bug: str, words: str
) -> None:
    monkeypatch.setattr(checks, "COLLECTION", 5)
    try:
        error = verdict(check, BUGS[bug])
    finally:
        kubernetes.http.delete(LITTER)
    assert error is not None, f"{check} does not notice a charm that {bug}"
    assert words in str(error)


def test_every_bug_is_noticed_by_some_check() -> None:
    assert {bug for bugs in CHECKS.values() for bug, _ in bugs} == BUGS.keys()


def test_a_failing_seed_is_told_with_the_shortest_list_of_steps(
    kubernetes: Kubernetes, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "SECONDS", 10)

    def in_order(world: World) -> None:
        world.deploy()
        world.drain()
        names = [str(step) for step in world.trace]
        assert names.index("teller/0 start") < names.index("listener/0 start")

    bundle = SOUND.write(tmp_path)
    found = [error for error in (_explored(in_order, bundle, kubernetes, seed) for seed in SEEDS) if error]
    assert found
    assert re.match(r"seed \d: ", found[0])
    assert len(found[0].splitlines()) < 80


def test_of_a_list_that_fails_only_what_matters_is_kept() -> None:
    assert shrink(list("abcdefgh"), lambda steps: {"c", "f"} <= set(steps), lambda: False) == ["c", "f"]


def _recorded(bug: Bug, kubernetes: Kubernetes, folder: pathlib.Path) -> dict[str, Any]:
    """Return what the sound charm would have left, had it the name of the one with the bug."""
    sound = SOUND.write(folder / "before")
    with running(sound, kubernetes, Script([]), name=release.MODEL) as world:
        world.settle()
        text = json.dumps(release.record(world))
    kubernetes.rest()
    return json.loads(text.replace(sound.name, f"specimen-{bug.name}"))


def _explored(scenario: Scenario, bundle: Bundle, kubernetes: Kubernetes, seed: int) -> str:
    try:
        explore(scenario, bundle, kubernetes, seed)
    except AssertionError as error:
        return str(error)
    return ""
