"""Whether Kubernetes has MutatingAdmissionPolicies: by default since 1.36, and since 1.34 where it is told to."""

from typing import Any

from ..engine.cluster import Reference
from ..engine.remembered import recent
from ..engine.run import Run

VERSIONS = ("admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1")
MEMORY, AN_HOUR = ".mutating-policies", 3600
"""A file beside the charm's code: which version Kubernetes serves, if any; asked anew after so many seconds."""


def served(run: Run) -> str:
    """Return in which version Kubernetes has them; empty if in none.

    Raises:
        Waiting: Kubernetes does not answer.
    """
    memory = run.sources.parent / MEMORY
    if recent(memory, AN_HOUR):
        return memory.read_text()

    def lists(client: Any, kind: Any, _: dict[str, str]) -> bool:
        any(client.list(kind))
        return True

    asked = (Reference(version, "MutatingAdmissionPolicy", "of no name") for version in VERSIONS)
    found = next((item.api_version for item in asked if run.cluster.call(item, lists)), "")
    memory.write_text(found)
    return found
