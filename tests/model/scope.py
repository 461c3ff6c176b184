"""Who hears of whom over a relation, as Juju tells them."""

from . import outsiders
from .juju import Model, Relation, Unit


def begin(model: Model, relation: Relation) -> None:
    """Let the units of both ends hear of a new relation."""
    for name, _ in relation.ends:
        for unit in model.units_of(name):
            unit.due(f"relation {relation}", unit.step("relation-created", str(relation)))


def enter(model: Model, unit: Unit, relation: Relation) -> None:
    """Let a unit and those that are in a relation's scope already hear of each other."""
    name, lane = unit.application.name, f"relation {relation}"
    relation.unit_data.setdefault(unit.name, {})
    other = relation.other(name)
    for remote in model.units_of(other):
        if remote is unit or relation.number not in remote.told:
            continue
        for one, two in ((unit, remote), (remote, unit)):
            one.due(lane, one.step("relation-joined", str(relation), two.name))
            one.due(lane, one.step("relation-changed", str(relation), two.name))
    if other in model.outsiders:
        unit.due(lane, *(unit.step(f"relation-{word}", str(relation), f"{other}/0") for word in ("joined", "changed")))
    if relation.application_data[other]:
        unit.due(lane, unit.step("relation-changed", str(relation), other))


def ask_outsiders(model: Model, unit: Unit) -> None:
    """Let applications of other publishers answer what a unit wrote."""
    for relation in model.relations_of(unit.application.name):
        other = relation.other(unit.application.name)
        answer = outsiders.answer(model.outsiders.get(other, ""), relation, unit.application.name)
        if other in model.outsiders and answer != relation.application_data[other]:
            relation.application_data[other] = answer
            for told in model.units_of(unit.application.name):
                if relation.number in told.told:
                    told.due(f"relation {relation}", told.step("relation-changed", str(relation), other))


def leave(model: Model, unit: Unit, relation: Relation) -> None:
    """Let a relation end with the last unit that leaves it, and with it what was granted over it."""
    unit.parted.add(relation.number)
    left = [item for name, _ in relation.ends for item in model.units_of(name) if item.name != unit.name]
    if not any(relation.number in item.told - item.parted for item in left):
        for secret in model.secrets.values():
            secret.grants.pop(relation.number, None)


def part(unit: Unit, relation: Relation) -> None:
    """Let a unit hear that a relation ends."""
    lane = f"relation {relation}"
    unit.lanes.pop(lane, None)
    if relation.number in unit.told - unit.parted:
        for remote in sorted(unit.joined.get(relation.number, ())):
            unit.due(lane, unit.step("relation-departed", str(relation), remote))
        unit.due(lane, unit.step("relation-broken", str(relation)))
