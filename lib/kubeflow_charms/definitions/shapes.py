"""A short notation for the fields of a custom resource."""

from typing import Any

from ..engine.cluster import Object
from .kubernetes_shapes import KUBERNETES

NAMED: dict[str, Object] = {
    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "port": {"type": "integer", "minimum": 0, "maximum": 65535},
    # The API server reads the format and enforces only the bounds.
    "int32": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    # An exponent of more digits would be too large to read.
    "quantity": {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "pattern": r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?$",
        "x-kubernetes-int-or-string": True,
    },
    "int-or-string": {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "minimum": -(2**31),
        "maximum": 2**31 - 1,
        "x-kubernetes-int-or-string": True,
    },
    # The format alone would let in small letters and zones that Go does not read; the pattern alone, 30 February.
    "time": {
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$",
        "nullable": True,
    },
    "duration": {
        "type": "string",
        "pattern": r"^[+-]?((\d{1,6}(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$|^[+-]?0$",
        "maxLength": 20,
    },
    "bytes": {"type": "string", "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"},
    "anything": {"x-kubernetes-preserve-unknown-fields": True},
    "resource": {
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"type": "string", "minLength": 1},
            "kind": {"type": "string", "minLength": 1},
        },
        "x-kubernetes-preserve-unknown-fields": True,
    },
    **{name: {"type": name} for name in ("string", "integer", "number", "boolean")},
}


def openapi(shape: Any) -> Object:
    """Return the OpenAPI schema of a shape, as Kubernetes wants it for a CRD.

    Args:
        shape: the name of a type: `string`, `integer`, `int32`, `number`, `boolean`, `port` (0 to 65535), `quantity`
            (as Kubernetes writes 1.5, 100m or 16Gi), `int-or-string`, `time`, `duration` (as 1h30m), `bytes` (base64),
            `resource` (an object with a kind and an apiVersion), `any` (an object of any kind) or `anything`; or one of
            `kubernetes_shapes.py`, as `pod-template`; or `A | B`, one of these words; or `[shape]`, a list; or a
            mapping of fields to shapes, where `!` after the name requires a field and `*` is for all fields that are
            not named. In a mapping a name with `$` before it is a keyword of OpenAPI for the object itself, as
            `$minProperties`; beside `$shape`, for what has that shape instead, and fields are added to that shape's.

    Raises:
        ValueError: it is none of these.
    """
    return _openapi(shape, keep=False)


def _openapi(shape: Any, *, keep: bool) -> Object:
    if isinstance(shape, dict):
        return _fields(shape, keep=keep)
    if isinstance(shape, list) and len(shape) == 1:
        return {"type": "array", "items": _openapi(shape[0], keep=keep)}
    if isinstance(shape, str) and shape in NAMED:
        return dict(NAMED[shape])
    if isinstance(shape, str) and shape in KUBERNETES:
        return _openapi(KUBERNETES[shape], keep=True)
    if isinstance(shape, str) and "|" in shape:
        return {"type": "string", "enum": [word.strip() for word in shape.split("|")]}
    raise ValueError(f"no shape: {shape!r}; expected a type, A | B, a list of one shape, or fields")


def _fields(shape: dict[str, Any], *, keep: bool) -> Object:
    keywords = {name[1:]: value for name, value in shape.items() if name.startswith("$")}
    named = {name: value for name, value in shape.items() if name != "*" and not name.startswith("$")}
    schema: Object = _openapi(keywords.pop("shape"), keep=keep) if "shape" in keywords else {"type": "object"}
    if required := [name[:-1] for name in named if name.endswith("!")]:
        schema["required"] = [*schema.get("required", []), *required]
    if named:
        properties = {name.removesuffix("!"): _openapi(value, keep=keep) for name, value in named.items()}
        schema["properties"] = {**schema.get("properties", {}), **properties}
    if "*" in shape and not named:
        schema["additionalProperties"] = _openapi(shape["*"], keep=keep)
    elif shape.get("*", "any") != "any":
        raise ValueError("beside named fields, the others can only be any")
    elif "*" in shape or (keep and named):
        schema["x-kubernetes-preserve-unknown-fields"] = True
    return {**schema, **keywords}
