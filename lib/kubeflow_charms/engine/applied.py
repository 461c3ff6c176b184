"""Bring the cluster to what the parts declared: apply, own, record and prune, in as few calls as can be.

The record of what was applied is in annotations of the application's StatefulSet, so that the next leader, or
the next pod, knows it. A copy beside the charm spares the call while nothing changes; it is lost with the pod,
which is when looking again is right. What others did to the objects meanwhile is looked for now and then.
"""

import dataclasses
import functools
import logging
import pathlib
from collections.abc import Collection, Iterable, Mapping

from .bounded import until
from .cluster import Conflict, Object, Reference
from .drift import Drift, drifted, former, mark
from .ownership import Owner, anchor, anchor_manager, check_foreign, sharers
from .problems import Blocked, Problem, Waiting
from .record import Record
from .run import Declaration, Run, Wanted, fingerprint
from .stateful_set import StatefulSet

logger = logging.getLogger(__name__)

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


class Applied:
    """The application's objects in the cluster; for the leader alone."""

    def __init__(self, run: Run, cache: pathlib.Path):
        self._run = run
        self._cache = cache
        self._stateful_set = StatefulSet(run)
        self._removed: set[Reference] = set()

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
        self.invalidate()
        stateful_set = self._stateful_set.find()
        if stateful_set is None:
            raise Waiting("Kubernetes to have the application's StatefulSet")
        record = Record.of(stateful_set)
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

    @functools.cached_property
    def _leaving(self) -> Object | None:
        return self._stateful_set.find()

    def remove_webhooks(self) -> None:
        """Delete the webhooks that the record names: without the programs behind them, they would refuse all else.

        Raises:
            Problem: the record cannot be read.
        """
        self.invalidate()
        if self._leaving is not None:
            self._remove(item for item in Record.of(self._leaving).objects if item.kind in LAST)

    def remove(self) -> None:
        """Delete what the record names, CRDs never; what fails is left to Kubernetes' owners.

        The record says so then, for units that come back after a scale to zero.

        Raises:
            Problem: the record cannot be read or written.
        """
        self.invalidate()
        if self._leaving is None:
            return
        record = Record.of(self._leaving)
        self._remove(_webhooks_first(record.objects - self._removed))
        left = Record("", frozenset(item for item in record.objects if item.kind == CRD or item not in self._removed))
        if record != left:
            self._write(left)

    def _remove(self, references: Iterable[Reference]) -> None:
        self._removed |= {item for item in references if self._run.attempt(self._delete, item)}

    def invalidate(self) -> None:
        """Let the next commit look at the cluster, whatever the copy beside the charm says."""
        self._cache.unlink(missing_ok=True)

    def _look(
        self, declarations: Iterable[Declaration], record: Record, stateful_set: Object
    ) -> dict[Reference, Drift]:
        """Return what others changed of the objects that are recorded, and of the pod."""
        run = self._run
        known = [item for item in run.wanted(declarations) if item.reference in record.objects]
        drift = drifted(run, known, record.marks)
        if run.pod.digest():
            reference = self._stateful_set.reference
            had = record.marks.get(reference)
            if self._stateful_set.mark(stateful_set) != had or self._stateful_set.left(stateful_set):
                told = f"{reference} was changed; the pod that it describes is put back"
                drift[reference] = Drift(told if had else "")
        return drift

    def _delete(self, reference: Reference) -> None:
        if reference.kind != CRD:
            self._run.cluster.delete(reference)

    def _known(self, declaration: Declaration, record: Record) -> bool:
        return any(item.reference in record.objects for item in self._run.wanted([declaration]))

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
        wanted = sorted(run.wanted(declarations), key=lambda item: _order(item.reference.kind))
        references = {item.reference for item in wanted}
        desired = [
            item
            for item in wanted
            if parts[item.declared.part] != record.parts.get(item.declared.part) or item.reference in drift
        ]
        gone = {reference for reference, found in drift.items() if found.gone}
        self._check_foreign(desired, record.objects - gone, record.marks)
        owner, marks = Owner.of(run, stateful_set, purge=purge), dict(record.marks)
        if anchor(run) in drift or any(item.reference.namespace != run.namespace for item in desired):
            owner, holder = owner.with_anchor()
            marks[anchor(run)] = mark(holder, anchor_manager(run))
            _log(drift.get(anchor(run)))
        known = references | record.objects
        # Whatever is broken off below, the record then names all that may be there, and no digest to trust in.
        repairs = record.digest == digest and known == record.objects
        if not repairs and (record.digest or known != record.objects):
            self._write(Record("", frozenset(known), marks=record.marks))
        for item in desired:
            marks[item.reference] = self._apply_one(item, owner, marks, drift.get(item.reference))
        if complete:
            for reference in _webhooks_first(record.objects - references):
                self._delete(reference)
            known = references | {item for item in known if item.kind == CRD}
        pod = self._stateful_set.reference
        marks[pod] = self._stateful_set.roll(stateful_set)
        _log(drift.get(pod))
        kept = {*known, pod, anchor(run)}
        marks = {reference: text for reference, text in marks.items() if reference in kept}
        new = Record(digest, frozenset(known), parts if complete else {**record.parts, **parts}, marks)
        if shared:
            self._write(dataclasses.replace(new, digest=""))
            both = "use" if len(shared) > 1 else "uses"
            raise Blocked(
                f"option purge: {', '.join(shared)} {both} the same definitions, which stay; remove it, or "
                f"run: juju config {run.app} purge=false"
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
        self, desired: Iterable[Wanted], ours: Collection[Reference], applied: Collection[Reference]
    ) -> None:
        """Refuse, before anything is changed, if some of the objects are someone else's; name them all.

        Args:
            desired: the objects.
            ours: those that are known to be ours.
            applied: those that were applied before.
        """
        problems: list[Problem] = []
        for item in desired:
            if item.declared.retained or item.reference not in ours:
                try:
                    check_foreign(self._run, item, applied=item.reference in applied)
                except Problem as problem:
                    problems.append(problem)
        if problems:
            raise _merged(problems)

    def _apply_one(self, wanted: Wanted, owner: Owner, marks: Collection[Reference], drift: Drift | None) -> str:
        """Apply an object in its turn, as what follows may rely on it, and return its mark.

        Args:
            wanted: the object.
            owner: whose it is.
            marks: the objects that have been applied before, whose fields are taken back from whoever changed them.
            drift: what happened to it meanwhile.
        """
        cluster, reference, manager = self._run.cluster, wanted.reference, wanted.manager
        stamped = owner.stamp(wanted)
        try:
            applied = cluster.apply(stamped, reference, manager)
        except Conflict as conflict:
            if drift is None and reference not in marks:
                raise
            drift = Drift(f"{reference} was changed by {' and '.join(conflict.managers)}; it is put back")
            applied = cluster.apply(stamped, reference, manager, force=True)
        for other in former(applied, manager):
            # What only the part had, in which the object was in an earlier revision, goes with an empty claim.
            applied = cluster.apply(_bare(stamped), reference, other)
        _log(drift)
        if drift and drift.gone and reference.kind == "ServiceAccount":
            self._run.anew.add(reference.name)
        if reference.kind == CRD and not _established(applied):
            self._require_established(reference)
        return mark(applied, manager)

    def _require_established(self, reference: Reference) -> None:
        """Give the API server up to ten seconds to serve a kind that it was given."""
        found = until(lambda: self._run.cluster.get(reference), _established, patience=10, pause=0.01)
        if not _established(found):
            raise Waiting(f"Kubernetes to accept {reference}")

    def _write(self, record: Record) -> None:
        self._stateful_set.patch({"metadata": {"annotations": record.dump()}}, "record")

    def _remembered(self) -> str:
        try:
            return self._cache.read_text()
        except FileNotFoundError:
            return ""

    def _remember(self, digest: str) -> None:
        self._cache.write_text(digest)


def _bare(item: Object) -> Object:
    """Return what says which object it is, and nothing of it."""
    metadata = {name: value for name, value in item["metadata"].items() if name in ("name", "namespace")}
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": metadata}


def _log(drift: Drift | None) -> None:
    if drift and drift.told:
        logger.warning("%s", drift.told)


def _webhooks_first(references: Iterable[Reference]) -> list[Reference]:
    return sorted(references, key=lambda item: (item.kind not in LAST, item))


def _order(kind: str) -> int:
    if kind in LAST:
        return len(FIRST) + 1
    return FIRST.index(kind) if kind in FIRST else len(FIRST)


def _established(found: Object | None) -> bool:
    conditions = ((found or {}).get("status") or {}).get("conditions") or []
    return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)


def _merged(problems: list[Problem]) -> Problem:
    """Return one problem that says all of them once, of the worst kind among them."""
    worst = min(problems, key=lambda problem: isinstance(problem, Waiting))
    return type(worst)(*dict.fromkeys(str(item) for item in problems if type(item) is type(worst)))
