"""No program is started with a flag or a variable that its release does not have, as flags.yaml tells of it."""

import ast
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[3]
COMPONENTS: dict[str, Any] = yaml.safe_load(pathlib.Path(__file__).with_name("flags.yaml").read_text())
RELEASES: dict[str, Any] = yaml.safe_load((ROOT / "charms" / "releases.yaml").read_text())
PROGRAMS = {path: said for component in COMPONENTS.values() for path, said in component["programs"].items()}
FLAG = re.compile(r"(?:^|\s)--?([A-Za-z][\w-]*)(?==|\s|$)")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{3,}")
ELSEWHERE = {"NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "SSL_CERT_DIR", "CONFIGURATION_DIGEST"}
"""Variables of Node.js, of Go, and one of our own that only makes a program start anew."""


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts of a module as they are written, with a sign for what is filled in; no docstrings."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        documented = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not documented:
            yield from texts(child)


def flags(source: str) -> set[str]:
    return {flag for text in texts(ast.parse(source)) for flag in FLAG.findall(text)}


def variables(source: str) -> set[str]:
    keys = [key for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Dict) for key in node.keys]
    named = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return {name for name in named if VARIABLE.fullmatch(name)} - ELSEWHERE


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_is_written_down_is_of_the_release_that_the_charms_have(component: str):
    assert COMPONENTS[component]["release"] == RELEASES[component]["release"]


@pytest.mark.parametrize("path", [path for path, said in PROGRAMS.items() if "flags" in said])
def test_a_program_is_started_with_flags_that_it_has(path: str):
    assert flags((ROOT / path).read_text()) <= set(PROGRAMS[path]["flags"])


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_program_is_given_variables_that_it_reads(path: str):
    assert variables((ROOT / path).read_text()) <= set(PROGRAMS[path].get("variables", ()))


def test_flags_are_found_in_whatever_way_a_command_is_written():
    source = (
        '"""Of --documented alone."""\ncommand = f"/manager -one={1} --two={2} "\nothers = ["--three", f"{3}-no"]\n'
    )
    assert flags(source) == {"one", "two", "three"}


def test_variables_are_found_where_an_environment_is_made():
    assert variables('found = {"SOME_NAME": "", "other": "", **{"FURTHER": 1}, "NODE_OPTIONS": ""}') == {
        "SOME_NAME",
        "FURTHER",
    }
