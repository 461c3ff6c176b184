"""What has to hold of every bundle, whatever its charms: one function for each of the promises.

Each takes a world that has not been deployed yet, lets something happen in it, and raises AssertionError.
"""

import base64
import collections
import json
import math
import random as chance
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping

import ops
import yaml
from kubeflow_charms.engine.ownership import CHARM, VERSION

from .kubernetes import Key, Kubernetes, Object
from .outcome import CRDS, Outcome, active, differences, forms, made, outcome, random
from .plant import plant
from .trouble import Misfortune
from .wire import changing, merge_patch, server_side
from .world import World

HOOKS, HOOKS_OF_CONTAINER, HOOKS_OF_CHECK, HOOKS_OF_RELATION = 14, 5, 4, 5
"""What a unit may take: its life with one change of pods, its containers' starts with a check, further checks, which go
down and up in each pod, and its relations."""

CALLS = 40
"""What an application may call for itself. Beside that it looks at and applies each object twice, for its two pods, and
once more for each relation that it learns of."""

COLLECTION = 90
"""Seconds that Kubernetes' garbage collector may take, which looks for new kinds every thirty."""

ROUNDS = 2000
"""Rounds of update-status in which every call site has had its turn."""

ROUNDS_OF_A_LOOK, ROUNDS_OF_A_QUARTER = 2, 3
"""Rounds of update-status in which each unit looks once for what others changed, and those of fifteen minutes."""

SPOILT = "spoilt-by-hand"
"""What a person writes into a field."""

USERS = "users"
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
"""The label of a profile's namespace; some kinds are for these alone."""
"""A namespace of users, which no application made."""

OLD, NEW = "10.64.140.43", "192.168.7.7"
"""What the load balancer gives, and what it gives later."""

IMAGE = re.compile(
    r"\b(?:[a-z0-9-]+\.)+(?:io|com|org|dev|net|cloud)(?::\d+)?/[\w./-]+(?::[\w.-]*\w|@sha256:[0-9a-f]{64})"
)
"""A registry's host name, a path, and a tag or a digest."""


def converges(world: World, end: Outcome) -> None:
    """T1: it comes to the same end as in any other order, within its budget, and then rests."""
    world.deploy()
    world.converge()
    within_budget(world)
    world.pass_time()
    found = outcome(world)
    same(found, end)
    rests(world, found)


def rests(world: World, before: Outcome) -> None:
    """T1: further rounds of update-status change nothing, with at most one call for each unit.

    In one of them it looks for what others changed, and then reads its record and lists each kind once besides.
    """
    looks: collections.Counter[str] = collections.Counter()
    for _ in range(ROUNDS_OF_A_LOOK):
        calls = len(world.wire.calls)
        world.pass_time()
        made = world.wire.since(calls)
        changes = changing(made)
        assert not changes, f"update-status changes something: {', '.join(map(str, changes))}"
        for unit in world.model.units:
            counted = collections.Counter(call for call in made if call.unit == unit.name)
            looked = any(call.path.endswith(f"/statefulsets/{unit.application.name}") for call in counted)
            single = [str(call) for call in counted.elements() if not (looked and call.lists)]
            assert len(single) <= 1 + looked, f"{unit.name} makes {len(single)} calls: {', '.join(single)}"
            again = [str(call) for call, number in counted.items() if number > 1]
            assert not again, f"{unit.name} asks more than once: {', '.join(again)}"
            looks[unit.name] += looked
    often = [name for name, number in looks.items() if number > 1]
    assert not often, f"{', '.join(often)} looked in both rounds"
    same(before, outcome(world))


