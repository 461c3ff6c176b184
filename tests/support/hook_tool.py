"""A command that Juju gives to hooks, told by its name: it answers from a file, and notes what it was told.

It is a program of its own, which loads little: a hook starts two dozen.
"""

import json
import os
import pathlib
import sys
from typing import Any

STATE, CALLS = "state.json", "calls"
SILENT = ("application-version-set", "close-port", "juju-log", "open-port", "status-set")
RELATIONS = ("relation-get", "relation-ids", "relation-list", "relation-set")
SECRETS = ("secret-add", "secret-get", "secret-grant", "secret-info-get", "secret-set")
FIXED = {"is-leader": "true", "opened-ports": "[]", "state-get": "{}"}
NAMES = (*SILENT, *RELATIONS, *SECRETS, *FIXED, "config-get")
Json = dict[str, Any]


def main(libraries: str) -> None:
    """Be the command that this process was called as.

    Args:
        libraries: the folder with PyYAML.
    """
    program = pathlib.Path(sys.argv[0])
    name, arguments, folder = program.name, sys.argv[1:], program.parents[1]
    given = sys.stdin.read() if arguments[-2:] == ["--file", "-"] else ""
    with (folder / CALLS).open("a") as calls:
        calls.write(json.dumps([name, *arguments, given]) + "\n")
    if name in SILENT or name in FIXED:
        print(FIXED.get(name, ""))
        return
    state = json.loads((folder / STATE).read_text())
    if name == "config-get":
        answer = state["config"]
    elif name in SECRETS:
        answer = _secret(name, arguments, state["secrets"])
    else:
        sys.path.append(libraries)
        answer = _relation(name, arguments, given, state["relations"])
    (folder / STATE).write_text(json.dumps(state))
    print(answer if isinstance(answer, str) and name != "relation-list" else json.dumps(answer))


def _relation(name: str, arguments: list[str], given: str, relations: Json) -> Any:
    if name == "relation-ids":
        return [key for key in relations if key.partition(":")[0] == arguments[0]]
    number = arguments[arguments.index("-r") + 1].rpartition(":")[2]
    relation = next(item for key, item in relations.items() if key.rpartition(":")[2] == number)
    if name == "relation-list":
        return relation["application"] if "--app" in arguments else [f"{relation['application']}/0"]
    if name == "relation-get":
        # Units say nothing of their own here.
        return relation["said"].get(arguments[arguments.index("-") + 1], {})
    import yaml

    application = os.environ["JUJU_UNIT_NAME"].partition("/")[0]
    relation["said"].setdefault(application, {}).update(yaml.safe_load(given))
    return ""


def _secret(name: str, arguments: list[str], secrets: Json) -> Any:
    label = arguments[arguments.index("--label") + 1] if "--label" in arguments else ""
    # A secret's content is in files, which go when the command has ended.
    pairs = [item.partition("#file=") for item in arguments if "#file=" in item]
    content = {key: pathlib.Path(path).read_text() for key, _, path in pairs}
    if name == "secret-add":
        identifier = f"secret:{len(secrets):020}"
        secrets[identifier] = {"label": label, "content": content}
        return identifier
    asked = next((item for item in arguments if item.startswith("secret:")), "")
    found = next((key for key, item in secrets.items() if key == asked or (label and item["label"] == label)), "")
    if not found:
        sys.exit(f"ERROR secret {label or asked!r} not found")
    if name == "secret-get":
        return secrets[found]["content"]
    if name == "secret-info-get":
        about = {"label": secrets[found]["label"], "revision": 1, "rotation": "never"}
        return {found.removeprefix("secret:"): about}
    secrets[found]["content"] |= content
    return ""
