"""Who owns an object: labels and owner references that say so, and the check that nobody else had it first."""

import dataclasses

from .cluster import Conflict, Object, Reference
from .problems import Blocked, Waiting
from .run import DOMAIN, Run, Wanted
from .user_objects import list_all, merge

APP, MODEL, CHARM, VERSION = (f"{DOMAIN}/{name}" for name in ("app", "model", "charm", "version"))

# Juju's admission webhook marks what a charm creates, and deletes by that mark, users' objects included.
NOT_JUJUS = {"model.juju.is/disable-webhook": "true"}


@dataclasses.dataclass(frozen=True)
class Owner:
    """Stamps objects as the application's.

    Attributes:
        local: owner reference for objects in the model's namespace: the StatefulSet.
        anchor: owner reference for all others: a ClusterRole owned by the Namespace, which Juju deletes with the
            application and Kubernetes with the model, so that no hook has to. By its labels other models see who uses
            the definitions.
        purge: whether the definitions are the application's too.
    """

    run: Run
    local: Object
    anchor: Object | None = None
    purge: bool = False

    @classmethod
    def of(cls, run: Run, stateful_set: Object, *, purge: bool) -> "Owner":
        """Return the owner for objects of the StatefulSet's application."""
        return cls(run, _reference_to(stateful_set), purge=purge)

    def with_anchor(self) -> tuple["Owner", Object]:
        """Return this owner with its anchor made in the cluster, and the anchor."""
        cluster, reference, manager = self.run.cluster, anchor(self.run), anchor_manager(self.run)
        namespace = cluster.get(Reference("v1", "Namespace", self.run.namespace))
        if namespace is None:
            raise Waiting("the model's namespace to be there")
        metadata = {"name": reference.name, "labels": self._labels(), "ownerReferences": [_reference_to(namespace)]}
        item = {"apiVersion": reference.api_version, "kind": reference.kind, "metadata": metadata, "rules": []}
        try:
            applied = cluster.apply(item, reference, manager)
        except Conflict:
            if manager not in _managers(cluster.get(reference) or {"metadata": {}}):
                raise
            applied = cluster.apply(item, reference, manager, force=True)
        return dataclasses.replace(self, anchor=_reference_to(applied)), applied

    def stamp(self, wanted: Wanted) -> Object:
        """Return the object with its labels, namespace and owner."""
        metadata, namespace, declared = {**wanted.item["metadata"]}, wanted.reference.namespace, wanted.declared
        labels = self._labels()
        owners: list[Object | None] = [self.local if namespace == self.run.namespace else self.anchor]
        if declared.retained:
            labels = {CHARM: self.run.charm, VERSION: declared.version, **NOT_JUJUS}
            owners = [self.anchor] if self.purge else []
        if namespace:
            metadata["namespace"] = namespace
        metadata["labels"] = {**metadata.get("labels", {}), **labels}
        if owners:
            metadata["ownerReferences"] = owners
        return {**wanted.item, "metadata": metadata}

    def _labels(self) -> dict[str, str]:
        return {APP: self.run.app, MODEL: self.run.namespace, CHARM: self.run.charm}


def anchor(run: Run) -> Reference:
    """Return the reference to the application's anchor."""
    return Reference("rbac.authorization.k8s.io/v1", "ClusterRole", f"{run.namespace}-{run.app}-anchor")


def anchor_manager(run: Run) -> str:
    """Return the field manager of the anchor."""
    return f"{run.app}.anchor"


def sharers(run: Run) -> list[str]:
    """Return the other applications of the same charm in the cluster, which use the same definitions, in words."""
    roles = list_all(run.cluster, Reference("rbac.authorization.k8s.io/v1", "ClusterRole", "list"), {CHARM: run.charm})
    labels = [role["metadata"].get("labels") or {} for role in roles]
    found = {(item.get(APP, ""), item.get(MODEL, "")) for item in labels} - {(run.app, run.namespace)}
    return [f"application {app} of model {model}" for app, model in sorted(found)]


def check_foreign(run: Run, wanted: Wanted, *, applied: bool = False) -> None:
    """Refuse to touch what another application, or another tool, already has in the cluster.

    Args:
        run: who wants it.
        wanted: the object.
        applied: whether this application has applied it before.

    Raises:
        Blocked: it exists and is not this application's, or it is a CRD of a newer version; the message names
            the owner.
    """
    reference, declared = wanted.reference, wanted.declared
    found = run.cluster.get(reference)
    if found is None:
        return
    if "deletionTimestamp" in found["metadata"]:
        if declared.retained:
            # One that Kubernetes failed to delete is left for five minutes, unless somebody changes it: its finalizer
            # passes over what it has not read yet, and over its own changes. Source: k8s.io/apiextensions-apiserver,
            # pkg/controller/finalizer/crd_finalizer.go.
            changed = {f"{DOMAIN}/awaited": found["metadata"]["resourceVersion"]}
            merge(run.cluster, reference, {"metadata": {"annotations": changed}})
        raise Waiting(f"an earlier {reference} to be gone")
    labels = found["metadata"].get("labels") or {}
    managers = _managers(found)
    # The labels, too, can be changed by hand.
    ours = applied and wanted.manager in managers
    if labels.get(CHARM) != run.charm and not ours:
        raise Blocked(
            f"{reference} belongs to {labels.get(APP) or ', '.join(managers) or 'someone else'}; remove it first"
        )
    if declared.retained:
        if is_newer(found, declared.version):
            raise Blocked(f"{reference} has the newer version {labels[VERSION]}, this charm has {declared.version}")
    elif not ours and (labels.get(APP), labels.get(MODEL)) != (run.app, run.namespace):
        raise Blocked(f"{reference} belongs to application {labels.get(APP)} of model {labels.get(MODEL)}")


def is_newer(item: Object, version: str) -> bool:
    """Tell whether a definition follows a newer release than `version`."""
    return _version((item["metadata"].get("labels") or {}).get(VERSION, "")) > _version(version)


def _managers(item: Object) -> list[str]:
    return sorted({entry["manager"] for entry in item["metadata"].get("managedFields") or ()})


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(".") if number.isdigit())


def _reference_to(item: Object) -> Object:
    metadata = item["metadata"]
    return {
        "apiVersion": item["apiVersion"],
        "kind": item["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
