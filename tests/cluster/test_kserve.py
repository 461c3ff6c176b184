"""KServe's real controller, with the rights, configuration, certificates and definitions that the charm gives it.

No node is there: what a Deployment comes to, the tests say.
"""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support import admission, knative_programs, objects, programs, samples
from support.apiserver import ApiServer, Object, answers, await_answer, free_ports, program
from support.eventually import eventually
from support.objects import Deployed
from support.related import Described

CHARMS = pathlib.Path(__file__).parents[2] / "charms"
CERTIFICATES = "k8s-webhook-server/serving-certs"
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
MODELS = "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices"
GRAPHS = "/apis/serving.kserve.io/v1alpha1/namespaces/{}/inferencegraphs"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
SCALERS = "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers"
KNATIVE = "/apis/serving.knative.dev/v1/namespaces/{}/services"
SERVICES = "/api/v1/namespaces/{}/services"
RUNTIMES = "/apis/serving.kserve.io/v1alpha1/clusterservingruntimes"
LOGIN = "kserve-controller-s3"
MODE = "serving.kserve.io/deploymentMode"
STANDARD, BY_KNATIVE = {MODE: "RawDeployment"}, {MODE: "Serverless"}


@contextlib.contextmanager
def running(found: Deployed, folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Run the controller as the charm starts it, at ports of this machine that are free, and yield its log."""
    container = "kserve-controller"
    executable = programs.find("manager", "kserve")
    (service,) = found.state.get_container(container).plan.services.values()
    webhooks, metrics, health = free_ports(3)
    # In a pod a file says where its lease is.
    flags = [flag for flag in service.command.split()[1:] if flag != "--leader-elect"]
    for port, other in ((9443, webhooks), (8080, metrics), (8081, health)):
        flags = [flag.replace(str(port), str(other)) for flag in flags]
    files = found.application.deployment.files[container]
    (folder / CERTIFICATES).mkdir(parents=True)
    for file in ("tls.crt", "tls.key"):
        (folder / CERTIFICATES / file).write_text(files[f"/tmp/{CERTIFICATES}/{file}"].text)
    token = files["/var/run/secrets/kubernetes.io/serviceaccount/token"].text
    (folder / "kubeconfig").write_text(json.dumps(found.application.server.kubeconfig(token)))
    own = {"KUBECONFIG": str(folder / "kubeconfig"), "TMPDIR": str(folder)}
    log = folder / "manager.log"
    with (
        program([executable, *flags], folder, {**os.environ, **service.environment, **own}) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{health}") as http,
        admission.redirected(found, {hook.configuration for hook in admission.hooks(found)}, webhooks),
    ):
        await_answer(process, log, lambda: answers(http, "/readyz"))
        yield log


@pytest.fixture(scope="module")
def kserve(
    apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """The application with its controller, which is never refused something."""
    programs.find("manager", "kserve")
    samples.define(collected, samples.kinds())
    for found in objects.running(apiserver, collected, Described.load(CHARMS / "serving"), tmp_path_factory):
        with (
            admission.local(found, admission.hooks(found)[0].service),
            running(found, tmp_path_factory.mktemp("kserve")) as log,
        ):
            (found.application.deployment.charm_folder / ".looked").write_text("0")
            await_webhooks(found)
            yield found
            refused = [line for line in log.read_text().splitlines() if "forbidden" in line]
            assert not refused, refused[-3:]


def await_webhooks(found: Deployed) -> None:
    """Wait until the API server asks the program, as it follows changed configurations some time later."""
    where = MODELS.format(namespace(found, "asked"))
    eventually(lambda: send(found, where, model("asked"), dryRun="All").raise_for_status())


def namespace(found: Deployed, name: str, **labels: str) -> str:
    """Make a profile's namespace, and return its name."""
    metadata = {"name": f"{found.application.model}-{name}", "labels": {**PROFILE, **labels}}
    found.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status()
    return metadata["name"]


def send(found: Deployed, where: str, item: Object, **parameters: str) -> httpx2.Response:
    return found.http.post(where, json=item, params=parameters)


def there(found: Deployed, where: str, name: str) -> Object:
    """Return an object once it is there."""
    return eventually(lambda: found.application.get(f"{where}/{name}"))


def model(name: str, annotations: dict[str, str] | None = None, **predictor: Any) -> Object:
    own = {"modelFormat": {"name": "sklearn"}, "protocolVersion": "v2", "storageUri": "s3://models/iris"}
    spec = {"predictor": {"model": own | predictor.pop("model", {}), **predictor}}
    kind = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService"}
    return {
        **kind,
        "metadata": {"name": name, "annotations": STANDARD if annotations is None else annotations},
        "spec": spec,
    }


def graph(name: str, **spec: Any) -> Object:
    kind = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "InferenceGraph"}
    return {**kind, "metadata": {"name": name, "annotations": STANDARD}, "spec": spec}


