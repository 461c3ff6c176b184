"""What others did to the application's objects, and when the charm looks.

Kubernetes keeps, for each field manager, which fields it owns. Whoever changes a field, or takes it away, takes it from
its owners: https://kubernetes.io/docs/reference/using-api/server-side-apply/. So an object is as it was applied as long
as its manager owns the same fields, and no value need be compared, which Kubernetes may write in a way of its own.
"""

import dataclasses
import pathlib
from collections.abc import Collection, Iterable, Mapping

from .cluster import Object, Reference
from .ownership import APP, CHARM, MODEL, anchor, anchor_manager, is_newer
from .run import Run, Wanted, fingerprint
from .user_objects import EVERYWHERE, list_all

ROUNDS = 2
"""Every how many update-status the charm looks. Juju runs it each five minutes, give or take a fifth: this is within
twelve. Source: juju/juju, internal/worker/uniter, `updateStatusSignal`."""


class Rounds:
    """Counts update-status since the charm looked; in the pod, as a new one has to look in any case."""

    def __init__(self, memory: pathlib.Path):
        self._memory = memory

    def due(self, *, another: bool) -> bool:
        """Tell whether to look.

        Args:
            another: whether this hook is update-status.
        """
        try:
            count = int(self._memory.read_text()) + another
        except (FileNotFoundError, ValueError):
            return True
        self._memory.write_text(str(count))
        return count >= ROUNDS

    def begin(self) -> None:
        """Let the next hook look if this one does not come to an end."""
        self._memory.unlink(missing_ok=True)

    def end(self) -> None:
        """Note that the charm has looked."""
        self._memory.write_text("0")


@dataclasses.dataclass(frozen=True)
class Drift:
    """What happened to an object.

    Attributes:
        told: in words, for the log; empty if nobody but the charm may have done it.
        gone: whether it is not there, or about to go.
    """

    told: str = ""
    gone: bool = False


def mark(item: Object, manager: str) -> str:
    """Return what tells the fields that a manager has applied, and still owns, from others."""
    entries = item["metadata"].get("managedFields") or ()
    owned = [entry.get("fieldsV1") for entry in entries if entry["manager"] == manager and _applies(entry)]
    return fingerprint(owned)[:12]


def former(item: Object, manager: str) -> list[str]:
    """Return the managers that other parts of the application had, which applied the object in an earlier revision."""
    family = manager.rpartition(".")[0]
    applied = {entry["manager"] for entry in item["metadata"].get("managedFields") or () if _applies(entry)}
    return sorted(other for other in applied - {manager} if other.rpartition(".")[0] == family)


def drifted(run: Run, wanted: Collection[Wanted], marks: Mapping[Reference, str]) -> dict[Reference, Drift]:
    """Return which of the application's objects are not as it applied them; one LIST for each kind.

    Args:
        run: who asks.
        wanted: the objects.
        marks: of what was applied.

    Raises:
        Problem: Kubernetes does not answer.
    """
    anchored, found = anchor(run), _found(run, wanted)
    drifts: dict[Reference, Drift] = {}
    holder = found.get(anchored)
    if holder and mark(holder, anchor_manager(run)) != marks.get(anchored):
        drifts[anchored] = Drift(_told(anchored, holder, anchor_manager(run)) if anchored in marks else "")
    for one in wanted:
        reference, manager = one.reference, one.manager
        item = found.get(reference)
        if item is None or "deletionTimestamp" in item["metadata"]:
            drifts[reference] = Drift(f"{reference} was deleted; it is made again", gone=True)
        elif one.declared.retained and is_newer(item, one.declared.version):
            continue  # What another model's newer revision has made of it is not to be undone.
        elif mark(item, manager) != marks.get(reference):
            drifts[reference] = Drift(_told(reference, item, manager) if reference in marks else "")
        elif _is_far(run, one) and (not holder or holder["metadata"]["uid"] not in _owners(item)):
            drifts[reference] = Drift()
    return drifts


def _found(run: Run, wanted: Iterable[Wanted]) -> dict[Reference, Object]:
    """Return the application's objects of the wanted kinds, with the anchor if it owns some of them."""
    places: dict[tuple[str, str, bool], set[str]] = {}
    for one in wanted:
        reference = one.reference
        key = (reference.api_version, reference.kind, one.declared.retained)
        places.setdefault(key, set()).add(reference.namespace)
        if _is_far(run, one):
            places.setdefault((anchor(run).api_version, anchor(run).kind, False), set()).add("")
    found: dict[Reference, Object] = {}
    for (api_version, kind, retained), namespaces in sorted(places.items()):
        where = namespaces.pop() if len(namespaces) == 1 else EVERYWHERE
        labels = {CHARM: run.charm} if retained else {APP: run.app, MODEL: run.namespace}
        for item in list_all(run.cluster, Reference(api_version, kind, "list", where), labels):
            metadata = item["metadata"]
            found[Reference(api_version, kind, metadata["name"], metadata.get("namespace", ""))] = item
    return found


def _is_far(run: Run, wanted: Wanted) -> bool:
    """Tell whether the anchor owns an object."""
    return wanted.reference.namespace != run.namespace and not wanted.declared.retained


def _owners(item: Object) -> set[str]:
    return {owner["uid"] for owner in item["metadata"].get("ownerReferences") or ()}


def _told(reference: Reference, item: Object, manager: str) -> str:
    entries = item["metadata"].get("managedFields") or ()
    others = sorted({entry["manager"] for entry in entries if not entry.get("subresource")} - {manager})
    return f"{reference} was changed by {' or '.join(others) or 'somebody'}; it is put back"


def _applies(entry: Object) -> bool:
    return entry.get("operation") == "Apply" and not entry.get("subresource")
