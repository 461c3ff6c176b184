"""The application's StatefulSet, which is Juju's: the charm adds identities, mounts and limits to the pod in it."""

import functools
import json
from collections.abc import Collection, Mapping
from typing import Any

from . import drift
from .cluster import Conflict, Object, Reference
from .run import DOMAIN, Run, fingerprint

GRACE = 120
"""Seconds that a pod which the charm deletes itself has to end."""
JUJU = "juju"
"""Begins the name of Juju's field manager."""


class StatefulSet:
    """The application's StatefulSet; for the leader alone."""

    def __init__(self, run: Run):
        self._run = run
        self.reference = Reference("apps/v1", "StatefulSet", run.app, run.namespace)

    def find(self) -> Object | None:
        """Return it as Kubernetes has it; None if it is not there."""
        return self._run.cluster.get(self.reference)

    def roll(self, stateful_set: Object) -> str:
        """Let Kubernetes replace the pods by ones with the identities, mounts and limits that the parts asked for.

        Args:
            stateful_set: as it is.

        Returns:
            The mark of what was applied.
        """
        pod = self._run.pod
        if not pod.digest():
            return ""
        template = self._template(stateful_set)
        annotations = stateful_set["spec"]["template"].get("metadata", {}).get("annotations") or {}
        if annotations.get(f"{DOMAIN}/pod") != pod.digest():
            # Were the patch refused after the pod is deleted, the next pod would do the same, for ever.
            self.patch({"spec": {"template": template}}, "pod", rehearsal=True)
            self._leave()
        if left := self.left(stateful_set):
            self._run.cluster.remove_containers(self.reference, left, f"{self._run.app}.pod")
        patched = self.patch({"spec": {"template": template}}, "pod")
        return self.mark(patched)

    def mark(self, stateful_set: Object) -> str:
        """Return what tells the pod that was applied, and is to be, from others."""
        return fingerprint(drift.mark(stateful_set, f"{self._run.app}.pod"), self._template(stateful_set))[:12]

    def left(self, stateful_set: Object) -> list[str]:
        """Return the containers that an earlier revision of the charm had, and that are still there."""
        return _left(stateful_set, f"{self._run.app}.pod", {"charm", *self._run.unit.containers})

    def patch(self, fields: Object, part: str, *, rehearsal: bool = False) -> Object:
        """Apply fields of the StatefulSet; those that somebody else took are taken back, unless it is Juju."""
        reference, manager = self.reference, f"{self._run.app}.{part}"
        metadata = {"name": reference.name, "namespace": reference.namespace, **fields.get("metadata", {})}
        item = {"apiVersion": "apps/v1", "kind": "StatefulSet", **fields, "metadata": metadata}
        apply = functools.partial(self._run.cluster.apply, item, reference, manager, rehearsal=rehearsal)
        try:
            return apply()
        except Conflict as conflict:
            if any(manager.startswith(JUJU) for manager in conflict.managers):
                raise
            return apply(force=True)

    def _template(self, stateful_set: Object) -> Object:
        """Return what to apply of the pod: all that the parts asked for, but for limits that are Juju's already."""
        pod = self._run.pod
        marker: dict[str, Any] = {"name": DOMAIN, "mountPath": "/var/run/kubeflow-charms", "readOnly": True}
        annotation = {"path": "pod", "fieldRef": {"fieldPath": f"metadata.annotations['{DOMAIN}/pod']"}}
        theirs = _constrained(stateful_set)
        containers = {name: _within(fields, theirs.get(name, {})) for name, fields in pod.containers.items()}
        containers["charm"] = {"volumeMounts": [marker]}
        # Juju looks at the charm container's volumes, and a projected one is of a kind that it passes over.
        volumes = {**pod.volumes, DOMAIN: {"projected": {"sources": [{"downwardAPI": {"items": [annotation]}}]}}}
        return {
            "metadata": {"annotations": {f"{DOMAIN}/pod": pod.digest()}, "labels": pod.labels},
            "spec": {
                "containers": _as_found(containers, stateful_set),
                "volumes": [{"name": name, **fields} for name, fields in sorted(volumes.items())],
            },
        }

    def _leave(self) -> None:
        """Delete this unit's own pod, which would be replaced in any case, so that it gets more time to end.

        Juju runs every hook that is due before its agent ends. A hook that is still running when the pod's time,
        30 seconds unless it is deleted so, is up counts as failed.
        """
        own = Reference("v1", "Pod", self._run.unit.name.replace("/", "-"), self._run.namespace)
        self._run.cluster.delete(own, grace_seconds=GRACE)


def _as_found(containers: Mapping[str, Object], stateful_set: Object) -> list[Object]:
    """Return containers in the order in which Juju has them; another order is a new pod when Juju writes them again.

    Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/, lists take the order of who applies them.
    """
    found = [item["name"] for item in stateful_set["spec"]["template"].get("spec", {}).get("containers", ())]
    ordered = sorted(containers, key=lambda name: (found.index(name) if name in found else len(found), name))
    return [{"name": name, **containers[name]} for name in ordered]


def _left(stateful_set: Object, manager: str, known: Collection[str]) -> list[str]:
    """Return the containers that an earlier revision of the charm had; Juju leaves them there, with its own token.

    Source: juju/juju, internal/provider/kubernetes/resources/statefulset.go, whose patch merges containers by name.
    """
    ours = [entry for entry in stateful_set["metadata"].get("managedFields", ()) if entry["manager"] == manager]
    names = set(_containers(ours[0])) if ours else set[str]()
    there = {item["name"] for item in stateful_set["spec"]["template"].get("spec", {}).get("containers", ())}
    return sorted((names & there) - set(known))


def _containers(entry: Object) -> dict[str, Object]:
    """Return which fields of containers an entry of `managedFields` tells of, by the container's name."""
    fields = entry.get("fieldsV1", {})
    for name in ("spec", "template", "spec", "containers"):
        fields = fields.get(f"f:{name}", {})
    return {json.loads(key.removeprefix("k:"))["name"]: owned for key, owned in fields.items() if key.startswith("k:")}


def _constrained(stateful_set: Object) -> dict[str, Object]:
    """Return which limits and requests of containers are Juju's, which has them from an operator's constraints.

    Source: juju/juju, internal/provider/kubernetes/application, `ApplyWorkloadConstraints`.
    """
    found: dict[str, Object] = {}
    for entry in stateful_set["metadata"].get("managedFields", ()):
        if entry["manager"].startswith(JUJU) and not entry.get("subresource"):
            for name, owned in _containers(entry).items():
                found.setdefault(name, {}).update(owned.get("f:resources", {}))
    return found


def _within(container: Object, theirs: Object) -> Object:
    """Return a container without the limits and requests that somebody else has set."""
    if "resources" not in container or not theirs:
        return container
    resources = {
        kind: {name: value for name, value in values.items() if f"f:{name}" not in theirs.get(f"f:{kind}", {})}
        for kind, values in container["resources"].items()
    }
    return {**container, "resources": {kind: values for kind, values in resources.items() if values}}
