"""What Kubernetes keeps KServe's programs from, whoever asks them, and how models are let go of.

The tests are in order: the last one removes the application.
"""

import contextlib
import dataclasses
import importlib
import json
import pathlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from kubeflow_charms.sandbox.identity import FOLDER
from kubeflow_charms.small_programs import kubernetes_api, passes
from ops import testing
from support import samples
from support.apiserver import ApiServer
from support.application import Application, deployed_on
from support.charms import load_charm
from support.deployment import deployed
from support.eventually import eventually

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "serving"
GATEWAY = {
    "gateway_name": "kubeflow-gateway",
    "gateway_namespace": "edge",
    "gateway_principal": "cluster.local/ns/edge/sa/istio-ingressgateway",
}
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
MODELS = "/apis/serving.kserve.io/v1beta1/namespaces/{}/inferenceservices"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
POLICY = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
MERGE = {"Content-Type": "application/merge-patch+json"}
POLICIES = "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"
ENTRIES = "/apis/security.istio.io/v1/namespaces/{}/authorizationpolicies"
GRAPHS = "/apis/serving.kserve.io/v1alpha1/namespaces/{}/inferencegraphs"
ROUTES = "/apis/networking.istio.io/v1/namespaces/{}/virtualservices"


@dataclasses.dataclass
class Serving:
    """The application, and the state of its unit."""

    application: Application
    state: testing.State

    @property
    def http(self) -> httpx2.Client:
        return self.application.http

    def remove(self) -> None:
        """Let the last unit end."""
        self.application.run(dataclasses.replace(self.state, planned_units=0), "stop")

    def namespace(self, name: str, **labels: str) -> str:
        """Make a namespace, and return its name."""
        metadata = {"name": f"{self.application.model}-{name}", "labels": labels}
        self.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status()
        return metadata["name"]


@pytest.fixture(scope="module")
def serving(
    collected: httpx2.Client, apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    samples.define(collected, samples.kinds())
    with (
        pytest.MonkeyPatch.context() as patch,
        deployed(load_charm(ROOT).Serving, ROOT, patch, tmp_path_factory.mktemp("charm")) as deployment,
    ):
        for application in deployed_on(apiserver, collected, deployment, patch):
            relation = testing.Relation("gateway-info", remote_app_name="istio-pilot", remote_app_data=GATEWAY)
            state = application.settle(application.state(relations=[relation], config={"max-replicas": 5}))
            # No program runs that could answer for the webhooks.
            for kind in ("mutating", "validating"):
                name = f"serving-{application.model}"
                collected.delete(f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/{name}")
            found = Serving(application, state)
            yield found
            found.remove()


def deployment() -> dict[str, Any]:
    labels = {"app": "iris"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "python"}]}}
    return {"metadata": {"name": "iris"}, "spec": {"selector": {"matchLabels": labels}, "template": pod}}


def policy() -> dict[str, Any]:
    return {"metadata": {"name": "iris"}, "spec": {"podSelector": {}}}


def entry(label: str) -> dict[str, Any]:
    kind = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "iris"}}
    return {**kind, "spec": {"selector": {"matchLabels": {label: "iris"}}, "rules": [{}]}}


def model(replicas: int = 1, **metadata: Any) -> dict[str, Any]:
    predictor = {
        "maxReplicas": replicas,
        "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris"},
    }
    kind = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService"}
    return {**kind, "metadata": {"name": "iris", **metadata}, "spec": {"predictor": predictor}}


def test_programs_make_things_in_profiles_alone_and_models_are_nowhere_else(serving: Serving) -> None:
    ada, plain = serving.namespace("ada", **PROFILE), serving.namespace("plain")
    for container, where, item in (
        ("kserve-controller", DEPLOYMENTS, deployment()),
        ("model-routes", POLICIES, policy()),
    ):
        with serving.application.workload(container) as program:

            def refused(where: str = where, item: Any = item, program: httpx2.Client = program) -> bool:
                answer = program.post(where.format(plain), json=item, params={"dryRun": "All"})
                return answer.status_code == 422 and "in the namespace of a profile" in answer.json()["message"]

            assert eventually(refused), container
            program.post(where.format(ada), json=item).raise_for_status()
            program.delete(f"{where.format(ada)}/iris").raise_for_status()
            serving.http.post(where.format(plain), json=item).raise_for_status()
            assert program.delete(f"{where.format(plain)}/iris").status_code == 422
    with serving.application.workload("model-routes") as program:
        answer = program.post(ENTRIES.format(ada), json=entry("notebook-name"), params={"dryRun": "All"})
        assert "only for the pods of a model, or of a Service" in answer.json()["message"]
        known = entry("serving.kserve.io/inferenceservice")
        program.post(ENTRIES.format(ada), json=known, params={"dryRun": "All"}).raise_for_status()
    answer = serving.http.post(MODELS.format(plain), json=model())
    assert "in the namespaces of profiles alone" in answer.json()["message"]
    serving.http.post(MODELS.format(ada), json=model(), params={"dryRun": "All"}).raise_for_status()


