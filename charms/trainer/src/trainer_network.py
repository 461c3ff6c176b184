"""Where the programs of the pod listen, and which namespaces training jobs are run in.

Both share the pod's network, and would take the same ports by themselves. Trainer's are upstream's: kubeflow/trainer
v2.3.0, manifests/base/manager.
"""

TRAINER_WEBHOOKS, TRAINER_HEALTH, METRICS = 9443, 8081, 8080
JOBSET_WEBHOOKS, JOBSET_HEALTH = 9444, 8082
ASKED = (TRAINER_WEBHOOKS, JOBSET_WEBHOOKS)
INTERNAL = (METRICS, TRAINER_HEALTH, JOBSET_HEALTH)

WANTED = {"app.kubernetes.io/part-of": "kubeflow-profile"}
"""The label of the namespaces that training jobs are run in: profiles'."""
CERTIFICATES = "/tmp/k8s-webhook-server/serving-certs"
"""Where both programs look for what they show the API server; each has a file system of its own."""