def refusal(answer: httpx2.Response) -> str:
    """Return why something is refused; nothing if it is not."""
    return "" if answer.is_success else answer.json()["message"]


def is_available(found: Deployed, where: str, name: str) -> None:
    """Say that a Deployment has its pods."""
    item = there(found, DEPLOYMENTS.format(where), name)
    now = {"status": "True", "reason": "MinimumReplicasAvailable", "message": "", "lastUpdateTime": None}
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), 1)
    conditions = [{"type": kind, **now} for kind in ("Available", "Progressing")]
    item["status"] = {"observedGeneration": item["metadata"]["generation"], "conditions": conditions, **counts}
    found.http.put(f"{DEPLOYMENTS.format(where)}/{name}/status", json=item).raise_for_status()


def test_a_model_becomes_a_deployment_of_the_runtime_and_scales_as_its_owner_says(kserve: Deployed) -> None:
    where = namespace(kserve, "ada")
    send(kserve, MODELS.format(where), model("iris", maxReplicas=3, scaleTarget=70)).raise_for_status()
    made = there(kserve, DEPLOYMENTS.format(where), "iris-predictor")
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "docker.io/seldonio/mlserver:1.7.1"
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "2Gi"}
    spec = there(kserve, SCALERS.format(where), "iris-predictor")["spec"]
    (metric,) = spec["metrics"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 3)
    assert metric["resource"] == {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}


def test_a_model_gets_a_whole_gpu_a_share_of_one_or_a_slice_as_it_asks(kserve: Deployed) -> None:
    where = namespace(kserve, "gil")
    resources = {"whole": "nvidia.com/gpu", "share": "nvidia.com/gpu.shared", "slice": "nvidia.com/mig-1g.5gb"}
    for name, resource in resources.items():
        asked = {"modelFormat": {"name": "onnx"}, "resources": {"limits": {resource: "1"}}}
        send(kserve, MODELS.format(where), model(name, model=asked)).raise_for_status()
    for name, resource in resources.items():
        made = there(kserve, DEPLOYMENTS.format(where), f"{name}-predictor")
        (container,) = made["spec"]["template"]["spec"]["containers"]
        assert "/nvidia/tritonserver:" in container["image"]
        # What the runtime asks for of processors and memory is there as well.
        assert container["resources"]["limits"] == {"cpu": "1", "memory": "2Gi", resource: "1"}


def test_what_fetches_a_model_has_the_login_that_its_account_names(kserve: Deployed) -> None:
    where = namespace(kserve, "ben")
    (relation,) = kserve.state.get_relations("service-accounts")
    kinds = {"ServiceAccount": "/api/v1", "RoleBinding": "/apis/rbac.authorization.k8s.io/v1"}
    for item in json.loads(relation.local_app_data["kubernetes_manifests"]):
        place = f"{kinds[item['kind']]}/namespaces/{where}/{item['kind'].lower()}s"
        send(kserve, place, item).raise_for_status()
    said = {"endpoint": "seaweedfs.edge.svc:8333", "usehttps": "0"}
    metadata = {"name": LOGIN, "annotations": {f"serving.kserve.io/s3-{key}": text for key, text in said.items()}}
    keys = {"AWS_ACCESS_KEY_ID": "ben", "AWS_SECRET_ACCESS_KEY": "his"}
    secret = {"metadata": metadata, "stringData": keys}
    send(kserve, f"/api/v1/namespaces/{where}/secrets", secret).raise_for_status()
    send(kserve, MODELS.format(where), model("iris", serviceAccountName=LOGIN)).raise_for_status()
    template = there(kserve, DEPLOYMENTS.format(where), "iris-predictor")["spec"]["template"]
    pod = {**template, "metadata": {**template["metadata"], "name": "iris"}}
    made = eventually(lambda: send(kserve, f"/api/v1/namespaces/{where}/pods", pod, dryRun="All").raise_for_status())
    (fetcher,) = made.json()["spec"]["initContainers"]
    found = {item["name"]: item.get("valueFrom") or item.get("value") for item in fetcher["env"]}
    assert fetcher["args"] == ["s3://models/iris", "/mnt/models"]
    assert found["AWS_SECRET_ACCESS_KEY"] == {"secretKeyRef": {"name": LOGIN, "key": "AWS_SECRET_ACCESS_KEY"}}
    assert found["AWS_ENDPOINT_URL"] == "http://seaweedfs.edge.svc:8333"


