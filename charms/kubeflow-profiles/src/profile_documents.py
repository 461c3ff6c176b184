"""What operators write about profiles: parameters of actions, and files of profiles.

A file may also be one that the published charm github-profiles-automator reads, with `owner` as kind and name, and
`resources` as a ResourceQuota's spec; or what `juju run` printed for list-profiles, in each of its formats.
"""

import re
from collections.abc import Mapping
from typing import Any

from kubeflow_charms.configuration import options, plain_yaml
from profile_objects import ROLES, Contributor, Profile
from profile_quotas import hard, specification

NONE = "none"
"""What takes a quota away."""
OWNERS = ("User", "Group")
PROGRESS = re.compile(r"\A(?:Running operation .*\n|\s+- task .*\n|Waiting for task .*\n|\s*\n)+")
"""What `juju run` tells on its standard error while an action runs, before its results."""

KEYS = ("name", "owner", "quota", "resources", "contributors", "problem")


def profile(name: str, owner: str, quota: str) -> Profile:
    """Return the profile that the parameters of create-profile describe.

    Raises:
        ValueError: one of them is wrong; says what was expected.
    """
    amounts = {} if quota.strip() == NONE else options.pairs(quota)
    wanted = {"hard": hard(amounts)} if quota.strip() else None
    return Profile(name=_name(name), owner=_owner(owner), quota=wanted)


def contributor(user: Any, role: Any) -> Contributor:
    """Return a contributor.

    Raises:
        ValueError: the user has no name, or the role is none.
    """
    if role not in ROLES:
        raise ValueError(f"role {role!r} is unknown, expected one of {', '.join(ROLES)}")
    return Contributor(_person(user), role)


def read(text: str) -> list[Profile]:
    """Return the profiles of a file: a YAML list, which may be under the key `profiles`, or what list-profiles showed.

    Raises:
        ValueError: some are wrong; the message names the profile and what was expected, for each.
    """
    items = _saved(_load(PROGRESS.sub("", text)))
    if not isinstance(items, list):
        raise ValueError("expected a list of profiles with name and owner")
    found: list[Profile] = []
    wrong: list[str] = []
    for position, item in enumerate(items, 1):
        try:
            found.append(_profile(item))
        except ValueError as error:
            label = item.get("name") if isinstance(item, dict) else None
            wrong.append(f"profile {label or position}: {error}")
    names = [item.name for item in found]
    wrong += [f"profile {name}: is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    if wrong:
        raise ValueError("; ".join(wrong))
    return found


def _load(text: str) -> Any:
    try:
        return plain_yaml.load(text)
    except ValueError as error:
        raise ValueError("no YAML, expected a list of profiles with name and owner") from error


def _saved(document: Any) -> Any:
    """Return the list of profiles that a file has, in whatever `juju run` wrapped it.

    Juju prints the results of an action, the text below `profiles`; with `--format` it prints a mapping of units to
    what is known of the task, with `results` in it. Source: juju/juju, cmd/juju/action/common.go.
    """
    for _ in range(5):
        if isinstance(document, str):
            document = _load(document)
        elif isinstance(document, dict):
            alone = next(iter(document.values())) if len(document) == 1 else None
            inner = document.get("profiles", document.get("results", alone))
            if inner is None:
                break
            document = inner
    return document


def _profile(item: Any) -> Profile:
    if not isinstance(item, dict):
        raise ValueError("expected a mapping with name and owner")
    if unknown := [str(key) for key in item if key not in KEYS]:
        raise ValueError(f"{', '.join(unknown)} is unknown, expected {', '.join(KEYS[:-1])}")
    people = item.get("contributors") or []
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise ValueError("contributors are no list of {name, role}")
    return Profile(
        name=_name(item.get("name")),
        owner=_owner(item.get("owner")),
        quota=_quota(item),
        contributors=tuple(contributor(person.get("name"), person.get("role", "edit")) for person in people),
    )


def _quota(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if "resources" in item:
        return specification(item["resources"])
    if "quota" not in item:
        return None
    if not isinstance(item["quota"], dict):
        raise ValueError("quota is no mapping, expected {cpu: 8, memory: 32Gi, nvidia.com/gpu: 1}")
    return {"hard": hard(item["quota"])}


def _name(name: Any) -> str:
    try:
        return options.name(_text(name))
    except ValueError as error:
        raise ValueError(f"name: {error}") from error


def _owner(owner: Any) -> Mapping[str, str]:
    if not isinstance(owner, dict):
        return {"kind": "User", "name": _person(owner)}
    if owner.get("kind", "User") not in OWNERS:
        raise ValueError(f"owner's kind {owner['kind']!r} is unknown, expected one of {', '.join(OWNERS)}")
    return {"kind": owner.get("kind", "User"), "name": _person(owner.get("name"))}


def _person(name: Any) -> str:
    # Istio would take an asterisk at either end for any text.
    if not (text := _text(name)) or re.search(r"[\s*]", text):
        raise ValueError(f"{name!r} is no user, expected the name to log in with, such as ada@example.com")
    return text


def _text(value: Any) -> str:
    """Return a name as it was typed, which may be a number; nothing for what is none."""
    return plain_yaml.text(value) if isinstance(value, str | int | float) else ""
