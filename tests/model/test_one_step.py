"""Istio goes one minor release at a time: until the one between has run, all of the gateway stays as it is."""

import dataclasses

import ops

from . import bundle
from .checks import same
from .kubernetes import Kubernetes
from .outcome import Outcome, made, outcome
from .seeds import explore
from .world import World

PILOT, GATEWAY = "istio-pilot", "istio-ingressgateway"


def mesh() -> bundle.Bundle:
    """Return a control plane and its gateway, alone."""
    whole = bundle.named("kubeflow-lite")
    applications = {name: whole.applications[name] for name in (PILOT, GATEWAY)}
    relations = tuple(ends for ends in whole.relations if {name for name, _ in ends} == applications.keys())
    found = dataclasses.replace(whole, name="mesh", applications=applications, relations=relations)
    return found.configured(PILOT, unauthenticated_access=True)


def become(world: World, number: int, release: str) -> None:
    """Let Juju give istiod another image: Kubernetes notes what the pods are from now on, and starts the pod anew."""
    containers = [{"name": "istiod", "image": f"registry.example.com/istio/pilot:{release}"}]
    owner = world.kubernetes.get(f"/apis/apps/v1/namespaces/{world.model.name}/statefulsets/{PILOT}")
    reference = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": PILOT, "uid": owner["metadata"]["uid"]}
    item = {
        "metadata": {"name": f"{PILOT}-{number}", "ownerReferences": [reference]},
        "revision": number,
        "data": {"spec": {"template": {"spec": {"containers": containers}}}},
    }
    path = f"/apis/apps/v1/namespaces/{world.model.name}/controllerrevisions"
    world.kubernetes.http.post(path, json=item).raise_for_status()
    for unit in world.model.units_of(PILOT):
        unit.first.extend(map(unit.step, ("new pod", "upgrade-charm", "config-changed", "start")))
    world.drain()


def there(world: World) -> Outcome:
    """Return what the model has come to, without what Kubernetes notes of pods."""
    return {key: value for key, value in outcome(world).items() if "/controllerrevisions/" not in key}


def steps(world: World) -> None:
    world.settle()
    before, objects = there(world), {key for key in made(world) if not key[0].endswith("/secrets")}
    become(world, 1, "1.28.0")
    world.converge()
    become(world, 2, "1.30.3")
    world.pass_time()
    (pilot,) = world.model.units_of(PILOT)
    assert isinstance(pilot.status, ops.BlockedStatus)
    assert "oci-image=registry.example.com/istio/pilot:1.29.7" in pilot.status.message
    assert objects <= made(world).keys()  # but for the identity of the pod that is gone
    assert all(unit.well for unit in world.model.units_of(GATEWAY))
    for number, release in ((3, "1.29.7"), (4, "1.30.3")):
        become(world, number, release)
        world.converge()
    same(there(world), before)


def test_istio_waits_for_the_release_between_and_nothing_of_the_gateway_goes(kubernetes: Kubernetes) -> None:
    explore(steps, mesh(), kubernetes, 0)
