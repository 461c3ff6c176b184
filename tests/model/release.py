"""`python -m model.release VERSION`: records what each bundle comes to, for later revisions to be refreshed from.

A record holds what outlives a refresh: the objects, as each field manager applied them, the databags and the secrets,
which are of a model that was never anybody's. Of definitions it holds what cannot be changed, not the schemas.
"""

import dataclasses
import json
import pathlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from . import bundle
from .juju import Relation, Secret
from .kubernetes import Kubernetes, Object, started
from .outcome import made
from .steps import Script
from .wire import server_side
from .world import World, running

FOLDER = pathlib.Path(__file__).parent / "releases"
MODEL = "recorded-model"
KEPT = ("name", "namespace", "labels", "annotations", "ownerReferences")
ANYTHING: Object = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
OWNERS = {
    "Namespace": "/api/v1/namespaces/{name}",
    "StatefulSet": "/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}",
}
"""Where the kinds of owner are that the library gives its objects."""


def records() -> list[pathlib.Path]:
    """Return all records, by release and bundle."""
    return sorted(FOLDER.glob("*/*.json"))


def record(world: World) -> Object:
    """Return what a model has come to."""
    objects = [pair for item in made(world).values() for pair in _applied(item)]
    return {
        "objects": sorted(objects, key=lambda pair: (_rank(pair[1]), json.dumps(pair, sort_keys=True))),
        "relations": [dataclasses.asdict(item) for item in world.model.relations.values()],
        "secrets": [
            {**dataclasses.asdict(item), "grants": {key: sorted(names) for key, names in item.grants.items()}}
            for item in world.model.secrets.values()
        ],
    }


def restore(world: World, recorded: Mapping[str, Any]) -> None:
    """Let a world that has not been deployed be as recorded, and refresh all its charms to those of this repository."""
    text = json.dumps(recorded).replace(MODEL, world.model.name)
    document = json.loads(text)
    world.add_applications()
    for manager, item in document["objects"]:
        _adopt(world.kubernetes, world.model.name, item)
        namespace = item["metadata"].get("namespace", world.model.name)
        if item["kind"] == "StatefulSet":
            world.kubernetes.add_containers(namespace, item)
        path = server_side(world.kubernetes.http, item, namespace, manager)
        if item["kind"] not in ("StatefulSet", "Namespace"):
            world.wire.created.setdefault("recorded", set()).add(path)
    for fields in document["relations"]:
        relation = Relation(**{**fields, "ends": tuple(map(tuple, fields["ends"]))})
        world.model.relations[relation.number] = relation
    for fields in document["secrets"]:
        grants = {int(key): set(names) for key, names in fields["grants"].items()}
        secret = Secret(**{**fields, "grants": grants})
        world.model.secrets[secret.identifier] = secret
    for unit in world.model.units:
        unit.phase = "running"
        unit.lanes = {name: lane for name, lane in unit.lanes.items() if name.startswith("container")}
        for relation in world.model.relations_of(unit.application.name):
            others = world.model.units_of(relation.other(unit.application.name))
            unit.told.add(relation.number)
            unit.joined[relation.number] = {other.name for other in others if other is not unit}
        unit.first.extend(map(unit.step, ("new pod", "upgrade-charm", "config-changed", "start")))


def _applied(item: Object) -> Iterator[tuple[str, Object]]:
    """Yield each field manager of an object with what it applied."""
    for entry in item["metadata"].get("managedFields", []):
        if entry["operation"] != "Apply" or entry.get("subresource"):
            continue
        applied = _owned(entry["fieldsV1"], item)
        metadata = {key: value for key, value in applied.get("metadata", {}).items() if key in KEPT}
        metadata |= {key: item["metadata"][key] for key in ("name", "namespace") if key in item["metadata"]}
        applied |= {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": metadata}
        if item["kind"] == "CustomResourceDefinition":
            versions = [{**version, "schema": ANYTHING} for version in applied["spec"]["versions"]]
            applied["spec"] = {**applied["spec"], "versions": versions}
        yield entry["manager"], applied


def _owned(fields: Mapping[str, Any], value: Any) -> Any:
    """Return what of a value a field manager owns; `fields` is in the form of `managedFields`."""
    if not fields:
        return value
    if isinstance(value, Mapping):
        named = {key[2:]: owned for key, owned in fields.items() if key.startswith("f:")}
        return {name: _owned(owned, value[name]) for name, owned in named.items() if name in value}
    found: list[Any] = []
    for key, owned in fields.items():
        if key.startswith("k:"):
            wanted: Mapping[str, Any] = json.loads(key[2:])
            item = next((entry for entry in value if wanted.items() <= entry.items()), None)
            found += [] if item is None else [item if not owned else {**wanted, **_owned(owned, item)}]
        elif key.startswith("v:"):
            found.append(json.loads(key[2:]))
    return found


def _rank(item: Object) -> int:
    """Return when an object is applied: definitions before objects, owners before what they own."""
    kinds = ("CustomResourceDefinition", "StatefulSet", "anchor", "Namespace")
    kind = "anchor" if item["metadata"]["name"].endswith("-anchor") else item["kind"]
    return kinds.index(kind) if kind in kinds else len(kinds)


def _adopt(kubernetes: Kubernetes, model: str, item: Object) -> None:
    """Let an object's owners be those of this cluster."""
    for owner in item["metadata"].get("ownerReferences", []):
        path = OWNERS[owner["kind"]].format(name=owner["name"], namespace=model)
        owner["uid"] = kubernetes.get(path)["metadata"]["uid"]


def _lines(document: Object) -> str:
    """Return a record as JSON with a line for each item, so that differences can be read."""
    lists = {key: ",\n".join(json.dumps(item, sort_keys=True) for item in items) for key, items in document.items()}
    return "{\n" + ",\n".join(f'"{key}": [\n{lines}\n]' for key, lines in lists.items()) + "\n}\n"


def main(version: str) -> None:
    """Record all bundles as a release."""
    with tempfile.TemporaryDirectory() as folder, started(pathlib.Path(folder)) as kubernetes:
        for name in bundle.names():
            with running(bundle.named(name), kubernetes, Script([]), name=MODEL) as world:
                world.settle()
                path = FOLDER / version / f"{name}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(_lines(record(world)))
            kubernetes.rest()


if __name__ == "__main__":
    main(sys.argv[1])
