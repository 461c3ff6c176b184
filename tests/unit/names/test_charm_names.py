"""Names and words of options and actions, once for all charms; CONTRIBUTING.md has the rules.

`exceptions.yaml` has what stays against a rule, and why. It may only become shorter: an exception that is none any more
is an error, too. Names that go with the next release keep no rule but that they say what they are called now.
"""

import ast
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[3]
EXCEPTIONS: dict[str, dict[str, str]] = yaml.safe_load(pathlib.Path(__file__).with_name("exceptions.yaml").read_text())
CHARMS: dict[str, Any] = {
    path.parent.name: yaml.safe_load(path.read_text()) for path in sorted(ROOT.glob("charms/*/charmcraft.yaml"))
}
UNITS = ("-seconds", "-minutes", "-hours", "-days")
VERBS = ("add", "apply", "create", "export", "get", "import", "list", "remove", "restore", "rotate", "show", "test")
WHOLE = ("first-steps", "smoke-test", "import", "export", "restore", "test-login")
"""Actions that are called like what Canonical's charms call them, or what everybody does."""
LONGEST = 100
OPTION = len("option public-url: ")
"""What the library puts before the text of a parser that refuses a value."""
FORMER = re.compile(r"The name that (\S+) had; it goes with the release after this one\.")


def declared() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the options of each charm, and its actions."""
    for charm, content in CHARMS.items():
        yield charm, (content.get("config") or {}).get("options") or {}
        yield charm, content.get("actions") or {}


def former(fields: dict[str, Any]) -> str:
    """Return what something is called now; empty if it is no former name."""
    found = FORMER.fullmatch(str(fields.get("description", "")).strip())
    return found[1] if found else ""


def options() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for charm, content in CHARMS.items():
        for name, fields in ((content.get("config") or {}).get("options") or {}).items():
            if not former(fields):
                yield charm, name, fields


def actions() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for charm, content in CHARMS.items():
        for name, fields in (content.get("actions") or {}).items():
            if not former(fields):
                yield charm, name, fields


def hyphens() -> Iterator[str]:
    """Small letters, digits and hyphens."""
    yield from (f"{charm}: {name}" for charm, name, _ in options() if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name))


def secrets() -> Iterator[str]:
    """An option of type secret ends in -secret, and no other option does."""
    for charm, name, fields in options():
        if name.endswith("-secret") != (fields["type"] == "secret"):
            yield f"{charm}: {name}"


def memory() -> Iterator[str]:
    """What limits memory is the text `memory`, which says so."""
    for charm, name, fields in options():
        said = name == "memory" and fields["type"] == "string" and "limit" in fields["description"].lower()
        if "memory" in name and not said:
            yield f"{charm}: {name}"


def times() -> Iterator[str]:
    """A time is a whole number whose name ends in its unit, or a text that says its form: 90s."""
    for charm, name, fields in options():
        timed = re.search(
            r"(^|-)(time|timeout|period|interval|ttl|expiry|duration|seconds|minutes|hours|days)(-|$)", name
        )
        said = fields["type"] == "string" and re.search(r"\b\d+[smhd]\b", fields["description"])
        if timed and not (fields["type"] == "int" and name.endswith(UNITS)) and not said:
            yield f"{charm}: {name}"


def images() -> Iterator[str]:
    """One image ends in -image, several are the map custom-images, and where they come from is image-registry."""
    for charm, name, _ in options():
        if "image" in name.split("-") + name.split("_") or name.endswith("images"):
            if not (name.endswith("-image") or name in ("custom-images", "image-registry")):
                yield f"{charm}: {name}"
        elif name.endswith("registry"):
            yield f"{charm}: {name}"


def registries() -> Iterator[str]:
    """Whoever hands out images says where they come from."""
    for charm, content in CHARMS.items():
        names = (content.get("config") or {}).get("options") or {}
        if any(name.endswith("-image") or name == "custom-images" for name in names) and "image-registry" not in names:
            yield charm


def buckets() -> Iterator[str]:
    """One bucket ends in bucket, several in buckets."""
    for charm, name, _ in options():
        if "bucket" in name and name.split("-")[-1] not in ("bucket", "buckets"):
            yield f"{charm}: {name}"


def logs() -> Iterator[str]:
    """What a program tells is log-level, whether steps' logs are kept is archive-logs."""
    for charm, name, _ in options():
        if {"log", "logs"} & set(name.split("-")) and name not in ("log-level", "archive-logs"):
            yield f"{charm}: {name}"


