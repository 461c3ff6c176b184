"""What a kind leaves without a type. One object that a controller cannot read hides those of all users from it."""

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from kubeflow_charms.definitions.kubernetes_shapes import KUBERNETES
from kubeflow_charms.parts.templates import render
from support.related import ROOTS

EXCUSES: list[dict[str, Any]] = yaml.safe_load(pathlib.Path(__file__).with_name("free_parts.yaml").read_text())
FREE = ("any", "anything")
FILES = [path for root in ROOTS for path in sorted((root / "src").glob("*crds.yaml"))]


def kinds() -> Iterator[tuple[str, Any]]:
    """Each kind that a charm defines, as `charm:Kind`, with its versions."""
    for path in FILES:
        for group in render(path.read_text(), {}):
            for kind, definition in group["kinds"].items():
                yield f"{path.parts[-3]}:{kind}", definition["versions"]


def free(shape: Any, path: str) -> Iterator[str]:
    """The paths of all that has no type, `.*` being fields that are not named."""
    if shape in FREE:
        yield path
    elif isinstance(shape, list):
        yield from free(shape[0], f"{path}[]")
    elif isinstance(shape, dict):
        for name, value in shape.items():
            if name == "$shape" or not name.startswith("$"):
                yield from free(value, path if name == "$shape" else f"{path}.{name.removesuffix('!')}".lstrip("."))


def found() -> dict[str, set[str]]:
    """What is free in a kind, in any of its versions."""
    return {
        kind: {
            path
            for version in versions.values()
            for path in (free(version["fields"], "") if "fields" in version else ["*"])
        }
        for kind, versions in kinds()
    }


def matches(text: str, patterns: list[str]) -> bool:
    return any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) for pattern in patterns)


@pytest.mark.parametrize(("kind", "parts"), sorted(found().items()), ids=sorted(found()))
def test_each_part_of_a_kind_has_a_type_or_is_excused_with_the_reason(kind: str, parts: set[str]):
    excused = [part for excuse in EXCUSES if matches(kind, excuse["kinds"]) for part in excuse["parts"]]
    assert sorted(part for part in parts if not matches(part, excused)) == []


@pytest.mark.parametrize("excuse", EXCUSES, ids=lambda excuse: excuse["why"])
def test_no_excuse_is_for_a_part_that_has_a_type_by_now(excuse: dict[str, Any]):
    for kind in excuse["kinds"]:
        assert [name for name in found() if matches(name, [kind])], kind
    parts = {part for kind, free in found().items() if matches(kind, excuse["kinds"]) for part in free}
    assert [pattern for pattern in excuse["parts"] if not any(matches(part, [pattern]) for part in parts)] == []


@pytest.mark.parametrize("shape", sorted(KUBERNETES))
def test_of_kubernetes_own_types_nothing_known_is_free(shape: str):
    known = {"metadata": {"managedFields[].fieldsV1"}}
    assert set(free(KUBERNETES[shape], "")) == known.get(shape, set())