def test_no_model_asks_for_more_pods_than_the_operator_allows_and_one_that_does_can_be_let_go_of(
    serving: Serving,
) -> None:
    where = MODELS.format(serving.namespace("eve", **PROFILE))
    name = f"{POLICY}/serving-replicas-{serving.application.model}"
    held = {"finalizers": ["inferenceservice.finalizers"]}

    def refused() -> bool:
        answer = serving.http.post(where, json=model(6), params={"dryRun": "All"})
        return "at most 5 pods" in answer.json().get("message", "")

    assert eventually(refused)
    serving.http.post(where, json=model(5), params={"dryRun": "All"}).raise_for_status()
    by_knative = {"serving.kserve.io/deploymentMode": "Serverless"}
    answer = serving.http.post(where, json=model(0, annotations=by_knative), params={"dryRun": "All"})
    assert "by Knative a model says maxReplicas" in answer.json()["message"]
    fine = model(5, annotations=by_knative)
    serving.http.post(where, json=fine, params={"dryRun": "All"}).raise_for_status()
    # As one that was there before the option was.
    binding = serving.http.get(name).raise_for_status().json()
    serving.http.delete(name).raise_for_status()
    assert eventually(lambda: serving.http.post(where, json=model(6, **held)).raise_for_status())
    del binding["metadata"]["resourceVersion"]
    serving.http.post(POLICY, json=binding).raise_for_status()
    assert eventually(refused)
    change = {"metadata": {"finalizers": None}}
    serving.http.patch(f"{where}/iris", json=change, headers=MERGE).raise_for_status()


@contextlib.contextmanager
def routes_made(serving: Serving, folder: pathlib.Path) -> Iterator[None]:
    """Run the charm's program that makes routes, with its settings and its token."""
    files = serving.application.deployment.files["model-routes"]
    (folder / "token").write_text(files[f"{FOLDER}/token"].text)
    (folder / "ca.crt").write_text(serving.application.server.certificate.read_text())
    kubernetes = kubernetes_api.Kubernetes(serving.application.server.url, folder)
    maker_module = importlib.import_module("route_maker")
    settings = maker_module.Settings(**json.loads(files["/etc/model-routes/settings.json"].text))
    maker = maker_module.Maker(kubernetes, settings)
    look = maker.look
    loop = passes.Passes(lambda: look(), passes.Changes(kubernetes, maker.watched), maker.problems)

    def run() -> None:
        with contextlib.suppress(SystemExit):
            loop.run()

    threading.Thread(target=run, daemon=True).start()
    yield
    look = sys.exit  # it would go on beside the next test's
    assert not maker.problems.found


def test_models_and_graphs_have_their_routes_within_seconds_and_lose_them_likewise(
    serving: Serving, tmp_path: pathlib.Path
) -> None:
    ada = serving.namespace("fay", **PROFILE)
    kind = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "InferenceGraph"}
    steps = [{"serviceName": "iris"}]
    graph = {
        **kind,
        "metadata": {"name": "flowers"},
        "spec": {"nodes": {"root": {"routerType": "Sequence", "steps": steps}}},
    }

    def there(name: str) -> bool:
        return serving.http.get(f"{ROUTES.format(ada)}/{name}").is_success

    with routes_made(serving, tmp_path):
        serving.http.post(MODELS.format(ada), json=model()).raise_for_status()
        eventually(lambda: there("serving-iris"))
        serving.http.post(GRAPHS.format(ada), json=graph).raise_for_status()
        eventually(lambda: there("serving-graph-flowers"), timeout=60)
        hidden = {"metadata": {"labels": {"networking.kserve.io/visibility": "cluster-local"}}}
        serving.http.patch(f"{GRAPHS.format(ada)}/flowers", json=hidden, headers=MERGE).raise_for_status()
        eventually(lambda: not there("serving-graph-flowers"), timeout=60)


def test_a_model_can_be_deleted_once_kserve_is_gone(serving: Serving) -> None:
    where = MODELS.format(serving.namespace("ben", **PROFILE))
    serving.http.post(where, json=model(finalizers=["inferenceservice.finalizers"])).raise_for_status()
    serving.remove()
    assert serving.http.get(f"{where}/iris").json()["spec"]
    serving.http.delete(f"{where}/iris").raise_for_status()
    assert eventually(lambda: serving.http.get(f"{where}/iris").status_code == 404)
