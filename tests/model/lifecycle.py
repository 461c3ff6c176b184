"""What a unit can do next, and how it comes from one phase of its life to the next."""

import collections
import dataclasses

import ops
from ops import testing

from .juju import Unit
from .steps import Step


def possible(unit: Unit) -> list[Step]:
    """Return what a unit can do next: in a pod that is new, or ends, one thing after the other."""
    kubelet = [lane[0] for lane in unit.lanes.values() if lane and lane[0].what == "container"]
    if unit.first:
        return [unit.first[0], *kubelet]
    match unit.phase:
        case "storage":
            _ = unit.lanes.get("storage") or advance(unit, "storage")
            return [*_heads(unit, "storage-attached"), *kubelet] if unit.phase == "storage" else possible(unit)
        case "install":
            return [unit.step("install"), *kubelet]
        case "relations":
            created = _heads(unit, "relation-created")
            return [*created, *kubelet] if created else [*_after_relations(unit), *kubelet]
        case "config":
            return [*_after_relations(unit), *kubelet]
        case "start":
            return [unit.step("start"), *kubelet]
        case "running":
            return [lane[0] for lane in unit.lanes.values() if lane]
        case _:
            return []


def _heads(unit: Unit, what: str) -> list[Step]:
    return [lane[0] for lane in unit.lanes.values() if lane and lane[0].what == what]


def _after_relations(unit: Unit) -> list[Step]:
    """Return leader-elected for a leader that has not heard of it, else config-changed."""
    if unit.phase == "relations" and unit.leads:
        return [unit.step("leader-elected")]
    return [unit.step("config-changed")]


def advance(unit: Unit, done: str) -> None:
    """Come to the next phase of a unit's life, if what was done belongs to this one."""
    following = {
        ("storage", "storage"): "install",
        ("install", "install"): "relations",
        ("leader-elected", "relations"): "config",
        ("config-changed", "relations"): "start",
        ("config-changed", "config"): "start",
        ("start", "start"): "running",
    }
    unit.phase = following.get((done, unit.phase), unit.phase)


def come_up_late(unit: Unit, container: str, check: str) -> None:
    """Let a check that has yet to pass fail first, so that Pebble tells of it twice; it does so from its last start."""
    steps = [unit.step(f"pebble-check-{word}", container, check) for word in ("failed", "recovered")]
    lane = unit.lanes.setdefault(f"container {container}", collections.deque())
    for step in steps:
        if step in lane:
            lane.remove(step)
    lane.extend(steps)


def take(unit: Unit, step: Step) -> None:
    """Let a step not be due any more."""
    if unit.first and unit.first[0] == step:
        unit.first.popleft()
        return
    for lane in unit.lanes.values():
        if lane and lane[0] == step:
            lane.popleft()
            return


def with_outcome(info: testing.CheckInfo, down: bool) -> testing.CheckInfo:
    """Return a check that has failed too often, or has passed."""
    status = ops.pebble.CheckStatus.DOWN if down else ops.pebble.CheckStatus.UP
    failures, successes = (info.threshold, 0) if down else (0, 1)
    return dataclasses.replace(info, status=status, failures=failures, successes=successes)
