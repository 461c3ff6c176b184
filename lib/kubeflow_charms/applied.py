"""Bring the cluster to what the parts declared: apply, own, record and prune, in as few calls as can be.

The record of what was applied is in annotations of the application's StatefulSet, so that the next leader, or
the next pod, knows it. A copy beside the charm spares the call while nothing changes; it is lost with the pod,
which is when looking again is right. What others did to the objects meanwhile is looked for now and then.
"""

import dataclasses
import functools
import json
import logging
import pathlib
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .cluster import Conflict, Object, Reference
from .drift import Drift, drifted, mark
from .ownership import Owner, anchor, anchor_manager, check_foreign, manager_of, sharers
from .problems import Blocked, Problem, Waiting
from .run import DOMAIN, Declaration, Run, fingerprint

logger = logging.getLogger(__name__)

GRACE = 120
ANNOTATION, MARKS = f"{DOMAIN}/applied", f"{DOMAIN}/marks"
JUJU = "juju"
"""Begins the name of Juju's field manager."""
CRD = "CustomResourceDefinition"
LAST = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
FIRST = (
    CRD,
    "Namespace",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "Role",
    "ClusterRole",
)


@dataclasses.dataclass(frozen=True)
class Record:
    """What the cluster holds of this application.

    Attributes:
        digest: of all declarations; empty while they are being applied.
        objects: every object's reference.
        parts: a digest of what each part declared, by its name.
        marks: which fields were applied, by object; of the StatefulSet, those of the pod.
    """

    digest: str = ""
    objects: frozenset[Reference] = frozenset()
    parts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    marks: Mapping[Reference, str] = dataclasses.field(default_factory=dict)

    def dump(self) -> dict[str, str]:
        """Return the record as annotations; the marks have their own, which earlier revisions pass over."""
        objects = [dataclasses.astuple(item) for item in sorted(self.objects)]
        marks = [(*dataclasses.astuple(item), text) for item, text in sorted(self.marks.items())]
        return {
            ANNOTATION: json.dumps([self.digest, objects, dict(sorted(self.parts.items()))]),
            MARKS: json.dumps(marks),
        }

    @classmethod
    def load(cls, annotations: Mapping[str, str]) -> "Record":
        """Read a record; what is none reads as an empty record."""
        try:
            # Early revisions recorded no parts, and later ones no marks.
            digest, objects, *parts = json.loads(annotations.get(ANNOTATION, ""))
            marks = {Reference(*item): text for *item, text in json.loads(annotations.get(MARKS, "[]"))}
            return cls(digest, frozenset(Reference(*item) for item in objects), dict(*parts), marks)
        except (ValueError, TypeError):
            return cls()


