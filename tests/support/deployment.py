"""Runs one charm's events against a fake cluster, as a deployed unit would see them."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import kubeflow_charms.engine.cluster
import kubeflow_charms.engine.run
import kubeflow_charms.sandbox.identity
import ops
import pytest
import yaml
from kubeflow_charms.engine.run import DOMAIN
from ops import testing

from . import filesystem
from .fake_cluster import FakeCluster
from .filesystem import Written
from .hastened import hasten

MODEL = "edge"


@dataclasses.dataclass
class Deployment:
    """One unit of a charm.

    Attributes:
        context: of the testing framework.
        cluster: what the charm's leader writes to.
        marker: the file by which a charm knows its own pod.
        charm: its name, and the application's.
        charm_folder: where it runs.
        containers: names of the workload containers.
        options: names of the charm's options.
        files: what the containers hold, by container and path.
    """

    context: testing.Context[Any]
    cluster: FakeCluster
    marker: pathlib.Path
    charm: str
    charm_folder: pathlib.Path
    containers: tuple[str, ...]
    options: frozenset[str] = frozenset()
    files: dict[str, dict[str, Written]] = dataclasses.field(default_factory=dict)

    def state(self, **changes: Any) -> testing.State:
        """Return a state with every container connectable, as the leader of a trusted application."""
        containers = {testing.Container(name, can_connect=True) for name in self.containers}
        defaults: dict[str, Any] = {
            "leader": True,
            "model": testing.Model(name=MODEL),
            "containers": containers,
            "planned_units": 1,
        }
        return testing.State(**{**defaults, **changes})

    def run(self, event: Any, state: testing.State) -> testing.State:
        """Run one event."""
        after = self.context.run(event, state)
        self.files.update({container.name: filesystem.read(container, self.context) for container in after.containers})
        return after

    def roll(self) -> None:
        """Replace the pod by the one that the StatefulSet's template describes, as Kubernetes does."""
        self.become(self.stateful_set["spec"].get("template") or {})

    def become(self, template: dict[str, Any]) -> bool:
        """Let this be a pod of a template, and tell whether it is a new one.

        A new one has forgotten what the charm's folder held.
        """
        wanted = (template.get("metadata", {}).get("annotations") or {}).get(f"{DOMAIN}/pod", "")
        new = not self.marker.exists() or self.marker.read_text() != wanted
        if new:
            for path in self.charm_folder.iterdir():
                if path.name != "src":
                    path.unlink()
            self.files.clear()
            self.start_pod()
        self.marker.write_text(wanted)
        return new

    def start_pod(self) -> None:
        """Let Kubernetes know a new pod of the unit, in which Juju has run start already."""
        (self.charm_folder / ".started").touch()
        name = f"{self.charm}-0"
        path = f"/api/v1/namespaces/{MODEL}/pods/{name}"
        self.cluster.add(path, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {}})

    def settle(self, state: testing.State) -> testing.State:
        """Run config-changed until the unit has the pod that it asked for and its checks pass."""
        state = self.run(self.context.on.config_changed(), state)
        self.roll()
        state = self.run(self.context.on.config_changed(), state)
        return self.run(self.context.on.config_changed(), passing(state))

    @property
    def stateful_set(self) -> dict[str, Any]:
        """The application's StatefulSet."""
        return self.cluster.find("StatefulSet", self.charm)


def passing(state: testing.State) -> testing.State:
    """Return the state with every planned check passed."""
    return dataclasses.replace(
        state,
        containers={
            dataclasses.replace(
                container,
                check_infos={
                    testing.CheckInfo(
                        name, level=check.level, threshold=check.threshold or 3, startup=check.startup, successes=1
                    )
                    for name, check in container.plan.checks.items()
                },
            )
            for container in state.containers
        },
    )


@contextlib.contextmanager
def deployed(
    charm_type: type[ops.CharmBase], root: pathlib.Path, monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path
) -> Iterator[Deployment]:
    """Yield a deployment of the charm whose folder is `root`."""
    meta = yaml.safe_load((root / "charmcraft.yaml").read_text())
    cluster = FakeCluster()
    base = f"/apis/apps/v1/namespaces/{MODEL}/statefulsets/{meta['name']}"
    cluster.add(
        base,
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": meta["name"]},
            "spec": {"template": {"metadata": {}}},
        },
    )
    cluster.add(f"/api/v1/namespaces/{MODEL}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": MODEL}})
    marker, authorities = folder / "pod", folder / "ca.crt"
    authorities.write_text("the cluster's authority")
    monkeypatch.setattr(kubeflow_charms.sandbox.identity, "AUTHORITIES", authorities)
    monkeypatch.setattr(kubeflow_charms.engine.cluster, "connect", cluster.connect)
    monkeypatch.setattr(kubeflow_charms.engine.cluster, "DELAYS", (0.0, 0.0))
    monkeypatch.setattr(kubeflow_charms.engine.run, "MARKER", marker)
    monkeypatch.setattr("kubeflow_charms.parts.workload.PATIENCE", 0)
    monkeypatch.setattr("kubeflow_charms.parts.observed.PATIENCE", 0)
    monkeypatch.setattr("kubeflow_charms.parts.left_behind.PATIENCE", 0)
    hasten(monkeypatch)
    charm_root = folder / "charm"
    charm_root.mkdir()
    (charm_root / "src").symlink_to(root.resolve() / "src")
    with testing.Context(
        charm_type,
        meta={key: value for key, value in meta.items() if key not in ("config", "actions")},
        config=meta.get("config"),
        actions=meta.get("actions"),
        charm_root=charm_root,
        app_name=meta["name"],
        app_trusted=True,
    ) as context:
        options = frozenset((meta.get("config") or {}).get("options", {}))
        containers = tuple(meta.get("containers", {}))
        made = Deployment(context, cluster, marker, meta["name"], charm_root, containers, options)
        made.start_pod()
        with filesystem.lasting(lambda running: made.files if running is context else {}):
            yield made
