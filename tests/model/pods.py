"""What Kubernetes does to the pods of units."""

import dataclasses

from ops import testing
from support import pods

from .juju import Application, Model, Unit
from .kubernetes import Kubernetes


def start(kubernetes: Kubernetes, model: Model, unit: Unit) -> None:
    """Let the unit have a pod as the StatefulSet describes it, with containers that have yet to start."""
    pods.replace(kubernetes.http, model.name, unit.name.replace("/", "-"))
    names = unit.application.meta.get("containers", {})
    unit.marker.write_text(kubernetes.wanted_pod(model.name, unit.application.name))
    for path in (unit.folder / "charm").iterdir():
        if path.name != "src":
            path.unlink()
    for name in names:
        unit.containers[name] = testing.Container(name, can_connect=False, execs=[testing.Exec([], return_code=0)])
        unit.lanes.pop(f"container {name}", None)
        unit.due(f"container {name}", unit.step("container", name))
    unit.files.clear()


def end(kubernetes: Kubernetes, model: Model, unit: Unit) -> None:
    """Take the pod of a unit that is gone away."""
    pods.delete(kubernetes.http, model.name, unit.name.replace("/", "-"))


def connect(unit: Unit, name: str) -> None:
    """Let a container answer."""
    unit.containers[name] = dataclasses.replace(unit.containers[name], can_connect=True)
    unit.due(f"container {name}", unit.step("pebble-ready", name))


def roll(kubernetes: Kubernetes, model: Model, application: Application) -> None:
    """Let Kubernetes replace the pods that are not as the StatefulSet asks for."""
    wanted = kubernetes.wanted_pod(model.name, application.name)
    for unit in model.units_of(application.name):
        coming = unit.first and any(step.what == "new pod" for step in unit.first)
        if unit.marker.read_text() != wanted and not coming:
            begun = ("stop", "new pod", "upgrade-charm", "config-changed", "start")
            hooks = begun if unit.phase == "running" else ("new pod", "upgrade-charm")
            unit.first.extend(map(unit.step, hooks))
