"""The kinds that charms define, and the samples that each charm keeps of what its users write.

A charm's `tests/samples/accepted.yaml` holds objects of its kinds as people really write them; `refused.yaml` mistakes,
each with a part of what the API server answers in the annotation `tests/expected`.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import yaml
from kubeflow_charms.engine.ownership import CHARM, NOT_JUJUS
from kubeflow_charms.parts.crds import ANYTHING, expand
from kubeflow_charms.parts.templates import render

from .apiserver import Object, establish
from .related import ROOTS

EXPECTED = "tests/expected"
NAMESPACE = "default"


@dataclasses.dataclass(frozen=True, eq=False)
class Kind:
    """A kind that a charm defines.

    Attributes:
        charm: its name.
        definition: the CustomResourceDefinition.
    """

    charm: str
    definition: Object

    def __str__(self) -> str:
        return f"{self.charm}:{self.name}"

    @property
    def name(self) -> str:
        """What an object's `kind` says."""
        return self.definition["spec"]["names"]["kind"]

    @property
    def group(self) -> str:
        """Its API group."""
        return self.definition["spec"]["group"]

    @property
    def plural(self) -> str:
        """Its name in URLs."""
        return self.definition["spec"]["names"]["plural"]

    @property
    def versions(self) -> dict[str, Object]:
        """The versions that are served, by name."""
        return {item["name"]: item for item in self.definition["spec"]["versions"] if item["served"]}

    @property
    def open(self) -> bool:
        """Whether any object of this kind is taken: nobody writes one by hand."""
        return all(item["schema"]["openAPIV3Schema"] == ANYTHING for item in self.versions.values())

    def collection(self, version: str) -> str:
        """Return the path of the objects of this kind."""
        spec = self.definition["spec"]
        space = "" if spec["scope"] == "Cluster" else f"/namespaces/{NAMESPACE}"
        return f"/apis/{self.group}/{version}{space}/{self.plural}"


@dataclasses.dataclass(frozen=True)
class Sample:
    """An object of a kind.

    Attributes:
        kind: its kind.
        document: the object.
        expected: a part of the message with which it is refused; empty if it is not.
    """

    kind: Kind
    document: Object
    expected: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def name(self) -> str:
        """The object's name."""
        return self.document["metadata"]["name"]

    @property
    def version(self) -> str:
        """The version of its kind that it is written in."""
        return self.document["apiVersion"].rpartition("/")[2]

    @property
    def fields(self) -> Object:
        """All that its author wrote but for names and labels."""
        return {key: value for key, value in self.document.items() if key not in ("apiVersion", "kind", "metadata")}

    def send(self, client: httpx2.Client, version: str = "", *, keep: bool = False) -> httpx2.Response:
        """Create it as strictly as kubectl does, for real with `keep`, in its own version if none is given."""
        version = version or self.version
        document = {**self.document, "apiVersion": f"{self.kind.group}/{version}"}
        params = {"fieldValidation": "Strict", **({} if keep else {"dryRun": "All"})}
        return client.post(self.kind.collection(version), params=params, json=document)


@functools.cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind that a charm of the repository defines."""
    return tuple(
        Kind(root.name, definition)
        for root in ROOTS
        for path in sorted((root / "src").glob("*crds.yaml"))
        for group in render(path.read_text(), {})
        for definition in expand(group)
    )


def define(client: httpx2.Client, wanted: Iterable[Kind]) -> dict[Kind, str]:
    """Define kinds as their own charms do, so that these find nothing of a stranger's.

    Returns:
        Why a kind is refused, for those that are.
    """
    refusals: dict[Kind, str] = {}
    for kind in wanted:
        metadata = {**kind.definition["metadata"], "labels": {CHARM: kind.charm, **NOT_JUJUS}}
        try:
            establish(client, [{**kind.definition, "metadata": metadata}])
        except AssertionError as error:
            refusals[kind] = str(error)
    return refusals


def accepted() -> list[Sample]:
    """Return what users of every charm write."""
    return [Sample(kind, document) for kind, document in _documents("accepted.yaml")]


def refused() -> list[Sample]:
    """Return what users of every charm get wrong.

    Raises:
        KeyError: one does not say what is expected.
    """
    return [
        Sample(kind, document, document["metadata"]["annotations"][EXPECTED])
        for kind, document in _documents("refused.yaml")
    ]


def _documents(name: str) -> Iterator[tuple[Kind, Object]]:
    for root in ROOTS:
        path = root / "tests" / "samples" / name
        own = {(kind.group, kind.name): kind for kind in kinds() if kind.charm == root.name}
        for document in _load(path) if path.exists() else ():
            yield own[document["apiVersion"].partition("/")[0], document["kind"]], document


def _load(path: pathlib.Path) -> list[Any]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]
