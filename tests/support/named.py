"""What pages can name: applications with their endpoints, options, actions and containers, and the tools' options."""

import dataclasses
import functools
import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import typer.main
import yaml

from tests.support.pages import ROOT, Page
from tools.__main__ import program

FOREIGN = ROOT / "tests/unit/docs/foreign.yaml"

PLACEHOLDER = re.compile(r"[A-Z]|\.\.\.|secret:|^[-@<>]")
"""What stands for something that people have to put in its place; flags, files and redirections too."""


@dataclasses.dataclass(frozen=True)
class Named:
    """A charm, as far as pages name what it has.

    Attributes:
        provides, requires: the interface of each endpoint.
        actions: the parameters of each action.
    """

    name: str
    provides: Mapping[str, str]
    requires: Mapping[str, str]
    options: Collection[str]
    actions: Mapping[str, Collection[str]]
    containers: Collection[str] = ()
    resources: Collection[str] = ()
    storage: Collection[str] = ()

    @property
    def endpoints(self) -> Mapping[str, str]:
        return {**self.provides, **self.requires}


@functools.cache
def charms() -> Mapping[str, Named]:
    """Return what there is of each charm, ours and other publishers'."""
    found = {name: _foreign(name, it) for name, it in yaml.safe_load(FOREIGN.read_text()).items()}
    for path in ROOT.glob("charms/*/charmcraft.yaml"):
        content = yaml.safe_load(path.read_text())
        found[content["name"]] = _ours(content)
    return found


@functools.cache
def applications() -> Mapping[str, tuple[Named, ...]]:
    """Return the charms that an application may have, by its name: as bundles and overlays say, or the charm's own."""
    found: dict[str, tuple[Named, ...]] = {name: (it,) for name, it in charms().items()}
    for path in [*ROOT.glob("bundles/*/bundle.yaml"), *ROOT.glob("bundles/overlays/*.yaml")]:
        for name, it in yaml.safe_load(path.read_text())["applications"].items():
            charm = charms().get((it or {}).get("charm", ""))
            if charm and charm not in found.get(name, ()):
                found[name] = (*found.get(name, ()), charm)
    return found


def _ours(content: Mapping[str, Any]) -> Named:
    def interfaces(side: str) -> dict[str, str]:
        return {name: it["interface"] for name, it in content.get(side, {}).items()}

    actions = {name: {**(it.get("params") or {})} for name, it in content.get("actions", {}).items()}
    return Named(
        content["name"],
        interfaces("provides"),
        interfaces("requires"),
        content.get("config", {}).get("options", {}),
        actions,
        content.get("containers", {}),
        content.get("resources", {}),
        content.get("storage", {}),
    )


def _foreign(name: str, it: Mapping[str, Any]) -> Named:
    return Named(name, it.get("provides", {}), it.get("requires", {}), it.get("options", ()), it.get("actions", {}))


def faults(words: Sequence[str]) -> Iterator[str]:
    """Yield what a command names that is not there; placeholders may be anything."""
    if words[0] == "juju" and len(words) > 1:
        yield from _juju(words[1], [word for word in words[2:]])
    elif words[0] == "kubectl":
        yield from _kubectl(words)
    elif words[0] == "./up":
        own = words[1] if words[1:2] and words[1] in ("doctor", "backup", "restore") else ""
        yield from _flags(own or "up", words[1 + bool(own) :])
    elif words[0].endswith("tools") or (len(words) > 2 and words[1:3] == ["-m", "tools"]):
        rest = words[words.index("tools") + 1 :] if "tools" in words else words[1:]
        yield from _tools(rest)


def _juju(command: str, words: list[str]) -> Iterator[str]:
    plain = _without_flags(words)
    if command in ("integrate", "remove-relation"):
        yield from _relation(plain[:2])
    elif command == "config" and plain:
        yield from _options(plain[0], [word.partition("=")[0] for word in plain[1:]])
    elif command == "run" and len(plain) > 1:
        yield from _action(plain[0].partition("/")[0], plain[1], [word.partition("=")[0] for word in plain[2:]])
    elif command in ("refresh", "scale-application", "trust", "status", "remove-application"):
        names = plain if command == "remove-application" else plain[:1]
        yield from (f"there is no application {name}" for name in names if _real(name) and name not in applications())
    elif command == "attach-resource" and len(plain) > 1:
        yield from _resource(plain[0], plain[1].partition("=")[0])
    elif command == "deploy" and "--storage" in words and plain[0] in charms():
        storage = words[words.index("--storage") + 1].partition("=")[0]
        if storage not in charms()[plain[0]].storage:
            yield f"{plain[0]} has no storage {storage}"


