"""What to send to somebody who helps: an archive of texts with nothing in it that she must not read."""

from __future__ import annotations

import datetime
import io
import json
import pathlib
import secrets
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tools.doctor import findings
from tools.doctor.findings import Finding
from tools.doctor.machine import Output
from tools.doctor.redaction import redacted

LISTED = (
    "nodes",
    "namespaces",
    "pods",
    "services",
    "endpointslices",
    "statefulsets",
    "deployments",
    "daemonsets",
    "pvc",
)
MORE = ("storageclasses", "events", "resourcequotas", "networkpolicies", "customresourcedefinitions", "profiles")
"""What is listed of all of Kubernetes: names and states, without what users wrote into their objects."""

WHOLE = ("pods", "services", "statefulsets", "endpointslices", "networkpolicies", "events")
"""What is taken whole of the model's own namespace; no Secret and no ConfigMap is."""

LOG_LINES = 2000


def contents(
    output: Output, model: str, found: Sequence[Finding], pods: Iterable[Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the files: names and texts, not redacted yet.

    Args:
        output: runs commands.
        model: whose statuses and logs are taken.
        found: what the report says.
        pods: namespace, pod and container of each program whose log is taken.
    """
    yield "report.txt", "\n".join(findings.text(found, every=True)) + "\n"
    yield "report.json", json.dumps(findings.document(found), indent=1)
    commands = {
        "juju/status.txt": ("juju", "status", "--model", model, "--relations", "--storage"),
        "juju/status.json": ("juju", "status", "--model", model, "--format=json"),
        "juju/log.txt": ("juju", "debug-log", "--model", model, "--no-tail", "--limit", str(LOG_LINES)),
        "kubernetes/version.json": ("kubectl", "version", "-o", "json"),
    }
    for kind in (*LISTED, *MORE):
        commands[f"kubernetes/{kind}.txt"] = ("kubectl", "get", kind, "-A", "-o", "wide")
    for kind in ("nodes", "storageclasses"):
        commands[f"kubernetes/{kind}.json"] = ("kubectl", "get", kind, "-o", "json")
    for kind in WHOLE:
        commands[f"kubernetes/{model}/{kind}.json"] = ("kubectl", "get", kind, "-n", model, "-o", "json")
    for pod in pods:
        name = f"logs/{pod['namespace']}/{pod['pod']}.{pod['container']}.txt"
        where = ("-n", pod["namespace"], pod["pod"], "-c", pod["container"])
        commands[name] = ("kubectl", "logs", *where, "--tail", str(LOG_LINES))
    for name, command in commands.items():
        text = output(*command)
        yield name, text if text is not None else f"`{' '.join(command)}` failed\n"


def save(path: pathlib.Path, files: Iterable[tuple[str, str]], now: datetime.datetime) -> int:
    """Write a `tar.gz` that its owner alone may read, with every text redacted; return how many there are."""
    salt = secrets.token_hex(8)
    folder = path.name.removesuffix(".gz").removesuffix(".tar").removesuffix(".tgz")
    count = 0
    path.touch(mode=0o600)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files:
            data = redacted(text, salt).encode()
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), int(now.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(data))
            count += 1
    return count
