"""Custom resource definitions, written compactly and expanded here."""

import dataclasses
from collections.abc import Mapping

from ..definitions.shapes import openapi
from ..engine.cluster import Object
from ..engine.run import Declaration, Run, fingerprint
from .templates import render

ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@dataclasses.dataclass(frozen=True)
class Crds:
    """CRDs that outlive the application, are shared by every model and are never downgraded.

    The file has a document for each API group:

        group: networking.istio.io
        kinds:
          Gateway:
            plural: gateways          # optional: singular, short, categories, scope (Namespaced), another group
            versions:
              v1: {storage: true, status: true, columns: {...}, fields: {spec: {...}}}

    `versions` may name several; `served: false` keeps an old one readable. A version without `fields` takes any object;
    these are, beside apiVersion, kind and metadata, the shapes of `shapes.py`. `scale` and `status` turn the
    subresources on; a status that only its controller may write needs no shape. `columns` maps a printer column's name
    to its JSON path, or to [path, type]. A document's other keys are not read: they may hold anchors for what is
    repeated.

    Attributes:
        file: in the charm's src folder.
        version: what the CRDs follow, dotted numbers: upstream's release.
        name: the part's name.
        defaults: what objects get that leave a field out, by `Kind.field.field`, in every version.
    """

    file: str
    version: str
    name: str = "crds"
    defaults: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def declare(self, run: Run) -> None:
        """Declare the CRDs."""
        text = run.source(self.file)
        run.declare(
            Declaration(
                self.name,
                fingerprint(text, self.version, *([dict(self.defaults)] if self.defaults else [])),
                lambda: [_filled(crd, self.defaults) for group in render(text, {}) for crd in expand(group)],
                retained=True,
                version=self.version,
            )
        )

    def apply(self, run: Run) -> None:
        """Nothing is left to do once the cluster has the CRDs."""


def expand(group: Object) -> list[Object]:
    """Return the CustomResourceDefinition objects of one document of a CRD file."""
    return [_definition(fields.get("group", group["group"]), kind, fields) for kind, fields in group["kinds"].items()]


def _filled(crd: Object, defaults: Mapping[str, str]) -> Object:
    for path, value in defaults.items():
        kind, *fields = path.split(".")
        for version in crd["spec"]["versions"] if crd["spec"]["names"]["kind"] == kind else ():
            schema = version["schema"]["openAPIV3Schema"]
            for name in fields:
                schema = schema["properties"][name]
            schema["default"] = value
    return crd


def _definition(group: str, kind: str, fields: Object) -> Object:
    names: Object = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": fields["plural"],
        "singular": fields.get("singular", kind.lower()),
    }
    for key, target in (("short", "shortNames"), ("categories", "categories")):
        if key in fields:
            names[target] = fields[key]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{fields['plural']}.{group}", **_annotations(fields)},
        "spec": {
            "group": group,
            "names": names,
            "scope": fields.get("scope", "Namespaced"),
            "versions": [_version(name, version) for name, version in fields["versions"].items()],
        },
    }


def _annotations(fields: Object) -> Object:
    return {"annotations": fields["annotations"]} if "annotations" in fields else {}


def _version(name: str, fields: Object) -> Object:
    schema: Object = ANYTHING
    if "fields" in fields:
        schema = openapi({**({"status": "any"} if fields.get("status") else {}), **fields["fields"]})
    version: Object = {
        "name": name,
        "served": fields.get("served", True),
        "storage": fields.get("storage", False),
        "schema": {"openAPIV3Schema": schema},
    }
    subresources: Object = {}
    if fields.get("status"):
        subresources["status"] = {}
    if "scale" in fields:
        subresources["scale"] = fields["scale"]
    if subresources:
        version["subresources"] = subresources
    if "columns" in fields:
        version["additionalPrinterColumns"] = [
            {"name": title, "jsonPath": path, "type": "string"}
            if isinstance(path, str)
            else {"name": title, "jsonPath": path[0], "type": path[1]}
            for title, path in fields["columns"].items()
        ]
    return version