def mends(world: World, seed: int) -> None:
    """T13: what somebody deletes or edits is as before within fifteen minutes; the log says so, and no value."""
    world.settle()
    before = outcome(world)
    dice = chance.Random(seed)
    paths = sorted(set().union(*world.wire.created.values()))
    spoilt = [path for path in paths if not path.endswith("-identity") and _spoil(world.kubernetes, path, dice)]
    assert spoilt
    logged = {unit.name: len(unit.hooks) for unit in world.model.units}
    for _ in range(ROUNDS_OF_A_QUARTER):
        world.pass_time()
    world.converge()
    same(before, outcome(world))
    log = [line for unit in world.model.units for hook in unit.hooks[logged[unit.name] :] for line in hook.log]
    assert not [line for line in log if SPOILT in line]
    told = [line for line in log if line.endswith(("is put back", "is made again"))]
    assert told, f"nothing is said of {', '.join(spoilt)}"


def within_budget(world: World) -> None:
    """T1: hooks and calls are as many as they may be."""
    for name, application in world.model.applications.items():
        relations = len(world.model.relations_of(name))
        containers = len(application.meta.get("containers", {}))
        objects = {call.path for call in world.wire.calls if call.site.unit == name and call.method == "PATCH"}
        calls = CALLS + len(objects) * 2 * (2 + relations)
        for unit in application.units.values():
            further = sum(max(0, len(container.plan.checks) - 1) for container in unit.containers.values())
            hooks = HOOKS + containers * HOOKS_OF_CONTAINER + further * HOOKS_OF_CHECK + relations * HOOKS_OF_RELATION
            assert len(unit.hooks) <= hooks, f"{unit.name} took {len(unit.hooks)} hooks, more than {hooks}"
            took = sum(hook.calls for hook in unit.hooks)
            assert took <= calls, f"{unit.name} made {took} calls, more than {calls}"


def agrees(world: World, end: Outcome) -> None:
    """T2: all units are active however often the leader changes, and the end is the same as with leaders that stay."""
    world.restless = True
    world.settle()
    world.restless = False
    for application in world.model.applications:
        world.lead(application, f"{application}/0")
    world.drain()
    world.pass_time()
    same(outcome(world), end)


def restarts(world: World) -> None:
    """T3: all is as before after every container started anew and empty."""
    world.settle()
    before = outcome(world)
    world.restart()
    world.converge()
    world.pass_time()
    same(before, outcome(world))


def restarts_midway(world: World, steps: int) -> None:
    """T3: it becomes active although everything restarts when it is half deployed."""
    world.deploy()
    for _ in range(steps):
        if possible := world.possible():
            world.do(world.schedule.choose(possible))
    world.restart()
    world.converge()


def leaves_what_is_the_users(world: World, seed: int) -> None:
    """T4: removal leaves nothing but definitions and what users made."""
    kubernetes = world.kubernetes
    kubernetes.rest()
    kubernetes.add_model(USERS)
    merge_patch(kubernetes.http, f"/api/v1/namespaces/{USERS}", {"metadata": {"labels": PROFILE}}, fieldManager=USERS)
    try:
        before = kubernetes.objects()
        world.settle()
        mine = _use(world)
        _remove(world, seed)
        left = _left(kubernetes, before, lambda key: key[0] != CRDS and key not in mine)
        assert not left, f"removal leaves {', '.join(left)}"
        now = kubernetes.objects()
        changed = [key[1] for key, item in mine.items() if now.get(key, {}).get("metadata") != item["metadata"]]
        assert not changed, f"removal changes what users made: {', '.join(changed)}"
    finally:
        kubernetes.remove_model(USERS)


def purges(world: World) -> None:
    """T4: removal with `purge` leaves nothing at all; no definition may be there before."""
    world.kubernetes.rest()
    before = world.kubernetes.objects()
    world.settle()
    for application in world.model.applications.values():
        if "purge" in application.meta.get("config", {}).get("options", {}):
            world.configure(application.name, purge=True)
    world.drain()
    _remove(world, 0)
    left = _left(world.kubernetes, before, lambda key: True)
    assert not left, f"removal with purge leaves {', '.join(left)}"