def _resource(name: str, resource: str) -> Iterator[str]:
    if _real(name) and not any(resource in charm.resources for charm in applications().get(name, ())):
        yield f"{name} has no resource {resource}"


def _relation(ends: Sequence[str]) -> Iterator[str]:
    kinds: list[set[tuple[str, str]]] = []
    for end in ends:
        name, _, endpoint = end.partition(":")
        if not _real(name) or "/" in name:
            continue
        if name not in applications():
            yield f"there is no application {name}"
        elif endpoint and _real(endpoint):
            having = [charm for charm in applications()[name] if endpoint in charm.endpoints]
            if not having:
                yield f"{name} has no endpoint {endpoint}"
            kinds.append({(it.endpoints[endpoint], "provides" if endpoint in it.provides else "") for it in having})
    if len(kinds) == 2 and all(kinds):
        fits = any(one[0] == other[0] and one[1] != other[1] for one in kinds[0] for other in kinds[1])
        if not fits:
            yield f"{' and '.join(ends)} do not fit each other"


def _options(name: str, given: Sequence[str]) -> Iterator[str]:
    if not _real(name):
        return
    if name not in applications():
        yield f"there is no application {name}"
        return
    for option in given:
        if _real(option) and not any(option in charm.options for charm in applications()[name]):
            yield f"{name} has no option {option}"


def _action(name: str, action: str, given: Sequence[str]) -> Iterator[str]:
    if not _real(name) or not _real(action):
        return
    having = [charm for charm in applications().get(name, ()) if action in charm.actions]
    if not having:
        yield f"{name} has no action {action}"
    for parameter in given if having else ():
        if _real(parameter) and not any(parameter in charm.actions[action] for charm in having):
            yield f"the action {action} of {name} has no parameter {parameter}"


def _kubectl(words: Sequence[str]) -> Iterator[str]:
    for flag, container in itertools.pairwise(words):
        if flag != "-c" or not _real(container):
            continue
        for word in words:
            name = re.sub(r"-\d+$", "", word)
            charms = applications().get(name, ()) if word != name else ()
            if charms and not any(container in charm.containers for charm in charms):
                yield f"{name} has no container {container}"


def _tools(words: Sequence[str]) -> Iterator[str]:
    if words and _real(words[0]):
        yield from _flags(words[0], words[1:])


@functools.cache
def _command(name: str) -> Any:
    return typer.main.get_command(program([])).commands.get(name)  # type: ignore[attr-defined]


def _flags(name: str, words: Sequence[str]) -> Iterator[str]:
    command = _command(name)
    if command is None:
        yield f"tools has no command {name}"
        return
    rest = list(words)
    if hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        found = command.commands.get(rest.pop(0))
        if found is None:
            yield f"tools {name} has no command {words[0]}"
            return
        command = found
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in rest:
        if word.startswith("--") and word.partition("=")[0] not in {*known, "--help"}:
            yield f"tools {name} has no option {word}"


def _without_flags(words: Sequence[str]) -> list[str]:
    """Return the words that are no flags and no values of flags, but for `--reset OPTION`, which names one."""
    alone = (
        "--trust",
        "--string-args",
        "--force",
        "--no-wait",
        "--reset",
        "--destroy-storage",
        "--relations",
    )
    plain: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word not in alone and "=" not in word
        else:
            plain.append(word)
    return plain


def _real(word: str) -> bool:
    return not PLACEHOLDER.search(word)


def tables(page: Page, head: str) -> Iterator[list[str]]:
    """Yield, of each row of each table whose first column is called so, the code in its first cell."""
    for table in re.findall(rf"^\| {head} \|.*\n\|[-| ]+\|\n((?:\|.*\n?)+)", page.text, re.MULTILINE):
        for row in table.splitlines():
            yield re.findall(r"`([^`]+)`", row.split(" | ")[0])
