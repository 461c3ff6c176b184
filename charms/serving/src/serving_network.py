"""Where the programs of the pod listen, and which namespaces models are served in.

All programs share the pod's network. KServe's ports are upstream's: kserve/kserve v0.15.2, cmd/manager.
"""

WEBHOOKS, METRICS, HEALTH = 9443, 8080, 8081
PAGES = 5000
ROUTES = 8082
"""Where the program that makes routes says how it is."""
INTERNAL = (METRICS, HEALTH, ROUTES)

WANTED = {"app.kubernetes.io/part-of": "kubeflow-profile"}
"""The label of the namespaces that models are served in: profiles'."""
USER_HEADER = "kubeflow-userid"
"""The header in which the gatekeeper says who the user is."""
