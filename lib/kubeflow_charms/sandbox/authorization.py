"""Whether Kubernetes authorises at all: where every account may do everything, no user has a namespace to herself.

The programs that serve many users ask Kubernetes, by SubjectAccessReviews, what each may do, and rely on it to keep
the tokens of users' pods within their namespaces. An API server that runs with --authorization-mode=AlwaysAllow, as
MicroK8s's does without the add-on rbac, says yes to everything.
"""

from typing import Any

from ..engine.cluster import Reference
from ..engine.problems import Blocked
from ..engine.run import Run

MEMORY = ".authorization"
"""A file beside the charm's code: that Kubernetes authorises; gone with the pod, when asking again is right."""

ACCOUNTS = ("system:serviceaccounts", "system:authenticated")
"""The groups that every pod's account is in, whatever rights it was given."""

REVIEW = Reference("authorization.k8s.io/v1", "SubjectAccessReview", "of no account")


def require(run: Run) -> None:
    """Go on only where Kubernetes refuses what nobody was given; call it in a plan before the programs it protects.

    A pod asks until the answer is good, and once it is, never again: what runs is not stopped.

    Raises:
        Blocked: any account may read all Secrets.
        Waiting: Kubernetes does not answer.
    """
    memory = run.sources.parent / MEMORY
    if memory.exists():
        return
    if run.cluster.call(REVIEW, lambda client, kind, where: _allowed(client, kind, run.namespace)):
        raise Blocked(
            "any account may read all Secrets, run: microk8s enable rbac; elsewhere see docs/troubleshooting.md"
        )
    memory.touch()


def _allowed(client: Any, kind: Any, namespace: str) -> bool:
    """Ask about an account that cannot exist, as no name of one has an underscore."""
    subject = {"user": f"system:serviceaccount:{namespace}:no_account", "groups": list(ACCOUNTS)}
    review = {"spec": {**subject, "resourceAttributes": {"verb": "get", "version": "v1", "resource": "secrets"}}}
    return bool(client.create(kind.from_dict(review))["status"]["allowed"])
