"""The kind of Workspace that users choose from until administrators describe others: JupyterLab, in three sizes.

Its pods are like those of version 1's servers: they run the same images, as the same user, with kubeflow-edit in their
namespace. Source of the fields, and of the label by which pictures are found: kubeflow/notebooks v2.0.0-beta.0,
workspaces/controller/api/v1beta1 and internal/helper; of the variable: the images' start script.
"""

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from kubeflow_charms.configuration.images import Images
from workspace_images import BUILT_IN, SCIPY

Object = dict[str, Any]

VERSION, KIND, NAME = "kubeflow.org/v1beta1", "WorkspaceKind", "jupyterlab"
HELD = ((VERSION, "Workspace"), (VERSION, KIND))
"""What is there of users': the controller keeps a kind by a finalizer while there is a Workspace of it."""
OWN = "kubeflow-charms/built-in"
"""The label of a kind of the charm's, which the webhook is not asked about."""
PICTURE = {"notebooks.kubeflow.org/image-source": "true"}
DRAWINGS = pathlib.Path(__file__).parent / "drawings"
PORT = 8888
SIZES: Mapping[str, tuple[str, str, str]] = {
    "small": ("Small", "500m", "1Gi"),
    "medium": ("Medium", "2", "8Gi"),
    "large": ("Large", "8", "32Gi"),
}
"""Title, processors and memory of a pod by key; both are asked for, and memory is the limit, too."""


def objects(images: Images, *, app: str, namespace: str) -> list[Object]:
    """Return the kind and the ConfigMap with its drawings.

    Args:
        images: of the pods.
        app: the application, after which the ConfigMap is called.
        namespace: where the ConfigMap is.
    """
    pictures = f"{app}-drawings"
    drawings = {drawing.name: drawing.read_text() for drawing in sorted(DRAWINGS.glob("*.svg"))}
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": pictures, "namespace": namespace, "labels": PICTURE},
            "data": drawings,
        },
        {
            "apiVersion": VERSION,
            "kind": KIND,
            "metadata": {"name": NAME, "labels": {OWN: "true"}},
            "spec": {
                "spawner": {
                    "displayName": "JupyterLab",
                    "description": "Notebooks, terminals and files in the browser, with Python",
                    **{
                        use: {
                            "configMap": {
                                "name": pictures,
                                "namespace": namespace,
                                "key": f"jupyterlab-{use}.svg",
                                "mediaType": "image/svg+xml",
                            }
                        }
                        for use in ("icon", "logo")
                    },
                },
                "podTemplate": _pod(images),
            },
        },
    ]


def _pod(images: Images) -> Object:
    return {
        "serviceAccount": {"clusterRoles": [{"name": "kubeflow-edit"}]},
        "volumeMounts": {"home": "/home/jovyan"},
        "ports": [{"id": NAME, "protocol": "HTTP", "defaultDisplayName": "JupyterLab"}],
        "extraEnv": [{"name": "NB_PREFIX", "value": f'{{{{ httpPathPrefix "{NAME}" }}}}'}],
        "extraVolumes": [{"name": "shared-memory", "emptyDir": {"medium": "Memory"}}],
        "extraVolumeMounts": [{"name": "shared-memory", "mountPath": "/dev/shm"}],
        "securityContext": {"fsGroup": 100},
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "options": {
            "imageConfig": {"spawner": {"default": SCIPY}, "values": list(_images(images))},
            "podConfig": {"spawner": {"default": next(iter(SIZES))}, "values": list(_sizes())},
        },
    }


def _images(images: Images) -> Iterator[Object]:
    for key in BUILT_IN:
        image = images.of(key)
        yield {
            "id": key,
            "spawner": {"displayName": image.rpartition("/")[2]},
            "spec": {"image": image, "ports": [{"id": NAME, "port": PORT}]},
        }


def _sizes() -> Iterator[Object]:
    for key, (title, processors, memory) in SIZES.items():
        yield {
            "id": key,
            "spawner": {"displayName": title, "description": f"{processors} CPU and {memory} of memory"},
            "spec": {
                "resources": {"requests": {"cpu": processors, "memory": memory}, "limits": {"memory": memory}},
            },
        }