def refreshes(world: World, end: Outcome, stay: Collection[str] = ()) -> None:
    """T6: a model that is as a release before has left it comes to the same end as a new one.

    Args:
        world: the model.
        end: of a new one.
        stay: API groups whose definitions that release had and which stay, as all definitions do.
    """
    world.converge()
    world.pass_time()
    found = outcome(world)
    left = [key for key in found if key.startswith(CRDS) and any(f".{group}." in f"{key}." for group in stay)]
    assert bool(left) == bool(stay), f"no definitions of {', '.join(stay)} are there"
    same(_as_new({key: value for key, value in found.items() if key not in left}, stay), _as_new(end, stay))


def _as_new(found: Outcome, stay: Collection[str]) -> Outcome:
    """Return an outcome without the numbers of relations, which go by their age, and what the record says of groups."""
    recorded = re.compile(rf'\["apiextensions[^]]*\.({"|".join(map(re.escape, stay)) or "-"})", ""\](, )?')

    def plain(text: str) -> str:
        return recorded.sub("", re.sub(r"\brelation-[0-9]+", "relation-N", text))

    return {plain(key): plain(value) if isinstance(value, str) else value for key, value in found.items()}


def waits_for_an_address(world: World) -> None:
    """T8: without a load balancer nothing is in error or blocked, and all is well once there is one."""
    world.address = ""
    world.deploy()
    world.drain()
    world.pass_time()
    for unit in world.model.units:
        assert isinstance(unit.status, (ops.ActiveStatus, ops.WaitingStatus)), f"{unit.name}: {unit.status}"
    world.move(NEW)
    world.converge()


def forgets_an_address(world: World) -> None:
    """T8: nobody keeps a public address that has changed."""
    world.settle()
    world.move(NEW)
    world.pass_time()
    world.converge()
    kept = [key for key, value in outcome(world).items() if OLD in json.dumps(value)]
    assert not kept, f"the old address is still in {', '.join(kept)}"


def lists_its_images(world: World, listed: set[str]) -> None:
    """T9: every image that a part names is in a list."""
    world.settle()
    text = json.dumps(outcome(world))
    # A port and a path follow the host's name in an address, and `//` comes before it.
    found = {match[0] for match in IMAGE.finditer(text) if not text[: match.start()].endswith("//")}
    assert not found - listed, f"not in `tools images`: {', '.join(sorted(found - listed))}"


def keeps_secrets(world: World) -> None:
    """T11: no password, key or token is seen in a databag, a log, a status, a layer or an object but a Secret."""
    world.deploy()
    planted = plant(world)
    world.converge()
    world.pass_time()
    words = {form: told for told, value in _private_values(world, planted) for form in forms(value)}
    seen = [f"{told} in {where}" for where, text in _visible(world) for word, told in words.items() if word in text]
    assert not seen, "; ".join(seen)


def survives(world: World, end: Outcome) -> Misfortune:
    """T12: every call may fail in every way; the status says so, and all is well once Kubernetes answers again."""
    misfortune = Misfortune(world)
    world.wire.decide = misfortune.decide
    world.deploy()
    world.drain(misfortune.look)
    for _ in range(ROUNDS):
        failed = misfortune.failed
        world.pass_time(misfortune.look)
        if active(world) and failed == misfortune.failed:
            break
    assert active(world), "; ".join(f"{unit.name}: {unit.status}" for unit in world.model.units)
    same(outcome(world), end)
    return misfortune


def same(one: Outcome, other: Outcome) -> None:
    """Compare two outcomes.

    Raises:
        AssertionError: they differ; the message says in what.
    """
    told = differences(one, other)
    assert not told, "\n".join(told[:20])


