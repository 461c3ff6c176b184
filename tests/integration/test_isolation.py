"""What a hijacked workload would hold: nothing of the application's, no root, and no secret that is not its own."""

import json
import re
from typing import Any

import pytest
from support.kubeflow import Kubeflow
from support.kubernetes import kubectl, look_up, processes

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"
WORKLOADS = {
    "dex-auth": "dex",
    "oidc-gatekeeper": "oauth2-proxy",
    "istio-pilot": "istiod",
    "istio-ingressgateway": "proxy",
    "echo": "echo",
}
WITH_IDENTITY = ("dex-auth", "istio-pilot")
WITHOUT_IDENTITY = ("oidc-gatekeeper", "istio-ingressgateway", "echo")
MAY = {
    "dex-auth": [
        ("list", "customresourcedefinitions"),
        ("create", "authrequests.dex.coreos.com", "-n", "{model}"),
    ],
    "istio-pilot": [
        ("list", "virtualservices.networking.istio.io", "-A"),
        ("create", "tokenreviews"),
        ("get", "secrets", "-n", "{model}"),
    ],
}
MAY_NOT = [
    ("create", "pods", "-n", "{model}"),
    ("create", "pods", "-n", "kube-system"),
    ("delete", "customresourcedefinitions"),
    ("create", "clusterrolebindings"),
    ("patch", "statefulsets", "-n", "{model}"),
    ("create", "secrets", "-n", "{model}"),
    ("impersonate", "users"),
]


@pytest.fixture(scope="module", autouse=True)
def _deployed(kubeflow: Kubeflow, echo: str) -> None:
    """All of it, with the backend."""


def may(account: str, model: str, *what: str) -> bool:
    words = [word.format(model=model) for word in what]
    listing = ["auth", "can-i", f"--as=system:serviceaccount:{model}:{account}", *words]
    try:
        return kubectl(*listing).strip() == "yes"
    except AssertionError:
        return False


def reviewed(token: str) -> str:
    """Return whom the API server takes the bearer of a token for."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    status = json.loads(kubectl("create", "-f", "-", "-o", "json", given=json.dumps(review)))["status"]
    return status["user"]["username"] if status.get("authenticated") else ""


@pytest.mark.parametrize(("application", "container"), WORKLOADS.items())
def test_no_program_is_root_or_may_become_it(kubeflow: Kubeflow, application: str, container: str):
    running = processes(str(kubeflow.juju.model), f"{application}-0", container)
    assert any("pebble" not in process.command for process in running)
    assert [process for process in running if process.user == 0 or process.capabilities] == []


@pytest.mark.parametrize("application", WITH_IDENTITY)
def test_the_token_is_the_workloads_own(kubeflow: Kubeflow, application: str):
    model, container = str(kubeflow.juju.model), WORKLOADS[application]
    token = processes(model, f"{application}-0", container)[0].sees(TOKEN).read_text()
    assert reviewed(token) == f"system:serviceaccount:{model}:{application}-{container}"


@pytest.mark.parametrize("application", WITHOUT_IDENTITY)
def test_who_calls_no_kubernetes_has_no_token(kubeflow: Kubeflow, application: str):
    process = processes(str(kubeflow.juju.model), f"{application}-0", WORKLOADS[application])[0]
    assert list(process.sees(TOKEN).parent.iterdir()) == []


def test_the_gateways_token_is_for_istiod_alone(kubeflow: Kubeflow):
    process = processes(str(kubeflow.juju.model), "istio-ingressgateway-0", "proxy")[0]
    assert reviewed(process.sees("/var/run/secrets/tokens/istio-token").read_text()) == ""


@pytest.mark.parametrize("application", WITH_IDENTITY)
def test_its_rights_are_those_of_its_role(kubeflow: Kubeflow, application: str):
    model = str(kubeflow.juju.model)
    account = f"{application}-{WORKLOADS[application]}"
    assert [what for what in MAY[application] if not may(account, model, *what)] == []
    assert [what for what in MAY_NOT if may(account, model, *what)] == []


def test_dex_may_touch_nothing_of_other_models(kubeflow: Kubeflow):
    account, model = "dex-auth-dex", str(kubeflow.juju.model)
    for what in (("list", "authrequests.dex.coreos.com", "-n", "default"), ("list", "secrets", "-A")):
        assert not may(account, model, *what)


def test_secrets_are_nowhere_but_in_secrets(kubeflow: Kubeflow):
    """Neither in a layer, an environment, a databag, a status, a log, nor in what Kubernetes is told of the pods."""
    model, juju = str(kubeflow.juju.model), kubeflow.juju
    words = secret_words(kubeflow)
    assert kubeflow.credentials.password in words
    places = {"log": kubeflow.debug_log(), "status": juju.cli("status", "--format=json")}
    places["pods"] = json.dumps(look_up("statefulsets,pods,configmaps", "-n", model))
    for application, container in WORKLOADS.items():
        unit, pod = f"{application}/0", f"{application}-0"
        places[f"what relations tell {unit}"] = juju.cli("show-unit", unit)
        plan = kubectl("exec", "-n", model, pod, "-c", container, "--", "/charm/bin/pebble", "plan")
        assert f"{container}:" in plan
        places[f"the layer of {container}"] = plan
        for process in processes(model, pod, container):
            places[f"{process.command[:60]} of {unit}"] = process.command + process.environment
    found = {place: [word[:4] + "..." for word in words if word in text] for place, text in places.items()}
    assert {place: shown for place, shown in found.items() if shown} == {}


PUBLIC = ("access-key", "expires", "identifier", "manifests", "names", "renew-after", "source", "username")
"""What is kept beside a secret and is none: who it is for, how long a certificate is good, and objects for profiles.

A login in such an object is a secret of the store's, too.
"""


def secret_words(kubeflow: Kubeflow) -> set[str]:
    """Return all that the model's secrets hold, but for certificates, which are public, and identifiers."""
    listed: dict[str, Any] = json.loads(kubeflow.juju.cli("secrets", "--format=json"))
    words: set[str] = set()
    for identifier in listed:
        shown = json.loads(kubeflow.juju.cli("show-secret", identifier, "--reveal", "--format=json"))
        content: dict[str, str] = shown[identifier]["content"]["Data"] if "content" in shown[identifier] else {}
        for key, value in content.items():
            public = value.startswith("-----BEGIN CERTIFICATE") or key in PUBLIC
            words |= set() if public else {max(re.split(r"\s", value), key=len)}
    return words
