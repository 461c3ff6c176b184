"""The file browser for a volume.

Source of its variables, and of the keys of a viewer: kubeflow/notebooks v1.11, viewer-spec.yaml of the volumes page,
and the PVCViewer controller's webhook.
"""

from typing import Any

from kubeflow_charms.networking import network

PORT = 8080
PREFIX = "/pvcviewers"
FOLDER = "/srv"
VOLUME = "viewer-volume"
"""The name that the controller's webhook gives to the volume."""


def template(image: str) -> dict[str, Any]:
    """Return the spec of the viewers that the page makes; it fills in $NAME, of viewer and claim, and $NAMESPACE."""
    volume = {"name": VOLUME, "persistentVolumeClaim": {"claimName": "$NAME"}}
    return {
        "pvc": "$NAME",
        "podSpec": {**_pod(image, [], "$NAMESPACE/$NAME"), "volumes": [volume]},
        "networking": {"targetPort": PORT, "basePrefix": PREFIX, "rewrite": "/", "timeout": "30s"},
        "rwoScheduling": True,
    }


def pod(image: str) -> dict[str, Any]:
    """Return the pod of a viewer that says none: it asks Kubernetes whose it is, and the webhook adds its volume."""
    learnt = {"NAMESPACE": "metadata.namespace", "NAME": "metadata.labels['app.kubernetes.io/name']"}
    variables = [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in learnt.items()]
    return _pod(image, variables, "$(NAMESPACE)/$(NAME)")


def _pod(image: str, variables: list[dict[str, Any]], whose: str) -> dict[str, Any]:
    settings = {
        "FB_ADDRESS": network.in_url(network.anywhere()),
        "FB_PORT": str(PORT),
        "FB_DATABASE": "/tmp/filebrowser.db",
        # The gateway knows who the user is, and lets no other one in.
        "FB_NOAUTH": "true",
        "FB_BASEURL": f"{PREFIX}/{whose}/",
    }
    return {
        "serviceAccountName": "default-editor",
        "containers": [
            {
                "name": "main",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "env": [*variables, *({"name": name, "value": value} for name, value in settings.items())],
                "ports": [{"containerPort": PORT}],
                "readinessProbe": {"tcpSocket": {"port": PORT}, "initialDelaySeconds": 2, "periodSeconds": 10},
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": VOLUME, "mountPath": FOLDER}],
                "workingDir": FOLDER,
            }
        ],
    }
