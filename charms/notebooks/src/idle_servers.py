"""What lets the notebook controller ask servers when they were last used.

Its pod has no sidecar, and so no name that the policies of users' namespaces could let in: they refuse it, and the
controller takes a server that it cannot ask for an idle one. Source: kubeflow/notebooks v1.11, culling_controller.go.
"""

from typing import Any

from kubeflow_charms.parts import Message

KERNELS = "*/api/kernels"


def policy() -> dict[str, Any]:
    """Return the AuthorizationPolicy; it goes to the namespace of every profile.

    It tells which kernels run and when they last did something, no more, to pods outside the mesh alone: neither to
    the gateway, through which other users come, nor to other users' pods.
    """
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "notebook-activity"},
        "spec": {
            "action": "ALLOW",
            "rules": [
                {
                    "from": [{"source": {"notPrincipals": ["*"]}}],
                    "to": [{"operation": {"methods": ["GET"], "paths": [KERNELS]}}],
                }
            ],
        },
    }


def unasked(app: str) -> Message:
    """Return what an operator learns who wants idle servers stopped, while none can be asked."""
    return Message(f"idle servers go on, run: juju integrate {app}:authorization-policies kubeflow-profiles")
