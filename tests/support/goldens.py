"""Golden databags: what each side of a relation writes, and what the other side reads of it.

There is a file for each module of `kubeflow_charms.interfaces`; `tests/wire/README.md` says what is in it.
"""

import dataclasses
import functools
import importlib
import itertools
import json
import pathlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

import kubeflow_charms.interfaces
import msgspec
import yaml
from kubeflow_charms import Interface
from kubeflow_charms.relations.endpoints import Endpoint
from ops import testing

FOLDER = pathlib.Path(__file__).parents[1] / "wire" / "goldens"
Databag = dict[str, str]


@dataclasses.dataclass(frozen=True)
class Side:
    """One side of an interface of ours.

    Attributes:
        module: of `kubeflow_charms.interfaces`.
        name: the constant in it and the side, such as `INGRESS.provider`.
        role: who writes: `provider` or `requirer`.
        codec: what writes and reads it.
        other: what writes and reads the other side; None if it says nothing.
    """

    module: str
    name: str
    role: str
    codec: Any
    other: Any = None

    def struct(self, fields: Any) -> Any:
        """Return our typed value with these fields; None stays None."""
        return None if fields is None else msgspec.convert(fields, _kind(self.codec))


@dataclasses.dataclass(frozen=True)
class Golden:
    """One databag.

    Attributes:
        side: who wrote it.
        writer: `published` or `ours`.
        name: what it shows.
        writes: what the writer was told to write: our fields, or the published library's.
        databag: what it wrote.
        reads: what the reader understands of it: the published library's fields, or ours.
        library: the published code that writes and reads it; see `published.LIBRARIES`.
        schema: what that library has to know of the interface.
        secrets: contents of the Juju secrets that it names, by identifier.
        relate: whether it does for a relation of a charm that nobody answers.
        endpoints: of a charm, by name, to which alone it may be said; empty for any.
        unless: an interface in whose place it is; it is not said to a charm that has both.
    """

    side: Side
    writer: str
    name: str
    writes: Any
    databag: Databag
    reads: Any
    library: str
    schema: Any
    secrets: Mapping[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    relate: bool = True
    endpoints: tuple[str, ...] = ()
    unless: str = ""

    def __str__(self) -> str:
        return f"{self.side.module}.{self.side.name}: {self.name}"


def modules() -> list[str]:
    """Return the modules of the library that define interfaces."""
    return sorted({side.module for side in sides()})


@functools.cache
def sides() -> tuple[Side, ...]:
    """Return every side that says something of every interface that the library speaks."""
    found: list[Side] = []
    for item in pkgutil.iter_modules(kubeflow_charms.interfaces.__path__):
        for constant, value in vars(_module(item.name)).items():
            if isinstance(value, Interface):
                ends = (("provider", value.provider, value.requirer), ("requirer", value.requirer, value.provider))
                found += [
                    Side(item.name, f"{constant}.{role}", role, codec, other) for role, codec, other in ends if codec
                ]
    return tuple(found)


@functools.cache
def load(module: str) -> tuple[Golden, ...]:
    """Return the goldens of a module.

    Raises:
        FileNotFoundError: there are none.
        AttributeError: they are of a side that the module has not.
    """
    document = yaml.safe_load((FOLDER / f"{module}.yaml").read_text())
    shared = {"library": document["library"], "schema": document.get("schema")}
    return tuple(
        Golden(_side(module, name), writer, **{**shared, "reads": golden["writes"], **golden, **_databag(golden)})
        for name, writers in document["sides"].items()
        for writer, written in writers.items()
        if isinstance(written, list)
        for golden in written
    )


def unwritten(module: str) -> dict[str, str]:
    """Return why a side of a module is never written by `published` or `ours`, by `SIDE WRITER`."""
    document = yaml.safe_load((FOLDER / f"{module}.yaml").read_text())
    return {
        f"{name} {writer}": why
        for name, writers in document["sides"].items()
        for writer, why in writers.items()
        if isinstance(why, str)
    }


def of(writer: str) -> Iterator[Golden]:
    """Yield the goldens that this writer wrote: `published` or `ours`."""
    for path in sorted(FOLDER.glob("*.yaml")):
        yield from (golden for golden in load(path.stem) if golden.writer == writer)


def remote(golden: Golden) -> Databag:
    """Return what one of our charms writes at the other side of the relation; nothing if it writes nothing."""
    return next((item.databag for item in of("ours") if item.side.codec == golden.side.other), {})


def said_to(
    endpoint: Endpoint, interfaces: Iterable[str], writers: Iterable[str]
) -> tuple[Databag, list[testing.Secret]]:
    """Return a databag for an endpoint of ours, by the first of these writers who has one, and its secrets.

    Where the other side writes nothing, that is an empty one.

    Args:
        endpoint: who reads it.
        interfaces: of all endpoints of the same charm.
        writers: `published` or `ours`, the preferred one first.

    Raises:
        LookupError: there is no golden that does for a relation.
    """
    for golden in itertools.chain.from_iterable(map(of, writers)):
        fits = not golden.endpoints or endpoint.name in golden.endpoints
        if golden.side.codec == endpoint.theirs and golden.relate and fits and golden.unless not in interfaces:
            secrets = [testing.Secret(content, id=identifier) for identifier, content in golden.secrets.items()]
            return dict(golden.databag), secrets
    if endpoint.theirs is None:
        return {}, []
    raise LookupError(f"no golden databag for the endpoint {endpoint.name}")


def _databag(golden: Mapping[str, Any]) -> dict[str, Databag]:
    return {
        "databag": {
            key: value if isinstance(value, str) else json.dumps(value) for key, value in golden["databag"].items()
        }
    }


def _side(module: str, name: str) -> Side:
    """Return the side of a module with this name: an interface's, or a codec's that no interface has."""
    known = {side.name: side for side in sides() if side.module == module}
    return known.get(name) or Side(module, name, "requirer", getattr(_module(module), name))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"kubeflow_charms.interfaces.{name}")


def _kind(codec: Any) -> Any:
    """Return the struct that a codec writes and reads, as the signature of `encode` or the codec itself says."""
    kind = getattr(codec, "kind", None)
    if kind is not None:
        return kind
    annotation = type(codec).encode.__annotations__["data"]
    return getattr(annotation, "__args__", (annotation,))[0]
