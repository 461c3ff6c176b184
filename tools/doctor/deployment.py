"""What is looked at in a deployment: applications, pods, volumes, certificates, disks and GPUs."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.doctor.cluster import Cluster, Object
from tools.doctor.findings import Finding, fine, note, wrong
from tools.up.advice import Advice
from tools.up.deployment import Row

PULLING = ("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull")
FAILING = ("CrashLoopBackOff", "RunContainerError", "CreateContainerConfigError", "CreateContainerError")

ENDING = datetime.timedelta(days=14)
"""How long before its end a certificate is told of; the charms renew theirs earlier."""

FILLING, FULL = 0.2, 0.1
"""What of a disk or volume may be free before it is told of, and before it is wrong; Kubernetes evicts pods at 0.1."""

CERTIFICATES = r'jsonpath={range .items[*]}{.metadata.name} {.data.tls\.crt}{"\n"}{end}'
"""What is asked of Secrets with certificates: never their keys."""

PROFILE = "app.kubernetes.io/part-of"
"""The label by which the namespace of a profile is known; its value is kubeflow-profile."""


def look(cluster: Cluster, rows: Sequence[Row], advice: Advice, now: datetime.datetime) -> Iterator[Finding]:
    """Yield what there is to say of the deployment in a model.

    Args:
        cluster: where it is.
        rows: of each application.
        advice: knows the model and the commands that help.
        now: the time.
    """
    namespaces = {advice.model, *profiles(cluster.list("namespaces"))}
    watched = namespaces | gpu_operators(cluster)
    yield from disks(cluster)
    yield from pods([it for it in cluster.list("pods") if it["metadata"]["namespace"] in watched])
    yield from volumes([it for it in cluster.list("pvc") if it["metadata"]["namespace"] in namespaces])
    yield from gpus(cluster.list("nodes"))
    yield from certificates(cluster, advice.model, now)
    for row in rows:
        said = row.message or "it does not say why"
        if row.status == "active" and not row.failed:
            yield fine(f"application {row.application}", row.message or "is active")
        elif row.status in ("blocked", "error") or row.failed:
            yield wrong(f"application {row.application}", f"{row.status}: {said}", *advice.help(row))
        else:
            yield note(f"application {row.application}", f"{row.status}: {said}", *advice.help(row))


def profiles(namespaces: Sequence[Object]) -> set[str]:
    """Return the namespaces of profiles."""
    return {
        it["metadata"]["name"]
        for it in namespaces
        if (it["metadata"].get("labels") or {}).get(PROFILE) == "kubeflow-profile"
    }


def gpu_operators(cluster: Cluster) -> set[str]:
    """Return the namespaces of device plugins and what drives GPUs."""
    names = (it["metadata"]["name"] for it in cluster.list("namespaces"))
    return {name for name in names if name.startswith("gpu-operator")}


def pods(found: Sequence[Object]) -> Iterator[Finding]:
    """Yield pods that do not start, with the image or the reason."""
    for pod in found:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        describe = f"kubectl describe pod -n {namespace} {name}"
        status = pod.get("status", {})
        for state in [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]:
            waiting = (state.get("state") or {}).get("waiting") or {}
            ended = (state.get("lastState") or {}).get("terminated") or {}
            logs = f"kubectl logs -n {namespace} {name} -c {state['name']} --previous --tail 50"
            if waiting.get("reason") in PULLING:
                text = f"cannot be pulled for {namespace}/{name}: {waiting.get('message', '')}"
                yield wrong(f"image {state.get('image')}", text, describe)
            elif ended.get("reason") == "OOMKilled":
                yield wrong(f"pod {namespace}/{name}", f"{state['name']} used more memory than it may", describe, logs)
            elif waiting.get("reason") in FAILING:
                text = f"{state['name']}: {waiting['reason']}: {waiting.get('message', '')}"
                yield wrong(f"pod {namespace}/{name}", text, logs)
        for condition in status.get("conditions", ()):
            if condition.get("reason") == "Unschedulable":
                yield wrong(f"pod {namespace}/{name}", f"fits on no node: {condition.get('message', '')}", describe)


def volumes(claims: Sequence[Object]) -> Iterator[Finding]:
    """Yield volume claims without a volume; those that wait for their first pod are not among them."""
    for claim in claims:
        phase = claim.get("status", {}).get("phase")
        name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
        if phase == "Lost":
            yield wrong(
                f"volume {namespace}/{name}", "its volume is gone", f"kubectl describe pvc -n {namespace} {name}"
            )
        elif phase == "Pending":
            yield note(f"volume {namespace}/{name}", "has no volume yet", f"kubectl describe pvc -n {namespace} {name}")


def gpus(nodes: Sequence[Object]) -> Iterator[Finding]:
    """Yield nodes whose GPUs cannot be used."""
    for node in nodes:
        status, name = node.get("status", {}), node["metadata"]["name"]
        for kind, number in (status.get("capacity") or {}).items():
            if not any(word in kind for word in ("nvidia.com/", "amd.com/gpu", "gpu.intel.com/", "habana.ai/")):
                continue
            usable = int((status.get("allocatable") or {}).get(kind, 0))
            if int(number) and not usable:
                text = f"{kind}: none of {number} can be used; its device plugin does not answer, or they are ill"
                yield wrong(f"GPUs of node {name}", text, "kubectl get pods -A | grep -i device-plugin")
            elif usable:
                yield fine(f"GPUs of node {name}", f"{usable} {kind}")


def certificates(cluster: Cluster, model: str, now: datetime.datetime) -> Iterator[Finding]:
    """Yield certificates of the model that end soon: those that gateways serve, and those that webhooks show."""
    found: list[tuple[str, str]] = []
    asked = ("get", "secrets", "-n", model, "--field-selector=type=kubernetes.io/tls", "-o", CERTIFICATES)
    for line in (cluster.text(*asked) or "").splitlines():
        name, _, encoded = line.partition(" ")
        found.append((f"Secret {name}", encoded))
    for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
        for item in cluster.list(kind):
            if (item["metadata"].get("labels") or {}).get("kubeflow-charms/model") != model:
                continue
            for hook in item.get("webhooks") or ():
                bundle = (hook.get("clientConfig") or {}).get("caBundle", "")
                found.append((f"webhooks {item['metadata']['name']}", bundle))
    for name, encoded in dict(found).items():
        yield from _certificate(name, encoded, now)


def _certificate(name: str, encoded: str, now: datetime.datetime) -> Iterator[Finding]:
    from cryptography import x509

    try:
        end = x509.load_pem_x509_certificate(base64.b64decode(encoded)).not_valid_after_utc
    except ValueError:
        return
    if end < now:
        yield wrong(f"certificate of {name}", f"ended on {end:%Y-%m-%d}")
    elif end - now < ENDING:
        yield note(
            f"certificate of {name}", f"ends on {end:%Y-%m-%d}; the charms renew theirs, yours is yours to renew"
        )
    else:
        yield fine(f"certificate of {name}", f"is good until {end:%Y-%m-%d}")


def disks(cluster: Cluster) -> Iterator[Finding]:
    """Yield disks of nodes, and volumes, that fill up, as kubelets tell."""
    for node in cluster.list("nodes"):
        name = node["metadata"]["name"]
        told: Mapping[str, Any] = cluster.read("get", "--raw", f"/api/v1/nodes/{name}/proxy/stats/summary") or {}
        disk = (told.get("node") or {}).get("fs") or {}
        yield from _filling(f"disk of node {name}", disk, f"kubectl describe node {name}")
        for pod in told.get("pods") or ():
            for volume in pod.get("volume") or ():
                if reference := volume.get("pvcRef"):
                    claim = f"{reference['namespace']}/{reference['name']}"
                    command = f"kubectl get pvc -n {reference['namespace']} {reference['name']}"
                    yield from _filling(f"volume {claim}", volume, command)


def _filling(subject: str, told: Mapping[str, Any], command: str) -> Iterator[Finding]:
    capacity, available = told.get("capacityBytes", 0), told.get("availableBytes", 0)
    if not capacity:
        return
    free = available / capacity
    said = f"{available / 2**30:.1f} of {capacity / 2**30:.0f} GiB are free"
    if free < FULL:
        yield wrong(subject, f"is full: {said}", command)
    elif free < FILLING:
        yield note(subject, f"fills up: {said}", command)
    else:
        yield fine(subject, said)
