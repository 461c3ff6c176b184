"""What a user ticks to let a notebook speak to Pipelines: the PodDefault `access-ml-pipeline`.

Source of its name, label, path and variable: the published kfp-profile-controller and the SDK `kfp`.
"""

from typing import Any

from api_server import AUDIENCE

FOLDER = "/var/run/secrets/kubeflow/pipelines"
LABEL = {"access-ml-pipeline": "true"}


def access() -> dict[str, Any]:
    """Return the PodDefault: a token of the namespace's account, which Kubernetes renews before it expires."""
    token = {"path": "token", "audience": AUDIENCE, "expirationSeconds": 7200}
    volume = "volume-kf-pipeline-token"
    return {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": "access-ml-pipeline"},
        "spec": {
            "desc": "Allow access to Kubeflow Pipelines",
            "selector": {"matchLabels": LABEL},
            "volumes": [{"name": volume, "projected": {"sources": [{"serviceAccountToken": token}]}}],
            "volumeMounts": [{"name": volume, "mountPath": FOLDER, "readOnly": True}],
            "env": [{"name": "KF_PIPELINES_SA_TOKEN_PATH", "value": f"{FOLDER}/token"}],
        },
    }