def test_a_port_for_grpc_is_beside_the_one_for_http(kserve: Deployed) -> None:
    where = namespace(kserve, "eve")
    wanted = (("http", 8080), ("h2c", 9000))
    ports = [{"name": name, "containerPort": number, "protocol": "TCP"} for name, number in wanted]
    for name, said in (("both", ports), ("grpc", ports[1:])):
        send(kserve, MODELS.format(where), model(name, model={"ports": said})).raise_for_status()
    found = {
        name: [
            (item["name"], item["port"], item["targetPort"])
            for item in there(kserve, SERVICES.format(where), f"{name}-predictor")["spec"]["ports"]
        ]
        for name in ("both", "grpc")
    }
    assert found == {
        "both": [("http", 80, 8080), ("h2c", 9000, 9000)],
        "grpc": [("h2c", 80, 9000), ("http1", 8080, 8080)],
    }


def test_a_splitter_shares_requests_among_versions_by_their_models_paths(kserve: Deployed) -> None:
    where = namespace(kserve, "ida")
    for name in ("iris-1", "iris-2"):
        send(kserve, MODELS.format(where), model(name)).raise_for_status()
        is_available(kserve, where, f"{name}-predictor")
    steps = [{"serviceName": "iris-1", "weight": 90}, {"serviceName": "iris-2", "weight": 10}]
    nodes = {"root": {"routerType": "Splitter", "steps": steps}}
    send(kserve, GRAPHS.format(where), graph("iris", nodes=nodes)).raise_for_status()
    made = there(kserve, DEPLOYMENTS.format(where), "iris")
    (router,) = made["spec"]["template"]["spec"]["containers"]
    told = json.loads(router["args"][router["args"].index("--graph-json") + 1])
    assert [(step["serviceUrl"], step["weight"]) for step in told["nodes"]["root"]["steps"]] == [
        (f"http://iris-1-predictor.{where}.svc.cluster.local/v2/models/iris-1/infer", 90),
        (f"http://iris-2-predictor.{where}.svc.cluster.local/v2/models/iris-2/infer", 10),
    ]
    is_available(kserve, where, "iris")
    found = eventually(lambda: kserve.application.get(f"{GRAPHS.format(where)}/iris")["status"]["url"])
    assert found == f"http://iris.{where}.svc.cluster.local"


def test_a_share_of_requests_that_would_have_no_effect_is_refused_with_what_has_one(kserve: Deployed) -> None:
    where = MODELS.format(namespace(kserve, "joe"))
    answer = send(kserve, where, model("iris", canaryTrafficPercent=10), dryRun="All")
    assert "put both versions behind an InferenceGraph with a Splitter" in refusal(answer)
    assert refusal(send(kserve, where, model("iris", {}, canaryTrafficPercent=10), dryRun="All")) == ""
    # Knative is related: it is the default. What is there already stays what it was made as.
    send(kserve, where, model("kept")).raise_for_status()
    eventually(lambda: kserve.application.get(f"{where}/kept")["status"]["deploymentMode"] == STANDARD[MODE])
    change = {"metadata": {"annotations": None}, "spec": {"predictor": {"canaryTrafficPercent": 10}}}
    merge = {"Content-Type": "application/merge-patch+json"}
    answer = kserve.http.patch(f"{where}/kept", json=change, headers=merge, params={"dryRun": "All"})
    assert "put both versions behind an InferenceGraph with a Splitter" in refusal(answer)


def test_a_mode_by_a_name_that_kserve_would_pass_over_is_refused_with_the_names_that_it_knows(kserve: Deployed) -> None:
    where = MODELS.format(namespace(kserve, "jan"))
    answer = send(kserve, where, model("iris", {MODE: "Standard"}), dryRun="All")
    assert "is RawDeployment or Serverless, as this release of KServe calls them" in refusal(answer)


@pytest.fixture(scope="module")
def autoscaled(kserve: Deployed) -> Deployed:
    """The application, with what Knative's charm puts where it says that it is."""
    (service,) = kserve.state.get_container("kserve-controller").plan.services.values()
    where = service.environment["KNATIVE_CONFIG_AUTOSCALER_NAMESPACE"]
    kserve.http.post("/api/v1/namespaces", json={"metadata": {"name": where}})
    kserve.http.post(f"/api/v1/namespaces/{where}/configmaps", json={"metadata": {"name": "config-autoscaler"}})
    return kserve


