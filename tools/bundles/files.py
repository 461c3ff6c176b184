"""The text of each file that follows from the description."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tools.bundles import terraform
from tools.bundles.description import FILE, Description, Pair, load
from tools.pack.repository import Repository

WRITTEN = f"# Written from {FILE}, which says the same for all bundles: change it there.\n"


def of(repository: Repository) -> dict[pathlib.PurePosixPath, str]:
    """Return the text of every file that is written, by its path in the repository.

    Raises:
        PackError: the description is none.
    """
    description = load(repository)
    shared = {path.name: path.read_text() for path in (repository.root / terraform.SHARED).glob("*.tf")}
    found = {f"bundles/{name}/bundle.yaml": bundle(description, name) for name in description.bundles}
    found |= {f"bundles/overlays/{name}.yaml": overlay(description, name) for name in description.overlays}
    found |= terraform.files(description, shared)
    return {pathlib.PurePosixPath(path): text for path, text in found.items()}


def bundle(description: Description, name: str) -> str:
    """Return a bundle's bundle.yaml."""
    said = description.bundles[name]
    content = {
        "bundle": "kubernetes",
        "name": name,
        "description": said.description,
        "applications": {
            item: _with_options(description.applications[item], said.options.get(item, {}))
            for item in said.applications
        },
    }
    return WRITTEN + _yaml(content) + _relations(description.between(said.applications))


def overlay(description: Description, name: str) -> str:
    """Return an overlay's file."""
    said = description.overlays[name]
    head = [*said.says.splitlines(), f"./up {said.example} --overlay bundles/overlays/{name}.yaml"]
    content: dict[str, Any] = {
        "applications": {
            **dict.fromkeys(said.remove),
            **{item: _without_defaults(description.applications[item]) for item in said.add},
            **said.change,
        }
    }
    return "".join(f"# {line}\n" for line in head) + WRITTEN + _yaml(content) + _relations(description.brought(name))


def _with_options(application: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    options = {**application.get("options", {}), **more}
    return _without_defaults({**application, "options": options})


def _without_defaults(application: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file says of an application: nothing where Juju's own answer is the same."""
    return {key: value for key, value in application.items() if value not in (False, {})}


def _relations(pairs: Iterable[Pair]) -> str:
    """Return relations with a line for each, which PyYAML would put in quotes."""
    lines = [f"  - [{one}, {other}]\n" for one, other in pairs]
    return "".join(["relations:\n", *lines] if lines else [])


class _Dumper(yaml.SafeDumper):
    """Writes YAML as a person would: texts of several lines as such, nothing for null."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def _yaml(content: Mapping[str, Any]) -> str:
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