def _spoil(kubernetes: Kubernetes, path: str, dice: chance.Random) -> bool:
    """Delete an object or change its fields, as a person may; tell whether there was one."""
    item = kubernetes.get(path)
    if not item:
        return False
    # What a definition or an anchor takes along goes some time later; tests/cluster deletes these.
    if path.rpartition("/")[0] != CRDS and not path.endswith("-anchor") and dice.random() < 0.5:
        kubernetes.http.delete(path)
        return True
    fields: Object = {"metadata": {"labels": {CHARM: SPOILT, VERSION: None}}}
    if item.get("data"):
        text = base64.b64encode(SPOILT.encode()).decode() if item["kind"] == "Secret" else SPOILT
        fields |= {"data": dict.fromkeys(item["data"], text)}
    fields |= {key: [] for key in ("rules", "subjects", "webhooks") if item.get(key)}
    merge_patch(kubernetes.http, path, fields, fieldManager="somebody")
    return True


def _remove(world: World, seed: int) -> None:
    """Remove the applications in some order, each when the one before is gone, then the model."""
    names = sorted(world.model.applications)
    chance.Random(seed).shuffle(names)
    for name in names:
        world.remove(name)
        world.drain()
    world.destroy()


def _use(world: World) -> dict[Key, Object]:
    """Make objects of the charms' kinds as users do, from the charms' samples, and return them."""
    kubernetes = world.kubernetes
    before = kubernetes.objects()
    for application in world.bundle.applications:
        charm = world.bundle.charm(application)
        samples = charm.root / "tests" / "samples" / "accepted.yaml" if charm else None
        for item in yaml.safe_load_all(samples.read_text()) if samples and samples.exists() else ():
            server_side(kubernetes.http, item, USERS)
    return {key: item for key, item in kubernetes.objects().items() if key not in before}


def _left(kubernetes: Kubernetes, before: Mapping[Key, Object], counts: Callable[[Key], bool]) -> list[str]:
    """Return what is there that was not there before, or the reverse, once Kubernetes had time to collect it.

    Definitions go one after the other, each in a second or more: as long as some went, the rest has its time before it.
    """
    deadline, fewest = time.monotonic() + COLLECTION, math.inf
    while True:
        now = kubernetes.objects()
        left = ["/".join(key) for key in now if key not in before and counts(key)]
        gone = [f"no {'/'.join(key)}" for key in before if key not in now and counts(key)]
        if len(left + gone) < fewest:
            deadline, fewest = time.monotonic() + COLLECTION, len(left + gone)
        if not left + gone or time.monotonic() > deadline:
            return left + gone
        time.sleep(1)


NAMES = ("access-key", "accesskey", "username")
"""Which keys of a login say who logs in: published formats have them in databags, beside the password's secret."""


def _private_values(world: World, planted: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield all that nobody may see, and what it is."""
    found: list[tuple[str, str]] = [(f"option {told}", value) for told, value in planted.items()]
    for secret in world.model.secrets.values():
        for content in secret.revisions:
            found += [(f"Juju secret {secret}.{key}", value) for key, value in content.items()]
    for (_, name), item in made(world).items():
        for key, value in (item.get("data") or {}).items() if item["kind"] == "Secret" else ():
            found.append((f"Secret {name}.{key}", base64.b64decode(value).decode(errors="replace")))
    for told, value in found:
        if told.endswith(NAMES):
            continue
        # A certificate, or the request for one, is for everybody; the key that belongs to it is not.
        if random(value) and ("-----BEGIN" not in value or "PRIVATE KEY" in value):
            yield told, value


def _visible(world: World) -> Iterator[tuple[str, str]]:
    """Yield all that others can read: databags, statuses, logs, layers with their environment, objects."""
    for relation in world.model.relations.values():
        for data in (relation.application_data, relation.unit_data):
            yield f"databag of {relation}", json.dumps(data)
    for unit in world.model.units:
        for hook in unit.hooks:
            yield f"status after {hook.step}", str(hook.status)
            yield f"log of {hook.step}", "\n".join(hook.log)
        for container in unit.containers.values():
            yield f"layer of {unit.name} {container.name}", json.dumps(container.plan.to_dict())
    for (path, name), item in made(world).items():
        if item["kind"] != "Secret":
            yield f"{path}/{name}", json.dumps(item)
