"""What has to hold when somebody else is in the cluster already: T5, T7 and T14.

These checks make their worlds themselves.
"""

import copy
import json
from collections.abc import Collection, Mapping

import ops
from kubeflow_charms.engine.ownership import CHARM, VERSION

from .bundle import Bundle
from .checks import same
from .kubernetes import Kubernetes, Object
from .outcome import CRDS, active, made, outcome
from .steps import Chance, Script
from .wire import server_side
from .world import World, running

ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
DEFINITIONS = 180
"""Seconds: the API server takes one or two for each definition of a kind, and there are a hundred."""
FIRST, SECOND = "first-owner", "second-owner"


def respects_owners(bundle: Bundle, kubernetes: Kubernetes) -> None:
    """T5: every definition and ClusterRole of another owner is named and left alone, until it is gone.

    Then the same with definitions of a newer version.
    """
    owned = _owned(bundle, kubernetes)
    newer = {path: copy.deepcopy(item) for path, item in owned.items() if path.startswith(CRDS)}
    for item in newer.values():
        item["metadata"].setdefault("labels", {})[VERSION] = "999"
    try:
        theirs = {path: _create(kubernetes, path, item, False) for path, item in owned.items()}
        with running(bundle, kubernetes, Script([]), name=SECOND) as world:
            world.deploy()
            world.drain()
            _yields_to(world, theirs, "{kind} {name} belongs to")
            later = {path: _create(kubernetes, path, item, True) for path, item in newer.items()}
            _yields_to(world, later, "{name} has the newer version 999")
            world.converge()
        kubernetes.await_gone(f"/api/v1/namespaces/{SECOND}")
    finally:
        _delete(kubernetes, owned)


def _yields_to(world: World, objects: Mapping[str, Object], sentence: str) -> None:
    """See that each object of somebody else is named in the sentence and left alone; then it goes."""
    world.pass_time()
    told = "; ".join(unit.said for unit in world.model.units if isinstance(unit.status, ops.BlockedStatus))
    expected = [sentence.format(kind=item["kind"], **item["metadata"]) for item in objects.values()]
    missing = [sentence for sentence in expected if sentence not in told]
    assert not missing, f"nobody says {', '.join(missing)}"
    for path, item in objects.items():
        assert _kept(world.kubernetes.get(path)) == _kept(item), f"{path} was changed"
    _delete(world.kubernetes, objects)


def shares_the_cluster(bundle: Bundle, kubernetes: Kubernetes) -> None:
    """T7, T14: a second model with any name works, or says what the first one has; the first one notices nothing.

    Not even that the second one goes, and its definitions with it if they were nobody else's.
    """
    with running(bundle, kubernetes, Chance(1), name="kubeflow") as first:
        first.settle()
        before, objects = outcome(first), set(made(first))
        with running(bundle, kubernetes, Chance(2), name="another-team") as second:
            second.deploy()
            second.drain()
            for _ in range(3):
                second.pass_time()
            stuck = [unit for unit in second.model.units if not isinstance(unit.status, ops.ActiveStatus)]
            owned = {
                unit.application.name
                for unit in stuck
                if isinstance(unit.status, ops.BlockedStatus) and "of model kubeflow" in unit.said
            }
            for unit in stuck:
                related = {
                    item.other(unit.application.name) for item in second.model.relations_of(unit.application.name)
                }
                assert {unit.application.name, *related} & owned, f"{unit.name}: {unit.status}"
            _purges_nothing(second)
        kubernetes.await_gone("/api/v1/namespaces/another-team")
        first.pass_time()
        assert active(first)
        # What the second one made goes in its own time.
        same(before, {key: value for key, value in outcome(first).items() if key in before})
        assert objects <= set(made(first))
    kubernetes.await_gone("/api/v1/namespaces/kubeflow")


def _purges_nothing(second: World) -> None:
    """T14: where all that a second model's applications use is to go with them, they say that the first uses it."""
    applications = second.model.applications.values()
    purging = [item.name for item in applications if "purge" in item.meta.get("config", {}).get("options", {})]
    for name in purging:
        second.configure(name, purge=True)
    second.drain()
    second.pass_time()
    told = {unit.application.name: unit.said for unit in second.model.units}
    quiet = [name for name in purging if "of model kubeflow" not in told[name]]
    assert not quiet, f"{', '.join(quiet)} would purge what model kubeflow uses"


def _owned(bundle: Bundle, kubernetes: Kubernetes) -> dict[str, Object]:
    """Return what a second model would own, by path; what a first one left is gone then."""
    with running(bundle, kubernetes, Script([]), name=FIRST) as world:
        world.settle()
        paths = {call.path for call in world.wire.calls if call.method == "PATCH"}
        found = {path: kubernetes.get(path) for path in paths if path.startswith((CRDS, ROLES))}
    _delete(kubernetes, found)
    kubernetes.await_gone(f"/api/v1/namespaces/{FIRST}")
    text = json.dumps({path: item for path, item in found.items() if item and _gives_something(item)})
    return json.loads(text.replace(FIRST, SECOND))


def _gives_something(item: Object) -> bool:
    """Tell whether an object is more than a role without rules, to which others belong.

    Such a role may come with what another application says, which is stuck here as well.
    """
    return item["kind"] != "ClusterRole" or bool(item.get("rules") or item.get("aggregationRule"))


def _create(kubernetes: Kubernetes, path: str, item: Object, newer: bool) -> Object:
    """Make an object as somebody else does, or as a newer charm, and return it."""
    metadata: Object = {"name": item["metadata"]["name"]}
    if newer:
        metadata["labels"] = {key: item["metadata"]["labels"][key] for key in (CHARM, VERSION)}
    foreign: Object = {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": metadata}
    if path.startswith(CRDS):
        foreign["spec"] = item["spec"]
        # Kubernetes asks for its approval where a group is one of its own.
        metadata["annotations"] = item["metadata"].get("annotations", {})
    server_side(kubernetes.http, foreign, "", manager="helm")
    return kubernetes.get(path)


def _delete(kubernetes: Kubernetes, paths: Collection[str]) -> None:
    """Delete objects, and wait until they are gone."""
    for path in paths:
        kubernetes.http.delete(path)
    for path in paths:
        kubernetes.await_gone(path, DEFINITIONS)


def _kept(item: Object) -> Object:
    """Return what of an object somebody would have had to change."""
    metadata = item.get("metadata", {})
    kept = {key: metadata.get(key) for key in ("name", "uid", "labels", "annotations", "ownerReferences")}
    return {"metadata": kept, **{key: item.get(key) for key in ("spec", "rules", "aggregationRule")}}
