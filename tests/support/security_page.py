"""What docs/security.md says of each workload, as the cluster has it."""

import pathlib
from collections.abc import Iterable

from .objects import Deployed
from .rights import Right

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "security.md"
IN_PROFILES = "in profiles: "
"""How the rights of a workload begin that changes things there alone, but for its own leases and the like."""
READING = ("get", "list", "watch")


def rows(deployed: Deployed) -> list[str]:
    """Return the beginning of the table's row for each workload of an application: which it is, and its rights."""
    application, identities = deployed.application.deployment.charm, deployed.identities()
    where = dict.fromkeys(deployed.confined(), IN_PROFILES)
    return [
        f"| {application} | {container} | {where.get(container, '')}{may(identities.get(container, ()))} |"
        for container in sorted(deployed.application.deployment.containers)
    ]


def may(rights: Iterable[Right]) -> str:
    """Return what an account may do, in words: what it only looks at, what it changes, and what it asks Kubernetes."""
    asked = {_thing(right) for right in rights if right.resource.endswith("reviews")}
    changed = {_thing(right) for right in rights if right.verb not in READING} - asked
    seen = {_thing(right) for right in rights} - changed - asked
    found = (
        f"{verb} {', '.join(sorted(things))}"
        for verb, things in (("change", changed), ("ask for", asked), ("read", seen))
        if things
    )
    return "; ".join(found) or "nothing"


def _thing(right: Right) -> str:
    resource, _, part = right.resource.partition("/")
    if resource == "*":
        return f"all of {right.group}"
    name = right.resource if part not in ("", "finalizers", "status") else resource
    return f"{name} by name" if right.name else name
