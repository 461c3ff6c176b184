"""The images of the built-in kind, which run in the pods of users' Workspaces.

They are those of version 1's servers, as upstream's own example has them: there are none of version 2. Source: the
samples of kubeflow/notebooks v2.0.0-beta.0, workspaces/controller/manifests/kustomize/samples.
"""

from collections.abc import Mapping

PUBLISHED, TAG = "ghcr.io/kubeflow/kubeflow/notebook-servers", "v1.11.0"
SCIPY = "jupyter-scipy"
BUILT_IN: Mapping[str, str] = {
    SCIPY: f"{PUBLISHED}/jupyter-scipy:{TAG}",
    "jupyter-pytorch": f"{PUBLISHED}/jupyter-pytorch-full:{TAG}",
    "jupyter-tensorflow": f"{PUBLISHED}/jupyter-tensorflow-full:{TAG}",
}
"""The images by key, which is what a Workspace says of its image, too."""
