"""What the cluster's network refuses: a pod that belongs to nobody reaches no port that a policy guards."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import pytest
from support.browser import Browser
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import kubectl, look_up

from testbed.workloads import PYTHON

DASHBOARD = "kubeflow-dashboard"
SERVED = 8080
SECONDS = 30.0
"""How soon a policy has to be in force."""
LOADED = 60.0
"""How soon many are, when a namespace comes to be a profile beside all else that goes on in the cluster."""
SERVE = ["python3", "-m", "http.server", "-d", "/tmp", str(SERVED)]
CONNECT = """
import json, socket, sys
found = {}
for place in sys.argv[1:]:
    host, port = place.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
        found[place] = "open"
    except ConnectionRefusedError:
        found[place] = "refused"
    except OSError as error:
        found[place] = str(error)
print(json.dumps(found))
"""

Address = tuple[str, int]


@pytest.fixture(scope="module")
def foreign(inside_testbed: None) -> Iterator[str]:
    """A namespace with two pods, `caller` and `callee`, the first labelled as the gateway is."""
    name = "foreign"
    kubectl("create", "namespace", name)
    labels = {"caller": {"istio": "ingressgateway", "app.kubernetes.io/name": "istio-ingressgateway"}, "callee": {}}
    try:
        for pod, its in labels.items():
            kubectl("apply", "-f", "-", given=json.dumps(serving(name, pod, its)))
        kubectl("wait", "-n", name, "pod", "--all", "--for=condition=Ready", "--timeout=120s")
        yield name
    finally:
        kubectl("delete", "namespace", name, "--ignore-not-found")


def serving(namespace: str, name: str, labels: dict[str, str]) -> dict[str, Any]:
    """Return a pod that listens."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "containers": [{"name": "main", "image": PYTHON, "command": SERVE}],
            "terminationGracePeriodSeconds": 0,
        },
    }


def deny(namespace: str) -> dict[str, Any]:
    """Return a policy that nobody may call the pods of a namespace."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    metadata = {"name": "deny", "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def seen_by(namespace: str, places: Iterable[Address]) -> dict[str, str]:
    """Return what the caller in a namespace meets at each place: open, refused, or another error."""
    given = [f"{host}:{port}" for host, port in places]
    return json.loads(kubectl("exec", "-n", namespace, "caller", "--", "python3", "-c", CONNECT, *given))


def is_shut(namespace: str, places: Iterable[Address]) -> bool:
    """Tell that the caller in a namespace is refused everywhere; else what it meets is said.

    Raises:
        AssertionError: something is not refused; the message names it.
    """
    met = {place: word for place, word in seen_by(namespace, places).items() if word != "refused"}
    assert not met
    return True


def guarded(*, of_users: bool = False) -> set[Address]:
    """Return the ports of the model's pods that only some pods may call, or those that all may but users'."""
    found: set[Address] = set()
    for policy in look_up("networkpolicies", "-n", MODEL)["items"]:
        spec = policy["spec"]
        selector = ",".join(f"{key}={value}" for key, value in spec["podSelector"]["matchLabels"].items())
        rules = [rule for rule in spec["ingress"] if "from" in rule]
        chosen = [rule for rule in rules if any("podSelector" not in peer for peer in rule["from"]) is of_users]
        ports = [port["port"] for rule in chosen for port in rule["ports"]]
        addresses = [pod["status"]["podIP"] for pod in look_up("pods", "-n", MODEL, "-l", selector)["items"]]
        found |= {(address, port) for address in addresses for port in ports}
    return found


def listens(place: Address) -> bool:
    """Tell whether something does, as the node sees it, which policies always let in."""
    try:
        socket.create_connection(place, timeout=5).close()
    except OSError:
        return False
    return True


def address_of(namespace: str, pod: str) -> str:
    return look_up("pod", pod, "-n", namespace)["status"]["podIP"]


def test_the_testbed_says_that_policies_are_enforced(inside_testbed: None):
    said = subprocess.run([sys.executable, "-m", "testbed", "status"], capture_output=True, text=True, check=True)
    assert "network policies are enforced" in said.stdout


def test_a_policy_is_in_force_within_seconds_and_gone_as_soon(foreign: str):
    place = (address_of(foreign, "callee"), SERVED)

    def is_seen(word: str) -> bool:
        return list(seen_by(foreign, [place]).values()) == [word]

    eventually(lambda: is_seen("open"), SECONDS)
    kubectl("apply", "-f", "-", given=json.dumps(deny(foreign)))
    eventually(lambda: is_seen("refused"), SECONDS)
    kubectl("delete", "networkpolicy", "deny", "-n", foreign)
    eventually(lambda: is_seen("open"), SECONDS)


def test_a_foreign_pod_reaches_no_guarded_port_although_it_is_labelled_as_the_gateway(kubeflow: Kubeflow, foreign: str):
    listening = sorted(place for place in guarded() if listens(place))
    assert address_of(MODEL, f"{DASHBOARD}-0") in {host for host, _ in listening}
    assert is_shut(foreign, listening)


def test_a_pod_of_a_profile_reaches_no_webhook_no_database_and_no_metrics(kubeflow: Kubeflow, foreign: str):
    listening = sorted(place for place in guarded(of_users=True) if listens(place))
    told = {address_of(MODEL, f"{name}-0") for name in ("kubeflow-profiles", "mysql", "istio-pilot")}
    assert told <= {host for host, _ in listening}
    kubectl("label", "namespace", foreign, "app.kubernetes.io/part-of=kubeflow-profile")
    try:
        eventually(lambda: is_shut(foreign, listening), LOADED)
    finally:
        kubectl("label", "namespace", foreign, "app.kubernetes.io/part-of-")


def test_the_gateway_is_open_to_a_foreign_pod_and_reaches_what_is_guarded(kubeflow: Kubeflow, foreign: str):
    gateway = (httpx2.URL(kubeflow.address).host, 80)
    assert set(seen_by(foreign, [gateway]).values()) == {"open"}
    visitor = kubeflow.visitor()
    with Browser(visitor.address) as browser:
        page = browser.log_in(visitor.credentials.user, visitor.credentials.password, "/")
        assert (page.status_code, page.url.path) == (200, "/")
