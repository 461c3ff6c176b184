"""Who owns which fields of an object, as server-side apply has it; lists are owned as wholes."""

from typing import Any

Object = dict[str, Any]
Path = tuple[str, ...]

NAMELESS = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"), ("metadata", "uid")}


def leaves(item: Object, above: Path = ()) -> dict[Path, Any]:
    """Return every field that is no mapping, or an empty one, by its path; but those that say which object it is."""
    found: dict[Path, Any] = {}
    for key, value in item.items():
        path = (*above, key)
        if isinstance(value, dict) and value:
            found |= leaves(value, path)
        elif path not in NAMELESS and path[:2] != ("metadata", "managedFields"):
            found[path] = value
    return found


def conflicts(had: Object, patch: Object, manager: str) -> list[str]:
    """Return what other managers own of the fields that a patch gives another value, as the API server words it."""
    before, wanted = leaves(had), leaves(patch)
    taken = {path for path, value in wanted.items() if path in before and before[path] != value}
    found: list[str] = []
    for entry in had["metadata"].get("managedFields", ()):
        paths = sorted(taken & _paths(entry.get("fieldsV1", {})))
        if paths and entry["manager"] != manager:
            listed = "\n".join(f"- .{'.'.join(path)}" for path in paths)
            found.append(f'conflicts with "{entry["manager"]}":\n{listed}')
    return found


def managed(had: Object, item: Object, manager: str, operation: str, fields: Object) -> list[Object]:
    """Return `managedFields` after a change.

    Args:
        had: the object before, with its own.
        item: the object after.
        manager: who changed it.
        operation: `Apply` or `Update`.
        fields: what was applied; for `Update`, the whole object.
    """
    before, after = leaves(had), leaves(item)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    mine = leaves(fields).keys() if operation == "Apply" else changed & after.keys()
    entries = [{"manager": manager, "operation": operation, "fieldsV1": _fields(set(mine))}]
    for entry in had["metadata"].get("managedFields", ()):
        if (entry["manager"], entry.get("operation", operation)) != (manager, operation):
            entries.append({**entry, "fieldsV1": _fields(_paths(entry.get("fieldsV1", {})) - changed)})
    entries = [entry for entry in entries if entry.get("fieldsV1") or "operation" not in entry]
    return sorted(entries, key=lambda entry: (entry["manager"], entry.get("operation", "")))


def _fields(paths: set[Path]) -> Object:
    found: Object = {}
    for path in sorted(paths):
        place = found
        for key in path:
            place = place.setdefault(f"f:{key}", {})
    return found


def _paths(fields: Object, above: Path = ()) -> set[Path]:
    found: set[Path] = set()
    for key, value in fields.items():
        path = (*above, key.removeprefix("f:"))
        found |= _paths(value, path) if value else {path}
    return found
