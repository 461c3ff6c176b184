"""The configuration of the workflow controller.

Source of the keys: github.com/argoproj/argo-workflows v3.7, config. Each value is YAML text, and JSON is YAML.
"""

import json
from collections.abc import Mapping
from typing import Any

import artefact_repository
from argo_options import NEVER, ArgoOptions
from kubeflow_charms.storage.object_store import Store

METRICS_PORT = 9090
EXECUTOR = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}
"""Of the two containers that accompany each step: where a namespace has a quota, every container has to say."""
USER = 65532
"""Whom those two run as, as in Kubeflow's manifests: their image names nobody, and pods of Pipelines refuse root."""
GRACE = "5m"
"""How long pods stay at least, so that those who look at a step that has just ended still find its pod."""

ALL = 2**31 - 1
"""Where Argo is told to keep 0 workflows of one kind, it deletes each as soon as it has ended."""


def settings(options: ArgoOptions, store: Store, proxy: Mapping[str, str]) -> dict[str, str]:
    """Return the data of the controller's ConfigMap; the login is not among them.

    Args:
        options: the charm's.
        store: where steps leave files.
        proxy: the variables of the way out of the cluster.
    """
    variables = [{"name": name, "value": value} for name, value in sorted(proxy.items())]
    repository = artefact_repository.repository(
        store,
        bucket=store.bucket or options.bucket,
        key_format=options.key_format,
        archive_logs=options.archive_logs,
    )
    found: dict[str, Any] = {
        "artifactRepository": repository,
        "executor": {"imagePullPolicy": "IfNotPresent", "resources": EXECUTOR, "securityContext": confined()}
        | ({"env": variables} if variables else {}),
        "metricsConfig": {"enabled": True, "path": "/metrics", "port": METRICS_PORT, "secure": False},
        "workflowDefaults": {"spec": defaults(options)},
    }
    kept = {"completed": options.keep_succeeded, "failed": options.keep_failed, "errored": options.keep_errored}
    if any(kept.values()):
        found["retentionPolicy"] = {key: number or ALL for key, number in kept.items()}
    if options.parallelism:
        found["parallelism"] = options.parallelism
    if options.namespace_parallelism:
        found["namespaceParallelism"] = options.namespace_parallelism
    return {key: json.dumps(value, sort_keys=True) for key, value in sorted(found.items())}


def confined() -> dict[str, Any]:
    """Return what the containers that accompany each step may do, whatever the step itself may."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def defaults(options: ArgoOptions) -> dict[str, Any]:
    """Return what a workflow's spec says unless it says otherwise."""
    found: dict[str, Any] = {}
    times = {
        "secondsAfterCompletion": options.ttl_after_completion,
        "secondsAfterSuccess": options.ttl_after_success,
        "secondsAfterFailure": options.ttl_after_failure,
    }
    if said := {key: value for key, value in times.items() if value is not None}:
        found["ttlStrategy"] = said
    if options.pod_gc != NEVER:
        found["podGC"] = {"strategy": options.pod_gc, "deleteDelayDuration": GRACE}
    if options.artifact_gc != NEVER:
        found["artifactGC"] = {"strategy": options.artifact_gc}
    return found
