"""Who owns an object: labels and owner references that say so, and the check that nobody else had it first."""

import dataclasses

from .cluster import Object, Reference
from .problems import Blocked, Waiting
from .run import DOMAIN, Declaration, Run
from .user_objects import list_all

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

    def with_anchor(self) -> "Owner":
        """Return this owner with its anchor made in the cluster."""
        namespace = self.run.cluster.get(Reference("v1", "Namespace", self.run.namespace))
        if namespace is None:
            raise Waiting("the model's namespace to be there")
        anchor = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {
                "name": f"{self.run.namespace}-{self.run.app}-anchor",
                "labels": self._labels(),
                "ownerReferences": [_reference_to(namespace)],
            },
            "rules": [],
        }
        reference = Reference.of(anchor, "")
        return dataclasses.replace(
            self, anchor=_reference_to(self.run.cluster.apply(anchor, reference, f"{self.run.app}.anchor"))
        )

    def stamp(self, item: Object, reference: Reference, declared: Declaration) -> Object:
        """Return the object with its labels, namespace and owner."""
        metadata = {**item["metadata"]}
        labels = {**metadata.get("labels", {}), **self._labels()}
        owners: list[Object | None] = [self.local if reference.namespace == self.run.namespace else self.anchor]
        if declared.retained:
            labels = {
                **metadata.get("labels", {}),
                CHARM: self.run.charm,
                VERSION: declared.version,
                **NOT_JUJUS,
            }
            owners = [self.anchor] if self.purge else []
        if reference.namespace:
            metadata["namespace"] = reference.namespace
        metadata |= {"labels": labels}
        if owners:
            metadata["ownerReferences"] = owners
        return {**item, "metadata": metadata}

    def _labels(self) -> dict[str, str]:
        return {APP: self.run.app, MODEL: self.run.namespace, CHARM: self.run.charm}


def sharers(run: Run) -> list[str]:
    """Return the other applications of the same charm in the cluster, which use the same definitions, in words."""
    roles = list_all(run.cluster, Reference("rbac.authorization.k8s.io/v1", "ClusterRole", "list"), {CHARM: run.charm})
    labels = [role["metadata"].get("labels") or {} for role in roles]
    found = {(item.get(APP, ""), item.get(MODEL, "")) for item in labels} - {(run.app, run.namespace)}
    return [f"application {app} of model {model}" for app, model in sorted(found)]


def check_foreign(run: Run, reference: Reference, declared: Declaration) -> None:
    """Refuse to touch what another application, or another tool, already has in the cluster.

    Raises:
        Blocked: it exists and is not this application's, or it is a CRD of a newer version; the message names
            the owner.
    """
    found = run.cluster.get(reference)
    if found is None:
        return
    if "deletionTimestamp" in found["metadata"]:
        raise Waiting(f"an earlier {reference} to be gone")
    labels = found["metadata"].get("labels", {})
    if labels.get(CHARM) != run.charm:
        managers = sorted({entry["manager"] for entry in found["metadata"].get("managedFields", [])})
        raise Blocked(
            f"{reference} belongs to {labels.get(APP) or ', '.join(managers) or 'someone else'}; remove it first"
        )
    if declared.retained:
        if _version(labels.get(VERSION, "")) > _version(declared.version):
            raise Blocked(f"{reference} has the newer version {labels[VERSION]}, this charm has {declared.version}")
    elif (labels.get(APP), labels.get(MODEL)) != (run.app, run.namespace):
        raise Blocked(f"{reference} belongs to application {labels.get(APP)} of model {labels.get(MODEL)}")


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
