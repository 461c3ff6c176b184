"""What has to hold when somebody else is in the cluster already: T5 and T7.

These checks make their worlds themselves.
"""

import json
from collections.abc import Collection, Mapping

import ops
from kubeflow_charms.ownership import CHARM, VERSION

from .bundle import Bundle
from .checks import same
from .kubernetes import Kubernetes, Object
from .outcome import CRDS, active, made, outcome
from .steps import Chance, Script
from .wire import server_side
from .world import World, running

ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
FIRST, SECOND = "first-owner", "second-owner"


def respects_owners(bundle: Bundle, kubernetes: Kubernetes) -> None:
    """T5: every definition and ClusterRole of another owner is named and left alone, until it is gone.

    The same with definitions of a newer version.
    """
    owned = _owned(bundle, kubernetes)
    newer = {path: item for path, item in owned.items() if path.startswith(CRDS)}
    for item in newer.values():
        item["metadata"].setdefault("labels", {})[VERSION] = "999"
    try:
        for objects, sentence in ((newer, "{name} has the newer version 999"), (owned, "{kind} {name} belongs to")):
            _yields_to(bundle, kubernetes, objects, sentence)
    finally:
        _delete(kubernetes, owned)


def _yields_to(bundle: Bundle, kubernetes: Kubernetes, objects: Mapping[str, Object], sentence: str) -> None:
    """Deploy where others were first: each object is named in the sentence and left alone, until it is gone."""
    newer = "newer" in sentence
    before = {path: _create(kubernetes, path, item, newer) for path, item in objects.items()}
    with running(bundle, kubernetes, Script([]), name=SECOND) as world:
        expected = [sentence.format(kind=item["kind"], **item["metadata"]) for item in before.values()]
        _blocked(world, expected)
        for path, item in before.items():
            assert _kept(kubernetes.get(path)) == _kept(item), f"{path} was changed"
        _delete(kubernetes, before)
        world.converge()
    kubernetes.await_gone(f"/api/v1/namespaces/{SECOND}")
    _delete(kubernetes, [path for path in objects if path.startswith(CRDS)])


def shares_the_cluster(bundle: Bundle, kubernetes: Kubernetes) -> None:
    """T7: a second model with any name works, or says what the first one has; the first one notices nothing."""
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
                if isinstance(unit.status, ops.BlockedStatus) and "of model kubeflow" in unit.status.message
            }
            for unit in stuck:
                related = {
                    item.other(unit.application.name) for item in second.model.relations_of(unit.application.name)
                }
                assert {unit.application.name, *related} & owned, f"{unit.name}: {unit.status}"
        first.pass_time()
        assert active(first)
        # What the second one made goes in its own time.
        same(before, {key: value for key, value in outcome(first).items() if key in before})
        assert objects <= set(made(first))
    kubernetes.await_gone("/api/v1/namespaces/kubeflow")
    kubernetes.await_gone("/api/v1/namespaces/another-team")


def _owned(bundle: Bundle, kubernetes: Kubernetes) -> dict[str, Object]:
    """Return what a second model would own, by path; what a first one left is gone then."""
    with running(bundle, kubernetes, Script([]), name=FIRST) as world:
        world.settle()
        paths = {call.path for call in world.wire.calls if call.method == "PATCH"}
        found = {path: kubernetes.get(path) for path in paths if path.startswith((CRDS, ROLES))}
    _delete(kubernetes, found)
    kubernetes.await_gone(f"/api/v1/namespaces/{FIRST}")
    text = json.dumps({path: item for path, item in found.items() if item and "-anchor" not in path})
    return json.loads(text.replace(FIRST, SECOND))


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
        kubernetes.await_gone(path)


def _blocked(world: World, expected: list[str]) -> None:
    """Deploy, and see that all that is expected is told by units that are blocked."""
    world.deploy()
    world.drain()
    world.pass_time()
    told = "; ".join(unit.status.message for unit in world.model.units if isinstance(unit.status, ops.BlockedStatus))
    missing = [sentence for sentence in expected if sentence not in told]
    assert not missing, f"nobody says {', '.join(missing)}"


def _kept(item: Object) -> Object:
    """Return what of an object somebody would have had to change."""
    metadata = item.get("metadata", {})
    kept = {key: metadata.get(key) for key in ("name", "uid", "labels", "annotations", "ownerReferences")}
    return {"metadata": kept, **{key: item.get(key) for key in ("spec", "rules", "aggregationRule")}}
