"""What the cluster holds of an application, kept in annotations of its StatefulSet for the next leader and pod."""

import dataclasses
import json
from collections.abc import Mapping

from .cluster import Object, Reference
from .run import DOMAIN

ANNOTATION, MARKS = f"{DOMAIN}/applied", f"{DOMAIN}/marks"


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
    def of(cls, stateful_set: Object) -> "Record":
        """Return the record that a StatefulSet bears."""
        return cls.load(stateful_set["metadata"].get("annotations") or {})

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