def test_by_knative_which_is_related_a_model_becomes_its_service_with_the_numbers_of_pods_that_its_owner_says(
    autoscaled: Deployed,
) -> None:
    kserve, where = autoscaled, namespace(autoscaled, "lea")
    item = model("iris", {}, minReplicas=0, maxReplicas=4, scaleTarget=10)
    send(kserve, MODELS.format(where), item).raise_for_status()
    made = there(kserve, KNATIVE.format(where), "iris-predictor")
    template = made["spec"]["template"]
    found = {key.rpartition("/")[2]: value for key, value in template["metadata"]["annotations"].items()}
    assert (found["min-scale"], found["max-scale"], found["target"]) == ("0", "4", "10")
    assert template["metadata"]["labels"]["serving.kserve.io/inferenceservice"] == "iris"
    assert kserve.application.get(f"{DEPLOYMENTS.format(where)}/iris-predictor") == {}
    runs(kserve, where, "iris-predictor")
    eventually(lambda: readiness(kserve, where) == "True", timeout=60)
    status = kserve.application.get(f"{MODELS.format(where)}/iris")["status"]
    assert (status["deploymentMode"], status["url"]) == (
        "Serverless",
        f"http://iris-predictor.{where}.svc.cluster.local",
    )


def runs(found: Deployed, where: str, name: str) -> None:
    """Say of a Service of Knative's that it answers."""
    item = found.application.get(f"{KNATIVE.format(where)}/{name}")
    revision = f"{name}-00001"
    item["status"] = {
        "observedGeneration": item["metadata"]["generation"],
        "conditions": [{"type": kind, "status": "True"} for kind in ("ConfigurationsReady", "Ready", "RoutesReady")],
        "latestCreatedRevisionName": revision,
        "latestReadyRevisionName": revision,
        "url": f"http://{name}.{where}.svc.cluster.local",
        "traffic": [{"latestRevision": True, "percent": 100, "revisionName": revision}],
    }
    found.http.put(f"{KNATIVE.format(where)}/{name}/status", json=item).raise_for_status()


def readiness(found: Deployed, where: str) -> str:
    conditions = found.application.get(f"{MODELS.format(where)}/iris")["status"]["conditions"]
    return {item["type"]: item["status"] for item in conditions}["Ready"]


def test_a_model_that_is_deleted_is_let_go_of(kserve: Deployed) -> None:
    where = MODELS.format(namespace(kserve, "kim"))
    send(kserve, where, model("iris")).raise_for_status()
    eventually(lambda: kserve.application.get(f"{where}/iris")["metadata"]["finalizers"])
    kserve.http.delete(f"{where}/iris").raise_for_status()
    assert eventually(lambda: not kserve.application.get(f"{where}/iris"))


def test_nothing_that_hides_all_models_is_put_into_one_that_is_being_deleted(kserve: Deployed) -> None:
    where = MODELS.format(namespace(kserve, "liv"))
    send(kserve, where, model("iris")).raise_for_status()
    merge = {"Content-Type": "application/merge-patch+json"}

    def change(**fields: Any) -> httpx2.Response:
        return kserve.http.patch(f"{where}/iris", json=fields, headers=merge)

    change(metadata={"finalizers": ["liv.example.com/stays"]}).raise_for_status()
    kserve.http.delete(f"{where}/iris").raise_for_status()
    assert "cannot unmarshal" in refusal(change(spec={"predictor": {"containers": [{"args": "not a list"}]}}))
    change(metadata={"finalizers": None}).raise_for_status()
    assert eventually(lambda: not kserve.application.get(f"{where}/iris"))


@pytest.fixture(scope="module")
def knative(
    autoscaled: Deployed, apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """KServe's application, where Knative's webhook is asked too."""
    for found in objects.running(apiserver, collected, Described.load(CHARMS / "knative"), tmp_path_factory):
        with knative_programs.webhook(found, tmp_path_factory.mktemp("knative")):
            yield autoscaled


def test_knatives_webhook_takes_what_kserve_makes_for_each_runtime(knative: Deployed) -> None:
    where = namespace(knative, "mia")
    runtimes = knative.http.get(RUNTIMES).raise_for_status().json()["items"]
    names = [item["metadata"]["name"] for item in runtimes]
    for item in runtimes:
        spec, name = item["spec"], item["metadata"]["name"]
        said = {"modelFormat": {"name": spec["supportedModelFormats"][0]["name"]}, "runtime": name}
        asked = model(name, BY_KNATIVE, model={**said, "protocolVersion": spec["protocolVersions"][0]})
        send(knative, MODELS.format(where), asked).raise_for_status()
    wanted = {f"{name}-predictor" for name in names}

    def made() -> set[str]:
        return {item["metadata"]["name"] for item in knative.http.get(KNATIVE.format(where)).json()["items"]}

    assert eventually(lambda: made() == wanted, timeout=60), wanted - made()
    # By the webhook, which says what is left out.
    (first, *_) = knative.http.get(KNATIVE.format(where)).json()["items"]
    assert first["spec"]["template"]["spec"]["timeoutSeconds"] == 300
