"""A model that a user trained answers her through the gateway, and nobody else.

Serving is deployed beside kubeflow-lite and removed in the end; the tests are in order.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import yaml
from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.s3_requests import send
from support import tokens
from support.browser import Browser, is_log_in
from support.eventually import eventually
from support.kubeflow import ECHO, MODEL, Kubeflow, offer
from support.kubernetes import cluster_scoped, kubectl, look_up
from support.leftovers import CRD, definitions
from support.workspace import Workspace, workspace

from testbed.workloads import PYTHON

Object = dict[str, Any]
NAME = "ada-serves"
FOLDER = f"mlpipeline/private-artifacts/{NAME}"
"""Of the bucket that all profiles have a part of."""
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile", "istio-injection": "enabled"}
RELATIONS = (
    ("serving:gateway-info", "istio-pilot:gateway-info"),
    ("serving:object-storage", "seaweedfs:object-storage"),
    ("serving:secrets", "kubeflow-profiles:secrets"),
    ("serving:service-accounts", "kubeflow-profiles:service-accounts"),
)
LOGIN = "kserve-controller-s3"
DOMAIN = "models.example.com"
LOG_IN = 302
"""To the page where users log in."""
MLSERVER = "docker.io/seldonio/mlserver:1.7.1"
SMALL = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}
FLOWERS = ([4.9, 3.1, 1.5, 0.1], [6.9, 3.1, 5.1, 2.3])
TRAIN = f"""
import base64, io, joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
model = LogisticRegression(max_iter=500).fit(*load_iris(return_X_y=True))
written = io.BytesIO()
joblib.dump(model, written)
print(base64.b64encode(written.getvalue()).decode(), *model.predict({list(FLOWERS)}))
"""
ASK = """
import json, sys, urllib.error, urllib.request
body = json.dumps(json.loads(sys.argv[2])).encode()
try:
    request = urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"})
    print(urllib.request.urlopen(request, timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError:
    print("shut")
"""
QUESTION = {"inputs": [{"name": "x", "shape": [2, 4], "datatype": "FP64", "data": [*FLOWERS[0], *FLOWERS[1]]}]}


@pytest.fixture(scope="module")
def serving(kubeflow: Kubeflow, echo: str) -> Iterator[Kubeflow]:
    """The deployment with serving."""
    if "serving" not in kubeflow.juju.status().apps:
        offer("serving")
        kubeflow.juju.deploy("serving", trust=True)
        for one, other in RELATIONS:
            kubeflow.juju.integrate(one, other)
    kubeflow.settle("serving", ECHO, changing=["serving"])
    yield kubeflow
    if "serving" in kubeflow.juju.status().apps:
        kubeflow.juju.remove_application("serving", force=True)


@pytest.fixture(scope="module")
def ada(serving: Kubeflow) -> Iterator[Workspace]:
    with workspace(NAME, PROFILE) as made:
        owned_by(serving.credentials.user, made)
        yield made
        for name in kubectl("get", "inferencegraphs,inferenceservices", "-n", made.name, "-o", "name").split():
            kubectl("patch", name, "-n", made.name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')


@pytest.fixture(scope="module")
def session(serving: Kubeflow) -> Iterator[Browser]:
    with serving.session() as browser:
        yield browser


def owned_by(user: str, place: Workspace) -> None:
    """Let Istio let a user into a namespace, as the profile controller does for its owner."""
    gateway = f"cluster.local/ns/{MODEL}/sa/istio-ingressgateway"
    header = {"key": "request.headers[kubeflow-userid]", "values": [user]}
    rules = [
        {"from": [{"source": {"principals": [gateway]}}], "when": [header]},
        {"when": [{"key": "source.namespace", "values": [place.name]}]},
    ]
    policy = {
        "apiVersion": "security.istio.io/v1beta1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "ns-owner-access-istio", "namespace": place.name},
        "spec": {"action": "ALLOW", "rules": rules},
    }
    kubectl("apply", "-f", "-", given=json.dumps(policy))


def model(name: str, uri: str) -> Object:
    predictor = {
        "serviceAccountName": LOGIN,
        "model": {
            "modelFormat": {"name": "sklearn"},
            "protocolVersion": "v2",
            "storageUri": uri,
            "resources": SMALL,
        },
    }
    metadata = {"name": name}
    kind = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService"}
    return {**kind, "metadata": metadata, "spec": {"predictor": predictor}}


@pytest.fixture(scope="module")
def trained(ada: Workspace) -> list[int]:
    """Put a model that a pod of hers trained into the object store, and return what it says of the flowers."""
    program = {"name": "main", "image": MLSERVER, "command": ["python3", "-c", TRAIN]}
    spec = {"restartPolicy": "Never", "containers": [program]}
    metadata = {"name": "train", "labels": {"sidecar.istio.io/inject": "false"}}
    ada.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    eventually(lambda: ada.get("pod", "train")["status"]["phase"] == "Succeeded")
    written, *answers = ada.log("train", "main").split()
    # The login is in her namespace once its profile's placer has been there.
    secret = eventually(lambda: ada.get("secret", LOGIN))
    login = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    host, _, port = secret["metadata"]["annotations"]["serving.kserve.io/s3-endpoint"].rpartition(":")
    store = Store(
        host=look_up("service", host.partition(".")[0], "-n", MODEL)["spec"]["clusterIP"],
        port=int(port),
        secure=False,
        access_key=login["AWS_ACCESS_KEY_ID"],
        secret_key=login["AWS_SECRET_ACCESS_KEY"],
    )
    kept = f"/{FOLDER}/iris/model.joblib"
    eventually(lambda: send(store, "PUT", kept, base64.b64decode(written))[0] == 200)
    return [int(answer) for answer in answers]


@pytest.fixture(scope="module")
def served(ada: Workspace, trained: list[int]) -> str:
    """Serve it beside one that is nowhere, and return the path at which it is asked."""
    eventually(lambda: ada.apply(model("iris", f"s3://{FOLDER}/iris")) is None)
    ada.apply(model("nowhere", f"s3://{FOLDER}/nowhere"))
    eventually(lambda: is_ready(ada, "iris"))
    return f"/serving/{ada.name}/iris/v2/models/iris/infer"


def is_ready(owner: Workspace, name: str) -> bool:
    conditions = (owner.get("inferenceservices", name).get("status") or {}).get("conditions") or []
    assert {"type": "Ready", "status": "True"}.items() <= {
        key: value for item in conditions if item["type"] == "Ready" for key, value in item.items()
    }.items(), json.dumps(conditions)[-600:]
    return True


def test_its_owner_is_answered_through_the_gateway(session: Browser, served: str, trained: list[int]):
    answer = eventually(lambda: session.ask("POST", served, QUESTION).raise_for_status())
    assert answer.json()["outputs"][0]["data"] == trained == [0, 2]


def test_without_a_log_in_nobody_is(serving: Kubeflow, served: str):
    with Browser(serving.address) as browser:
        assert is_log_in(browser.ask("POST", served, QUESTION))


@pytest.fixture(scope="module")
def token(serving: Kubeflow, served: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Her token, for programs; models have host names, too."""
    wanted = {"dex-auth": {"program-client": tokens.CLIENT}, "serving": {"domain": DOMAIN}}
    for application, options in wanted.items():
        serving.configure(application, options)
    serving.settle("serving", ECHO, changing=wanted)
    her, memory = serving.credentials, tmp_path_factory.mktemp("tokens") / "tokens.json"
    yield tokens.tokens(f"{serving.address}/dex", memory, her.user, her.password)["id_token"]
    serving.configure("dex-auth", {"program-client": ""})
    # The last test has removed serving.
    serving.settle(ECHO, changing=["dex-auth"])


def asked(url: str, token: str, **headers: str) -> httpx2.Response:
    """Return what a program is answered."""
    return httpx2.post(url, json=QUESTION, headers={"Authorization": f"Bearer {token}", **headers}, timeout=30)


def test_a_program_with_her_token_is_answered_at_its_path_and_its_host_name(
    serving: Kubeflow, ada: Workspace, served: str, trained: list[int], token: str
):
    host = f"iris.{ada.name}.{DOMAIN}"
    for answer in (
        asked(f"{serving.address}{served}", token),
        eventually(
            lambda: asked(f"{serving.address}/v2/models/iris/infer", token, Host=host).raise_for_status(), timeout=60
        ),
    ):
        assert answer.json()["outputs"][0]["data"] == trained


def test_a_program_with_a_token_of_kubernetes_is_not(serving: Kubeflow, ada: Workspace, served: str, token: str):
    own = kubectl("create", "token", "default", "-n", ada.name).strip()
    assert asked(f"{serving.address}{served}", own).status_code == LOG_IN


def test_a_graph_shares_requests_among_models(session: Browser, ada: Workspace, served: str, trained: list[int]):
    steps = [{"serviceName": "iris", "name": name, "weight": 50} for name in ("one", "other")]
    kind = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "InferenceGraph", "metadata": {"name": "flowers"}}
    ada.apply({**kind, "spec": {"nodes": {"root": {"routerType": "Splitter", "steps": steps}}}})
    path = f"/serving/{ada.name}/flowers/"

    def answered() -> list[int]:
        answer = session.ask("POST", path, QUESTION).raise_for_status()
        # As long as the graph has no route, the dashboard answers, with a page.
        assert "json" in answer.headers["content-type"]
        return answer.json()["outputs"][0]["data"]

    assert eventually(answered) == trained


def test_pods_of_her_namespace_are_and_those_of_others_are_not(ada: Workspace, served: str):
    path = f"http://iris-predictor.{ada.name}.svc/v2/models/iris/infer"
    assert inside(ada.name, "caller", path, sidecar=True) == "200"
    assert inside(MODEL, "caller", path, sidecar=False) in ("403", "shut")


def inside(namespace: str, name: str, url: str, *, sidecar: bool) -> str:
    """Return what a pod of a namespace is answered."""
    command = ["python3", "-c", ASK, url, json.dumps(QUESTION)]
    program = {"name": "main", "image": PYTHON, "imagePullPolicy": "IfNotPresent", "command": command}
    metadata = {"name": name, "namespace": namespace, "labels": {"sidecar.istio.io/inject": str(sidecar).lower()}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    kubectl("apply", "-f", "-", given=json.dumps({**pod, "spec": {"restartPolicy": "Never", "containers": [program]}}))
    try:
        return eventually(lambda: kubectl("logs", name, "-n", namespace, "-c", "main").strip())
    finally:
        kubectl("delete", "pod", name, "-n", namespace, "--wait=false")


def test_one_that_cannot_be_fetched_says_why(serving: Kubeflow, ada: Workspace, served: str):
    def row() -> Object:
        results = serving.juju.run("serving/leader", "list-models", {"namespace": ada.name}).results
        rows = {row["name"]: row for row in yaml.safe_load(results["models"])}
        assert rows["iris"]["ready"], rows
        assert not rows["nowhere"]["ready"]
        return rows["nowhere"] if "nowhere" in rows["nowhere"]["reason"] else {}

    assert "storage-initializer: " in eventually(row)["reason"]


def test_outside_of_profiles_a_model_is_refused_in_words(serving: Kubeflow, served: str):
    with pytest.raises(AssertionError, match="in the namespaces of profiles alone"):
        kubectl("create", "-n", MODEL, "-f", "-", given=json.dumps(model("elsewhere", f"s3://{FOLDER}/iris")))


def test_another_user_is_refused(session: Browser, ada: Workspace, served: str):
    owned_by("somebody@example.com", ada)
    assert eventually(lambda: session.ask("POST", served, QUESTION).status_code == 403)


def test_removal_leaves_models_that_go_on_and_can_be_deleted(
    serving: Kubeflow, session: Browser, ada: Workspace, served: str
):
    owned_by(serving.credentials.user, ada)
    serving.juju.remove_application("serving")
    eventually(lambda: "serving" not in serving.juju.status().apps)

    def only_definitions() -> bool:
        mine = {name for name in cluster_scoped() if "serving" in name.partition("/")[2] and "/system:" not in name}
        assert all(name.startswith(CRD) for name in mine), mine
        return True

    assert eventually(only_definitions)
    assert f"{CRD}inferenceservices.serving.kserve.io" in definitions(cluster_scoped())
    assert eventually(lambda: session.ask("POST", served, QUESTION).status_code == 200)
    kubectl("delete", "inferencegraphs,inferenceservices", "--all", "-n", ada.name, "--timeout=60s")
    assert eventually(lambda: not look_up("deployments,virtualservices", "-n", ada.name)["items"])
