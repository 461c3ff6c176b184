"""Where the programs of the pod listen, and by which names others know them.

All of them share the pod's network. Ports but the page's are upstream's: kubeflow/katib v0.19.0, manifests/v1beta1.
"""

METRICS, HEALTH, WEBHOOKS = 8080, 18080, 8443
DATABASE_MANAGER = 6789
PAGES = 8082
"""Upstream's is 8080, where the controller shows its metrics."""

SERVICE = "katib-db-manager"
"""The Service of the database manager; the SDK asks for it by this name in the namespace kubeflow."""

WANTED = {"app.kubernetes.io/part-of": "kubeflow-profile", "katib.kubeflow.org/metrics-collector-injection": "enabled"}
"""The labels of the namespaces that Katib works in: profiles', of those that want it."""


def environment(namespace: str) -> dict[str, str]:
    """Return the variables by which a program finds the database manager and its configuration.

    Kubernetes sets variables of nearly the same names for the Service; all that Katib reads is said here.

    Args:
        namespace: the model's.
    """
    return {
        "KATIB_CORE_NAMESPACE": namespace,
        "KATIB_DB_MANAGER_SERVICE_NAMESPACE": namespace,
        "KATIB_DB_MANAGER_SERVICE_IP": SERVICE,
        "KATIB_DB_MANAGER_SERVICE_PORT": str(DATABASE_MANAGER),
    }
