"""Let the service accounts of profiles' namespaces have a registry's login, or no longer; runs beside `placer`.

Kubernetes gives it from there to each new pod, whoever makes it, unless the pod names logins of its own.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, Object, Refused

ACCOUNTS = "/api/v1/serviceaccounts"


def bring(
    kubernetes: Kubernetes, accounts: Iterable[Object], namespaces: Collection[str], name: str, *, wanted: bool
) -> Iterator[str]:
    """Bring all accounts to what is wanted, and yield what went wrong.

    Args:
        kubernetes: the cluster.
        accounts: all of the cluster.
        namespaces: of profiles.
        name: of the Secret with the login.
        wanted: whether accounts are to have it; what else they have stays.
    """
    for account in accounts:
        metadata = account["metadata"]
        had: list[dict[str, Any]] = account.get("imagePullSecrets") or []
        others = [item for item in had if item.get("name") != name]
        if metadata["namespace"] not in namespaces or (len(others) < len(had)) == wanted:
            continue
        path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{metadata['name']}"
        body = {
            # Whoever changes the list meanwhile is not overruled: the next pass sees what she did.
            "metadata": {"resourceVersion": metadata["resourceVersion"]},
            "imagePullSecrets": [*others, *([{"name": name}] if wanted else [])],
        }
        try:
            kubernetes.merge(path, body)
        except Refused as refusal:
            yield f"ServiceAccount {metadata['name']} in {metadata['namespace']}: {refusal}"
