"""What lets the notebook controller ask servers when they were last used, and keeps it from stopping the others.

Its pod has no sidecar, and so no name that the policies of users' namespaces could let in: they refuse it, and the
controller takes a server that it cannot ask for an idle one. Only Jupyter's answer it. Source of paths and annotations:
kubeflow/notebooks v1.11, culling_controller.go, and the page's apps/common/form.py.
"""

from typing import Any

from kubeflow_charms.parts import AdmissionPolicies, Message

KERNELS = "*/api/kernels"
STOPPED = "kubeflow-resource-stopped"
LAST_ACTIVITY = "notebooks.kubeflow.org/last-activity"
SERVER_TYPE, JUPYTER = "notebooks.kubeflow.org/server-type", "jupyter"


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


def others_go_on(controller: str, others: int) -> AdmissionPolicies:
    """Return the policy that keeps the controller from stopping servers whose activity nobody knows.

    Args:
        controller: its name as a user of Kubernetes.
        others: after how many minutes of their run it may stop those, too; 0 for never.
    """
    context = {
        "controller": controller,
        "others": others,
        "stopped": STOPPED,
        "last_activity": LAST_ACTIVITY,
        "server_type": SERVER_TYPE,
        "jupyter": JUPYTER,
    }
    return AdmissionPolicies("idle-servers", "idle-servers.yaml.j2", context)


def told(idle: int, others: int) -> Message:
    """Return what an operator learns of servers that are stopped, after these minutes."""
    rest = f"after {others} whatever they do" if others else "never"
    return Message(f"idle Jupyter servers stop after {idle} minutes, VS Code, RStudio and others {rest}")


def unasked(app: str) -> Message:
    """Return what an operator learns who wants idle servers stopped, while none can be asked."""
    return Message(f"idle servers go on, run: juju integrate {app}:authorization-policies kubeflow-profiles")