def shared() -> Iterator[str]:
    """What several charms have means the same: same name, same type."""
    types: dict[str, set[str]] = {}
    for _, name, fields in options():
        types.setdefault(name, set()).add(fields["type"])
    yield from (name for name, found in sorted(types.items()) if len(found) > 1)


def verbs() -> Iterator[str]:
    """An action is a verb and what it is done to; as Canonical's data charms where these have one."""
    for charm, name, _ in actions():
        verb, separator, _ = name.partition("-")
        if name not in WHOLE and not (separator and verb in VERBS):
            yield f"{charm}: {name}"


def sentences() -> Iterator[str]:
    """A description can be read alone: whole sentences that do not lean on the one before."""
    described = [*options(), *actions()]
    described += [
        (charm, f"{name} {param}", fields)
        for charm, name, action in actions()
        for param, fields in (action.get("params") or {}).items()
    ]
    for charm, name, fields in described:
        text = str(fields.get("description", "")).strip()
        if (
            not re.match(r"[A-Z\"']", text)
            or not re.search(r"[.)}:\w\"]$", text)
            or re.match(r"(The same|Likewise|Its|Her|His)\b", text)
        ):
            yield f"{charm}: {name}"


def statuses() -> Iterator[str]:
    """What stands between a charm and active takes at most a hundred characters, values aside."""
    for path in sorted([*ROOT.glob("charms/*/src/*.py"), *ROOT.glob("lib/kubeflow_charms/**/*.py")]):
        if path.stem.endswith("_actions"):
            continue  # What an action answers is no status, and may explain.
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                text = node.args[0]
                more = {"Blocked": 0, "Waiting": 0, "ValueError": 0 if beginning(text).startswith("option") else OPTION}
                if length(text) + more.get(getattr(node.func, "id", ""), -LONGEST) > LONGEST:
                    yield f"{path.parts[-3]}: {beginning(text)}"


def length(node: ast.AST) -> int:
    """Return how many characters a text has of its own."""
    return sum(
        len(item.value) for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)
    )


def beginning(node: ast.AST) -> str:
    words = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return " ".join(" ".join(words).split()[:6])


RULES: list[Callable[[], Iterator[str]]] = [
    hyphens,
    secrets,
    memory,
    times,
    images,
    registries,
    buckets,
    logs,
    shared,
    verbs,
    sentences,
    statuses,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_charm_keeps_the_rule(rule: Callable[[], Iterator[str]]) -> None:
    found, known = set(rule()), set(EXCEPTIONS.get(rule.__name__) or ())
    assert found - known == set(), rule.__doc__
    assert known - found == set(), "these are exceptions no more: take them off exceptions.yaml"


def test_the_exceptions_are_those_of_rules_and_say_why() -> None:
    assert EXCEPTIONS.keys() <= {rule.__name__ for rule in RULES}
    assert [name for found in EXCEPTIONS.values() for name, why in found.items() if len(why.split()) < 4] == []


def test_a_former_name_says_what_it_is_called_now_and_has_no_default() -> None:
    for charm, known in declared():
        for name, fields in known.items():
            if now := former(fields):
                assert now in known, f"{charm}: {name}"
                assert fields.get("type") == known[now].get("type"), f"{charm}: {name}"
                assert "default" not in fields, f"{charm}: {name}"


def test_every_rule_is_in_the_contributors_page() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for word in ("-secret", "`memory`", "-seconds", "`custom-images`", "`image-registry`", "hundred characters"):
        assert word in text


@pytest.mark.parametrize("charm", CHARMS)
def test_the_upstream_projects_pages_are_no_documentation_of_a_charm(charm: str):
    assert set(CHARMS[charm]["links"]) == {"website"}
