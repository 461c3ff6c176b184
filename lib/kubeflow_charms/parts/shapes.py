"""A short notation for the fields of a custom resource."""

from typing import Any

from ..cluster import Object

NAMED: dict[str, Object] = {
    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "port": {"type": "integer", "minimum": 0, "maximum": 65535},
    # The API server reads the format and enforces only the bounds.
    "int32": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    "quantity": {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "pattern": r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
        "x-kubernetes-int-or-string": True,
    },
    **{name: {"type": name} for name in ("string", "integer", "number", "boolean")},
}


def openapi(shape: Any) -> Object:
    """Return the OpenAPI schema of a shape, as Kubernetes wants it for a CRD.

    Args:
        shape: the name of a type: `string`, `integer`, `int32`, `number`, `boolean`, `port` (0 to 65535), `quantity`
            (as Kubernetes writes 1.5, 100m or 16Gi) or `any` (an object of any kind); or `A | B`, one of these words;
            or `[shape]`, a list; or a mapping of fields to shapes, where `!` after the name requires a field and `*`
            is for all fields that are not named. In a mapping a name with `$` before it is a keyword of OpenAPI for
            the object itself, as `$minProperties`; beside `$shape`, for what has that shape instead.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(shape, dict):
        return _fields(shape)
    if isinstance(shape, list) and len(shape) == 1:
        return {"type": "array", "items": openapi(shape[0])}
    if isinstance(shape, str) and shape in NAMED:
        return dict(NAMED[shape])
    if isinstance(shape, str) and "|" in shape:
        return {"type": "string", "enum": [word.strip() for word in shape.split("|")]}
    raise ValueError(f"no shape: {shape!r}; expected a type, A | B, a list of one shape, or fields")


def _fields(shape: dict[str, Any]) -> Object:
    keywords = {name[1:]: value for name, value in shape.items() if name.startswith("$")}
    if "shape" in keywords:
        return {**openapi(keywords.pop("shape")), **keywords}
    named = {name: value for name, value in shape.items() if name != "*" and not name.startswith("$")}
    schema: Object = {"type": "object", **keywords}
    if required := [name[:-1] for name in named if name.endswith("!")]:
        schema["required"] = required
    if named:
        schema["properties"] = {name.removesuffix("!"): openapi(value) for name, value in named.items()}
    if "*" in shape and not named:
        schema["additionalProperties"] = openapi(shape["*"])
    elif shape.get("*", "any") != "any":
        raise ValueError("beside named fields, the others can only be any")
    elif "*" in shape:
        schema["x-kubernetes-preserve-unknown-fields"] = True
    return schema
