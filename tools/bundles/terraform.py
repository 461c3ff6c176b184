"""What Terraform's modules read of the description, and a module for each bundle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.bundles.description import Description

SHARED = "terraform/applications"
"""The module that is written by hand: what the module of each bundle passes its variables to."""

PASSWORD = re.compile(r"password|secret|(?:access|ssl|private)-key")
"""Options of this name that are text are passwords or keys."""

NOTE = "# Written from bundles/description.yaml and terraform/applications: change it there.\n"


def files(description: Description, shared: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each file below terraform/ that is written, by its path in the repository.

    Args:
        description: of all bundles.
        shared: the texts of the shared module's files.
    """
    found = {f"{SHARED}/tables.json": json.dumps(_tables(description), indent=1) + "\n"}
    variables = [block for block in _blocks(shared["variables.tf"]) if _name(block) != "bundle"]
    for name in description.bundles:
        found |= {
            f"terraform/{name}/main.tf": _main(name, [_name(block) for block in variables]),
            f"terraform/{name}/variables.tf": NOTE + "\n" + "\n".join(variables),
            f"terraform/{name}/outputs.tf": NOTE + "\n" + "\n".join(map(_passed_on, _blocks(shared["outputs.tf"]))),
            f"terraform/{name}/versions.tf": NOTE + "\n" + shared["versions.tf"],
        }
    return found


def _tables(description: Description) -> dict[str, Any]:
    charms = {charm["name"]: charm.get("config", {}).get("options", {}) for charm in description.charms.values()}
    return {
        "charms": sorted(charms),
        "applications": {name: {**it} for name, it in description.applications.items()},
        "relations": [[*pair] for pair in description.relations],
        "bundles": {
            name: {"applications": [*it.applications], "options": it.options}
            for name, it in description.bundles.items()
        },
        "overlays": {
            name: {"add": [*it.add], "remove": [*it.remove], "change": it.change}
            for name, it in description.overlays.items()
        },
        "options": {name: sorted(options) for name, options in charms.items()},
        "secrets": {name: found for name, options in charms.items() if (found := [*_of_type(options, "secret")])},
        "passwords": {
            name: found
            for name, options in charms.items()
            if (found := [it for it in _of_type(options, "string") if PASSWORD.search(it)])
        },
    }


def _of_type(options: Mapping[str, Mapping[str, Any]], kind: str) -> Iterator[str]:
    return (name for name, it in sorted(options.items()) if it["type"] == kind)


def _blocks(text: str) -> list[str]:
    """Return the blocks of a file, each of which ends with a brace at the beginning of a line."""
    return [f"{block.strip()}\n}}\n" for block in text.split("\n}\n") if block.strip()]


def _name(block: str) -> str:
    return block.split('"')[1]


def _passed_on(block: str) -> str:
    """Return an output of the module of a bundle for one of the shared module, which has checked it."""
    unchecked = re.sub(r"\n\n  precondition .*(?=\n}\n)", "", block, flags=re.DOTALL)
    return re.sub(r"value( +)= .*", rf"value\1= module.applications.{_name(block)}", unchecked)


def _main(bundle: str, variables: list[str]) -> str:
    width = max(map(len, variables))
    lines = [f'  {"bundle":{width}} = "{bundle}"', *(f"  {name:{width}} = var.{name}" for name in variables)]
    return NOTE + '\nmodule "applications" {\n  source = "../applications"\n\n' + "\n".join(lines) + "\n}\n"
