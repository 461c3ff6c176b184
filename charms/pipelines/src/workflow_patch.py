"""What the API adds to the specification of every workflow that it makes.

Source of the fields: Argo Workflows 3.7, WorkflowSpec; of the patch itself: kubeflow/pipelines 2.17,
backend/src/v2/compiler/argocompiler/spec_patch.go.
"""

import json
from collections.abc import Mapping
from typing import Any

TRUSTED = "/run/object-store"
"""Where each step sees whom to trust that the object store is itself."""
VOLUME = "object-store-authority"
Trust = tuple[str, str]
"""A Secret of each namespace, and its key with the authority of the object store."""
ANY = "any"
"""The architecture of nodes where it is not to matter."""
NAMESPACE = "{{workflow.namespace}}"
"""The namespace of a run; Argo puts it in its place, in this patch as in what the API tells drivers."""
AWAY = "(?s)[A-Z][0-9]{4} .*main[.]go:[0-9]+[]] .*code = Unavailable"
"""What a driver or a launcher last says when the API or the metadata are away, as while pipelines' pod is replaced.

Both end by glog's Exit in their main.go with gRPC's error: backend/src/v2/cmd. What steps say has no such line.
"""
AGAIN: Mapping[str, Any] = {
    # Argo looks at the pattern only after this policy has let the message pass, and keeps the message if it has not.
    "retryPolicy": "OnTransientError",
    "expression": f"lastRetry.message matches '{AWAY}'",
    "limit": 10,
    # Seven minutes altogether; the first is also what every step that fails takes longer.
    "backoff": {"duration": "5s", "factor": 2, "cap": "1m"},
}
"""How a step is tried again, unless it says so itself (`set_retry`): Argo takes one or the other as a whole."""


def patch(architecture: str, proxy: Mapping[str, str], trust: Trust | None = None) -> str:
    """Return the patch, as JSON: another try after the API was away, and where and how all programs run.

    Args:
        architecture: of the nodes that pods go to, as Kubernetes' label kubernetes.io/arch has it, or ANY.
        proxy: the variables of the way out; empty where the cluster needs none.
        trust: where the authority is that launchers are to trust; None where the usual ones are enough.
    """
    # Go, in which drivers and launchers are written, trusts what is in these folders beside its own file.
    folders = {"SSL_CERT_DIR": f"/etc/ssl/certs:/etc/pki/tls/certs:{TRUSTED}"} if trust else {}
    variables = [{"name": name, "value": value} for name, value in sorted({**proxy, **folders}.items())]
    # Argo calls the container of a step, in which drivers and launchers run as well, main. By the policy it knows
    # what they last said.
    main = {"name": "main", "terminationMessagePolicy": "FallbackToLogsOnError"}
    main |= {"env": variables} if variables else {}
    main |= {"volumeMounts": [{"name": VOLUME, "mountPath": TRUSTED, "readOnly": True}]} if trust else {}
    pod: dict[str, Any] = {"containers": [main]}
    if trust:
        secret, key = trust
        items = [{"key": key, "path": "authority.pem"}]
        pod["volumes"] = [{"name": VOLUME, "secret": {"secretName": secret, "items": items}}]
    nodes = {} if architecture == ANY else {"nodeSelector": {"kubernetes.io/arch": architecture}}
    return json.dumps({"podSpecPatch": json.dumps(pod), "retryStrategy": AGAIN, **nodes})