class Applied:
    """The application's objects in the cluster; for the leader alone."""

    def __init__(self, run: Run, cache: pathlib.Path):
        self._run = run
        self._cache = cache
        self._stateful_set = Reference("apps/v1", "StatefulSet", run.app, run.namespace)

    def commit(self, *, complete: bool, look: bool = False) -> None:
        """Make the cluster as the run's declarations and pod say.

        Args:
            complete: whether the plan ran to its end; only then may what it lacks be pruned.
            look: look for what others changed, and put it back.

        Raises:
            Problem: something could not be applied; what came before it is recorded.
        """
        wanted = [item for item in self._run.declarations if item.when()]
        digest = self._digest(wanted, complete)
        if not look and self._remembered() == digest:
            return
        self.forget()
        stateful_set = self._run.cluster.get(self._stateful_set)
        if stateful_set is None:
            raise Waiting("Kubernetes to have the application's StatefulSet")
        record = _record(stateful_set)
        late = [item for item in self._run.declarations if item not in wanted and self._known(item, record)]
        digest = self._digest(wanted + late, complete)
        drift = self._look([*wanted, *late], record, stateful_set) if look else {}
        if drift or record.digest != digest:
            self._run.changed = True
            self._apply([*wanted, *late], record, stateful_set, digest, complete, drift)
        self._remember(digest)

    @property
    def begun(self) -> bool:
        """Whether this unit, in this pod, has ever applied anything."""
        return bool(self._remembered())

    def postpone(self, *, complete: bool, look: bool = False) -> None:
        """Leave the cluster as it is, in a hook that must not change it.

        Raises:
            Waiting: a later hook has to.
        """
        wanted = [item for item in self._run.declarations if item.when()]
        if look or self._remembered() != self._digest(wanted, complete):
            raise Waiting("the next hook to change the cluster")

    def remove(self) -> None:
        """Delete what the record names, webhooks first, CRDs never; what fails is left to Kubernetes' owners.

        The record says so then, for units that come back after a scale to zero.

        Raises:
            Problem: the record cannot be read or written.
        """
        self.forget()
        stateful_set = self._run.cluster.get(self._stateful_set)
        if stateful_set is None:
            return
        record = _record(stateful_set)
        left = {item for item in _webhooks_first(record.objects) if not self._run.attempt(self._delete, item)}
        crds = {item for item in record.objects if item.kind == CRD}
        if record != Record("", frozenset(left | crds)):
            self._write(Record("", frozenset(left | crds)))

    def forget(self) -> None:
        """Let the next commit look at the cluster, whatever the copy beside the charm says."""
        self._cache.unlink(missing_ok=True)

    def _look(
        self, declarations: Iterable[Declaration], record: Record, stateful_set: Object
    ) -> dict[Reference, Drift]:
        """Return what others changed of the objects that are recorded, and of the pod."""
        run = self._run
        known = [
            (reference, manager_of(run, declared), declared)
            for declared in declarations
            for reference in (Reference.of(item, run.namespace) for item in declared.render())
            if reference in record.objects
        ]
        drift = drifted(run, known, record.marks)
        if run.pod.digest():
            had = record.marks.get(self._stateful_set)
            if self._mark(stateful_set) != had or self._left(stateful_set):
                told = f"{self._stateful_set} was changed; the pod that it describes is put back"
                drift[self._stateful_set] = Drift(told if had else "")
        return drift

    def _delete(self, reference: Reference) -> None:
        if reference.kind != CRD:
            self._run.cluster.delete(reference)

    def _known(self, declaration: Declaration, record: Record) -> bool:
        return any(Reference.of(item, self._run.namespace) in record.objects for item in declaration.render())

    def _digest(self, declarations: list[Declaration], complete: bool) -> str:
        parts = sorted((item.part, item.fingerprint) for item in declarations)
        return fingerprint(parts, self._run.pod.digest(), self._run.purge, complete)

    def _apply(
        self,
        declarations: list[Declaration],
        record: Record,
        stateful_set: Object,
        digest: str,
        complete: bool,
        drift: Mapping[Reference, Drift],
    ) -> None:
        run = self._run
        shared = sharers(run) if run.purge and any(item.retained for item in declarations) else []
        purge = run.purge and not shared
        parts = self._parts(declarations, purge)
        declared_objects = sorted(
            ((item, declared) for declared in declarations for item in declared.render()),
            key=lambda pair: _order(pair[0]["kind"]),
        )
        references = {Reference.of(item, run.namespace) for item, _ in declared_objects}
        desired = [
            (item, declared)
            for item, declared in declared_objects
            if parts[declared.part] != record.parts.get(declared.part) or Reference.of(item, run.namespace) in drift
        ]
        gone = {reference for reference, found in drift.items() if found.gone}
        self._check_foreign(desired, record.objects - gone, record.marks)
        owner, marks = Owner.of(run, stateful_set, purge=purge), dict(record.marks)
        far = any(Reference.of(item, run.namespace).namespace != run.namespace for item, _ in desired)
        if far or anchor(run) in drift:
            owner, holder = owner.with_anchor()
            marks[anchor(run)] = mark(holder, anchor_manager(run))
            _log(drift.get(anchor(run)))
        known = references | record.objects
        # Whatever is broken off below, the record then names all that may be there, and no digest to trust in.
        repairs = record.digest == digest and known == record.objects
        if not repairs and (record.digest or known != record.objects):
            self._write(Record("", frozenset(known), marks=record.marks))
        for item, declared in desired:
            reference = Reference.of(item, run.namespace)
            marks[reference] = self._apply_one(item, reference, declared, owner, marks, drift.get(reference))
        if complete:
            for reference in _webhooks_first(record.objects - references):
                self._delete(reference)
            known = references | {item for item in known if item.kind == CRD}
        marks[self._stateful_set] = self._roll(stateful_set, drift.get(self._stateful_set))
        kept = {*known, self._stateful_set, anchor(run)}
        marks = {reference: text for reference, text in marks.items() if reference in kept}
        new = Record(digest, frozenset(known), parts if complete else {**record.parts, **parts}, marks)
        if shared:
            self._write(dataclasses.replace(new, digest=""))
            both = "use" if len(shared) > 1 else "uses"
            raise Blocked(
                f"option purge: {', '.join(shared)} {both} the same definitions, which stay; remove it first, "
                f"or run: juju config {run.app} purge=false"
            )
        if not repairs or new != record:
            self._write(new)

    def _parts(self, declarations: list[Declaration], purge: bool) -> dict[str, str]:
        """Return a digest of what each part declares; whose the objects are depends on `purge`."""
        declared: dict[str, list[str]] = {}
        for item in declarations:
            declared.setdefault(item.part, []).append(item.fingerprint)
        return {part: fingerprint(prints, purge) for part, prints in declared.items()}

    def _check_foreign(
        self, desired: list[tuple[Object, Declaration]], ours: Collection[Reference], applied: Collection[Reference]
    ) -> None:
        """Refuse, before anything is changed, if some of the objects are someone else's; name them all.

        Args:
            desired: the objects.
            ours: those that are known to be ours.
            applied: those that were applied before.
        """
        problems: list[Problem] = []
        for item, declared in desired:
            reference = Reference.of(item, self._run.namespace)
            if declared.retained or reference not in ours:
                try:
                    check_foreign(self._run, reference, declared, applied=reference in applied)
                except Problem as problem:
                    problems.append(problem)
        if problems:
            raise _merged(problems)

    def _apply_one(
        self,
        item: Object,
        reference: Reference,
        declared: Declaration,
        owner: Owner,
        marks: Collection[Reference],
        drift: Drift | None,
    ) -> str:
        """Apply an object in its turn, as what follows may rely on it, and return its mark.

        Args:
            item: the object.
            reference: to it.
            declared: where it is from.
            owner: whose it is.
            marks: the objects that have been applied before, whose fields are taken back from whoever changed them.
            drift: what happened to it meanwhile.
        """
        cluster, manager = self._run.cluster, manager_of(self._run, declared)
        stamped = owner.stamp(item, reference, declared)
        try:
            applied = cluster.apply(stamped, reference, manager)
        except Conflict as conflict:
            if drift is None and reference not in marks:
                raise
            drift = Drift(f"{reference} was changed by {' and '.join(conflict.managers)}; it is put back")
            applied = cluster.apply(stamped, reference, manager, force=True)
        _log(drift)
        if drift and drift.gone and reference.kind == "ServiceAccount":
            self._run.anew.add(reference.name)
        if reference.kind == CRD:
            self._await(reference, applied, _established)
        return mark(applied, manager)

    def _await(self, reference: Reference, found: Object | None, ready: Any) -> None:
        """Give the API server up to ten seconds to finish what it was given."""
        deadline, pause = time.monotonic() + 10, 0.01
        while not (found and ready(found)):
            if time.monotonic() > deadline:
                raise Waiting(f"Kubernetes to accept {reference}")
            time.sleep(pause)
            pause = min(pause * 2, 0.5)
            found = self._run.cluster.get(reference)

    def _roll(self, stateful_set: Object, drift: Drift | None) -> str:
        """Let Kubernetes replace the pods by ones with the identities, mounts and limits that the parts asked for.

        Args:
            stateful_set: as it is.
            drift: what happened to it meanwhile.

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
            self._patch({"spec": {"template": template}}, "pod", rehearsal=True)
            self._leave()
        if left := self._left(stateful_set):
            self._run.cluster.remove_containers(self._stateful_set, left, f"{self._run.app}.pod")
        patched = self._patch({"spec": {"template": template}}, "pod")
        _log(drift)
        return self._mark(patched)

    def _mark(self, stateful_set: Object) -> str:
        """Return what tells the pod that was applied, and is to be, from others."""
        return fingerprint(mark(stateful_set, f"{self._run.app}.pod"), self._template(stateful_set))[:12]

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

    def _left(self, stateful_set: Object) -> list[str]:
        return _left(stateful_set, f"{self._run.app}.pod", {"charm", *self._run.unit.containers})

    def _leave(self) -> None:
        """Delete this unit's own pod, which would be replaced in any case, so that it gets more time to end.

        Juju runs every hook that is due before its agent ends. A hook that is still running when the pod's time,
        30 seconds unless it is deleted so, is up counts as failed.
        """
        own = Reference("v1", "Pod", self._run.unit.name.replace("/", "-"), self._run.namespace)
        self._run.cluster.delete(own, grace_seconds=GRACE)

    def _write(self, record: Record) -> None:
        self._patch({"metadata": {"annotations": record.dump()}}, "record")

    def _patch(self, fields: Object, part: str, *, rehearsal: bool = False) -> Object:
        """Apply fields of the StatefulSet; those that somebody else took are taken back, unless it is Juju."""
        reference, manager = self._stateful_set, f"{self._run.app}.{part}"
        metadata = {"name": reference.name, "namespace": reference.namespace, **fields.get("metadata", {})}
        item = {"apiVersion": "apps/v1", "kind": "StatefulSet", **fields, "metadata": metadata}
        apply = functools.partial(self._run.cluster.apply, item, reference, manager, rehearsal=rehearsal)
        try:
            return apply()
        except Conflict as conflict:
            if any(manager.startswith(JUJU) for manager in conflict.managers):
                raise
            return apply(force=True)

    def _remembered(self) -> str:
        try:
            return self._cache.read_text()
        except FileNotFoundError:
            return ""

    def _remember(self, digest: str) -> None:
        self._cache.write_text(digest)


def _log(drift: Drift | None) -> None:
    if drift and drift.told:
        logger.warning("%s", drift.told)


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


def _record(stateful_set: Object) -> Record:
    return Record.load(stateful_set["metadata"].get("annotations") or {})


def _webhooks_first(references: Iterable[Reference]) -> list[Reference]:
    return sorted(references, key=lambda item: (item.kind not in LAST, item))


def _order(kind: str) -> int:
    if kind in LAST:
        return len(FIRST) + 1
    return FIRST.index(kind) if kind in FIRST else len(FIRST)


def _established(found: Object) -> bool:
    conditions = (found.get("status") or {}).get("conditions") or []
    return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)


def _merged(problems: list[Problem]) -> Problem:
    """Return one problem that says all of them once, of the worst kind among them."""
    worst = min(problems, key=lambda problem: isinstance(problem, Waiting))
    return type(worst)("; ".join(dict.fromkeys(str(item) for item in problems if type(item) is type(worst))))
