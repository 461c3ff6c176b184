"""Knative's controller and webhook, run for real with the objects, rights and configuration that the charm makes.

The tests are in order: the last one ends the programs.
"""

import contextlib
import dataclasses
import importlib
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support import knative_programs, objects, samples
from support.apiserver import ApiServer
from support.eventually import eventually
from support.objects import Deployed
from support.related import Described

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "knative"
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
SERVING = "/apis/serving.knative.dev/v1/namespaces/{}/"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases/"


@pytest.fixture(scope="module")
def running() -> Iterator[contextlib.ExitStack]:
    """What ends the programs."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def knative(
    apiserver: ApiServer,
    collected: httpx2.Client,
    tmp_path_factory: pytest.TempPathFactory,
    running: contextlib.ExitStack,
) -> Iterator[Deployed]:
    """The application, with its webhook and its controller."""
    folder = tmp_path_factory.mktemp("programs")
    samples.define(collected, samples.kinds())
    application = objects.running(apiserver, collected, Described.load(ROOT), tmp_path_factory)
    deployed = next(application)
    running.enter_context(knative_programs.webhook(deployed, folder))
    running.enter_context(knative_programs.started(deployed, "knative-controller", "controller", folder))
    where = namespace(deployed, "asked")
    eventually(lambda: taken(deployed, where))
    yield deployed
    running.close()
    next(application, None)


def namespace(deployed: Deployed, name: str, labels: dict[str, str] = PROFILE) -> str:
    """Make a namespace, and return its name."""
    metadata = {"name": f"{deployed.application.model}-{name}", "labels": labels}
    deployed.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status()
    return metadata["name"]


def service(**container: Any) -> dict[str, Any]:
    kind = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "hello"}}
    # A registry that is not asked for digests.
    containers = [{"image": "dev.local/hello:1", **container}]
    return {**kind, "spec": {"template": {"spec": {"containers": containers}}}}


def send(deployed: Deployed, where: str, item: dict[str, Any], **parameters: str) -> httpx2.Response:
    return deployed.http.post(f"{SERVING}services".format(where), json=item, params=parameters)


def taken(deployed: Deployed, where: str) -> bool:
    """Tell that a Service is taken.

    Raises:
        AssertionError: it is not; the message says why.
    """
    answer = send(deployed, where, service(), dryRun="All")
    assert answer.is_success, answer.text
    return True


def test_a_service_becomes_a_configuration_a_route_a_revision_and_its_pods_deployment(knative: Deployed) -> None:
    where = namespace(knative, "ada")
    send(knative, where, service()).raise_for_status()
    apps = f"/apis/apps/v1/namespaces/{where}/deployments/hello-00001-deployment"
    there = SERVING.format(where)
    wanted = [f"{there}configurations/hello", f"{there}routes/hello", f"{there}revisions/hello-00001", apps]
    eventually(lambda: all(map(knative.application.get, wanted)))
    containers = {
        item["name"]: item for item in knative.application.get(apps)["spec"]["template"]["spec"]["containers"]
    }
    assert containers.keys() == {"user-container", "queue-proxy"}
    assert containers["queue-proxy"]["image"].startswith("gcr.io/knative-releases/knative.dev/serving/cmd/queue:")
    revision = knative.application.get(f"{there}revisions/hello-00001")
    assert revision["spec"]["timeoutSeconds"] == 300


def test_the_registrys_login_that_an_account_names_keeps_no_revision_from_its_deployment(knative: Deployed) -> None:
    where = namespace(knative, "mia")
    account = {"metadata": {"name": "default"}, "imagePullSecrets": [{"name": "kubeflow-registry-login"}]}
    knative.http.post(f"/api/v1/namespaces/{where}/serviceaccounts", json=account).raise_for_status()
    send(knative, where, service()).raise_for_status()
    path = f"/apis/apps/v1/namespaces/{where}/deployments/hello-00001-deployment"
    assert eventually(lambda: knative.application.get(path), timeout=60)


def becomes_ready(deployed: Deployed, path: str, **status: Any) -> None:
    """Say of an object what its pods, or another program, would come to."""
    item = eventually(lambda: deployed.application.get(path), timeout=60)
    item["status"] = {**item.get("status", {}), "observedGeneration": item["metadata"]["generation"], **status}
    deployed.http.put(f"{path}/status", json=item).raise_for_status()


def conditions(*kinds: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": "True"} for kind in kinds]


def test_what_it_says_of_a_services_shares_is_what_leads_from_the_gateway_to_its_revision(
    knative: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT.parent / "serving" / "src"))
    routes = importlib.import_module("knative_routes")
    where = namespace(knative, "joe")
    send(knative, where, service()).raise_for_status()
    internal = f"/apis/{{}}.internal.knative.dev/v1alpha1/namespaces/{where}/{{}}"
    apps = f"/apis/apps/v1/namespaces/{where}/deployments/hello-00001-deployment"
    becomes_ready(knative, apps, replicas=1, conditions=conditions("Available", "Progressing"))
    becomes_ready(
        knative,
        internal.format("autoscaling", "podautoscalers/hello-00001"),
        serviceName="hello-00001",
        metricsServiceName="hello-00001-private",
        conditions=conditions("Active", "Ready", "SKSReady", "ScaleTargetInitialized"),
    )
    ingress = eventually(lambda: knative.application.get(internal.format("networking", "ingresses/hello")), timeout=60)
    (share,) = routes.Knative.of([ingress], [], "", "cluster.local").shares[where, "hello"]
    assert (share.service, share.port, share.percent) == ("hello-00001", 80, 100)
    assert share.headers == {"Knative-Serving-Namespace": where, "Knative-Serving-Revision": "hello-00001"}


def test_the_controller_has_every_lease_that_the_charm_gives_it_and_makes_no_other(knative: Deployed) -> None:
    where = LEASES.format(knative.application.model)
    names = [item.name for item in knative.references if item.kind == "Lease" and item.name.startswith("controller.")]

    def held() -> bool:
        return all(knative.application.get(f"{where}{name}")["spec"].get("holderIdentity") for name in names)

    assert eventually(held)
    found = knative.http.get(where.rstrip("/")).json()["items"]
    assert {it["metadata"]["name"] for it in found if it["metadata"]["name"].startswith("controller.")} == set(names)


def test_a_wrong_service_is_refused_with_the_field_that_is_wrong(knative: Deployed) -> None:
    where = namespace(knative, "ben")
    wrong = service(ports=[{"containerPort": 8080}, {"containerPort": 8081}])
    answer = send(knative, where, wrong)
    assert answer.status_code == 400
    assert "spec.template.spec.containers[*].ports" in answer.json()["message"]


def test_a_pod_of_a_revision_without_a_sidecar_is_refused(knative: Deployed) -> None:
    pods = f"/api/v1/namespaces/{namespace(knative, 'kim')}/pods"

    def answer(*names: str) -> httpx2.Response:
        containers = [{"name": name, "image": "dev.local/hello:1"} for name in ("user-container", *names)]
        metadata = {"name": "hello", "labels": {"serving.knative.dev/revision": "hello-00001"}}
        spec = {"containers": containers, "automountServiceAccountToken": False}
        pod = {"metadata": metadata, "spec": spec}
        return knative.http.post(pods, json=pod, params={"dryRun": "All"})

    assert eventually(lambda: "a pod of a Revision has a sidecar" in answer().json()["message"], timeout=60)
    assert "has a sidecar" not in answer("istio-proxy").text


def test_nobody_says_how_far_a_rollout_is_at_which_the_controller_would_end(knative: Deployed) -> None:
    where = namespace(knative, "leo")
    annotations = {
        "networking.internal.knative.dev/rollout": "for Knative's controller to set",
        "serving.knative.dev/rollout-duration": "goes to its new Revision at once",
    }
    for name, refusal in annotations.items():
        item = service()
        item["metadata"]["annotations"] = {name: "30s"}
        assert eventually(lambda item=item, refusal=refusal: refusal in send(knative, where, item, dryRun="All").text)
    item = service()
    item["metadata"]["annotations"] = {"serving.knative.dev/rollout-duration": "0s", "networking.knative.dev/a": "b"}
    assert eventually(lambda: send(knative, where, item, dryRun="All").is_success)


def test_outside_profiles_a_service_is_refused_and_says_where_it_may_be(knative: Deployed) -> None:
    answer = send(knative, namespace(knative, "plain", {}), service())
    assert "in the namespaces of profiles alone" in answer.json()["message"]


def test_a_service_can_be_deleted_once_knative_is_gone(knative: Deployed, running: contextlib.ExitStack) -> None:
    where = namespace(knative, "eve")
    send(knative, where, service()).raise_for_status()
    there = SERVING.format(where)
    made = [
        f"{there}{it}" for it in ("services/hello", "configurations/hello", "routes/hello", "revisions/hello-00001")
    ]
    eventually(lambda: all(map(knative.application.get, made)))
    assert eventually(lambda: knative.application.get(f"{there}routes/hello")["metadata"]["finalizers"])
    running.close()
    knative.application.run(dataclasses.replace(knative.state, planned_units=0), "stop")
    assert all(map(knative.application.get, made))
    knative.http.delete(f"{there}services/hello").raise_for_status()
    assert eventually(lambda: not any(map(knative.application.get, made)))
