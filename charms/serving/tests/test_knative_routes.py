"""The program that makes routes, where Knative runs what is served."""

import json
from typing import Any

import pytest

from .conftest import PRINCIPAL, SERVING, Api

Object = dict[str, Any]
USERS = "request.headers[kubeflow-userid]"
KNATIVE = "serving.knative.dev/v1"


def knative(api, *splits: tuple[str, int], name: str = "iris-predictor", where: str = "ada") -> None:
    """Let Knative say which Revisions share the requests to a Service, and profiles who is let in."""
    kind = "Ingress"
    shares = [
        {
            "serviceName": revision,
            "serviceNamespace": where,
            "servicePort": 80,
            "percent": percent,
            "appendHeaders": {"Knative-Serving-Revision": revision, "Knative-Serving-Namespace": "ada"},
        }
        for revision, percent in splits
    ]
    tag = {"hosts": [f"prev-{name}.ada.svc.cluster.local"], "http": {"paths": [{"splits": []}]}}
    tagged = {"headers": {"Knative-Serving-Tag": {"exact": "prev"}}, "splits": []}
    paths = [tagged, {"splits": shares}]
    rule = {"hosts": [f"{name}.ada", f"{name}.ada.svc.cluster.local"], "http": {"paths": paths}}
    api.put("networking.internal.knative.dev/v1alpha1", kind, name, {"rules": [tag, rule]}, "ingresses")
    owner = {
        "from": [{"source": {"principals": [PRINCIPAL, "cluster.local/ns/edge/sa/pipelines"]}}],
        "when": [{"key": USERS, "values": ["ada@example.com"]}],
    }
    rules = [owner, {"when": [{"key": "source.namespace", "values": ["ada"]}]}, {"to": [{"operation": {}}]}]
    api.put("security.istio.io/v1", "AuthorizationPolicy", "ns-owner-access-istio", {"rules": rules})


def test_requests_to_a_model_by_knative_are_shared_as_that_says(api, maker):
    api.model("iris")
    knative(api, ("iris-predictor-00001", 90), ("iris-predictor-00002", 10))
    assert maker.look()[1] is True
    (way,) = api.made("VirtualService")["serving-iris"]["http"]
    assert [
        (to["destination"]["host"], to["weight"], to["headers"]["request"]["set"]["Knative-Serving-Revision"])
        for to in way["route"]
    ] == [
        ("iris-predictor-00001.ada.svc.cluster.local", 90, "iris-predictor-00001"),
        ("iris-predictor-00002.ada.svc.cluster.local", 10, "iris-predictor-00002"),
    ]
    # By way of the activator, which has no sidecar.
    assert not api.made("DestinationRule")


def key(api, name: str) -> str:
    """Return what the gateway sends to a model that Knative runs."""
    (way,) = api.made("VirtualService")[name]["http"]
    assert way["headers"]["request"]["remove"] == ["authorization", "cookie"]
    return way["headers"]["request"]["set"]["x-serving-key"]


def test_its_pods_let_in_who_brings_its_key_for_those_whom_the_profile_lets_in(api, maker):
    api.model("iris")
    api.model("lily")
    knative(api, ("iris-predictor-00001", 100))
    knative(api, ("lily-predictor-00001", 100), name="lily-predictor")
    maker.look()
    policy = api.made("AuthorizationPolicy")["serving-iris"]
    assert policy["selector"] == {"matchLabels": {"serving.kserve.io/inferenceservice": "iris"}}
    assert policy["rules"] == [
        {
            "when": [
                {"key": "request.headers[x-serving-key]", "values": [key(api, "serving-iris")]},
                {"key": USERS, "values": ["ada@example.com"]},
            ]
        },
        {"when": [{"key": "request.headers[k-network-probe]", "values": ["queue"]}]},
        {
            "from": [{"source": {"notPrincipals": ["*"]}}],
            "to": [{"operation": {"methods": ["GET"], "paths": ["/metrics"], "ports": ["9090"]}}],
        },
    ]
    assert key(api, "serving-iris") != key(api, "serving-lily")


@pytest.mark.parametrize(
    "rule",
    [
        {"from": [{"source": {"principals": ["cluster.local/ns/ben/sa/default"]}}]},
        {"from": [{"source": {"principals": [PRINCIPAL], "namespaces": ["edge"]}}]},
        {"to": [{"operation": {"paths": ["/notebook/*"]}}]},
    ],
)
def test_nobody_is_let_in_whom_the_profile_lets_in_for_something_else(api, maker, rule):
    api.model("iris")
    knative(api, ("iris-predictor-00001", 100))
    owner = {
        "from": [{"source": {"principals": [PRINCIPAL]}}],
        "when": [{"key": USERS, "values": ["ben@example.com"]}],
    }
    api.put("security.istio.io/v1", "AuthorizationPolicy", "some", {"rules": [owner | rule]})
    denied = {"action": "DENY", "rules": [owner]}
    api.put("security.istio.io/v1", "AuthorizationPolicy", "denied", denied)
    chosen = {"selector": {"matchLabels": {"app": "web"}}, "rules": [owner]}
    api.put("security.istio.io/v1", "AuthorizationPolicy", "chosen", chosen)
    maker.look()
    told = json.dumps(api.made("AuthorizationPolicy")["serving-iris"])
    assert "ada@example.com" in told
    assert "ben@example.com" not in told


def test_knatives_programs_reach_the_proxy_beside_a_model_and_nothing_else(api, maker):
    api.model("iris")
    knative(api, ("iris-predictor-00001", 100))
    maker.look()
    _, way = api.made("NetworkPolicy")["serving-iris"]["ingress"]
    assert way["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}]
    assert [port["port"] for port in way["ports"]] == [8012, 8013, 8022, 9090, 9091]


INJECT = {"sidecar.istio.io/inject": "false"}


@pytest.mark.parametrize(
    "more",
    [{"metadata": {"annotations": INJECT}}, {"metadata": {"labels": INJECT}}, {"predictor": {"annotations": INJECT}}],
)
def test_a_model_by_knative_whose_pods_would_ask_nobody_gets_no_route(api, maker, more):
    api.model("iris", **more)
    knative(api, ("iris-predictor-00001", 100))
    maker.look()
    assert api.made("VirtualService") == {}
    assert api.made("AuthorizationPolicy").keys() == {"ns-owner-access-istio"}


def test_before_knative_says_where_it_is_there_is_none_either_but_its_pods_know_the_key(api, maker):
    api.model("iris")["status"] = {"deploymentMode": "Serverless"}
    maker.look()
    assert api.made("VirtualService") == {}
    assert api.made("AuthorizationPolicy").keys() == {"serving-iris"}
    assert api.made("NetworkPolicy").keys() == {"serving-iris"}


def test_nothing_of_another_namespace_is_led_to(api, maker):
    api.model("iris")
    knative(api, ("iris-predictor-00001", 100), where="ben")
    maker.look()
    destination = api.made("VirtualService")["serving-iris"]["http"][0]["route"][0]["destination"]
    assert destination["host"] == "iris-predictor.ada.svc.cluster.local"


def test_while_there_is_no_knative_it_is_not_watched(api, maker):
    api.model("iris")
    kserves = {f"{SERVING}/v1beta1/inferenceservices", f"{SERVING}/v1alpha1/inferencegraphs", "/api/v1/services"}
    assert maker.look()[0].keys() == kserves
    knative(api, ("iris-predictor-00001", 100))
    assert {path.rpartition("/")[2] for path in maker.look()[0]} == {
        "authorizationpolicies",
        "inferencegraphs",
        "inferenceservices",
        "ingresses",
        "services",
    }


def own(api: Api, name: str, **metadata: Any) -> Object:
    """Put a Service of Knative's there that is a user's own, with what Knative says of it, and return it."""
    api.put(KNATIVE, "Service", name, {"template": {"metadata": {}}}, "services")
    item = api.objects[f"/apis/{KNATIVE}/namespaces/ada/services/{name}"]
    item["metadata"] |= metadata
    knative(api, (f"{name}-00001", 100), name=name)
    return item


def test_a_users_own_service_is_reached_at_its_path_by_whom_her_profile_lets_in_also_while_it_has_no_pod(api, maker):
    own(api, "hello")
    maker.look()
    spec = api.made("VirtualService")["serving.hello"]
    (way,) = spec["http"]
    assert way["match"] == [{"uri": {"prefix": "/serving/ada/hello/"}}]
    assert way["route"][0]["destination"]["host"] == "hello-00001.ada.svc.cluster.local"
    entry = api.made("AuthorizationPolicy")["serving.hello"]
    assert entry["selector"]["matchLabels"] == {"serving.knative.dev/service": "hello"}
    (by_key,) = [rule["when"] for rule in entry["rules"] if any(it["key"] == USERS for it in rule.get("when", []))]
    assert {"key": USERS, "values": ["ada@example.com"]} in by_key
    assert {
        "key": "request.headers[x-serving-key]",
        "values": [way["headers"]["request"]["set"]["x-serving-key"]],
    } in by_key


def test_a_service_that_kserve_made_for_a_model_has_no_route_of_its_own(api, maker):
    owner = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "name": "iris", "uid": "iris"}
    own(api, "iris-predictor", ownerReferences=[owner])
    maker.look()
    assert api.made("VirtualService") == {}


def test_a_service_that_its_owner_wants_inside_alone_gets_no_route(api, maker):
    own(api, "hello", labels={"networking.knative.dev/visibility": "cluster-local"})
    maker.look()
    assert api.made("VirtualService") == {}


def test_at_one_path_a_model_goes_before_a_service(api, maker):
    own(api, "iris")
    api.model("iris")
    maker.look()
    assert api.made("VirtualService").keys() == {"serving-iris"}


def test_knatives_services_call_for_a_look_as_models_do_and_kubernetes_own_do_not(api, maker):
    own(api, "hello")
    maker.look()
    (watched,) = [it for it in maker.watched if it.path == f"/apis/{KNATIVE}/services"]
    new = {"kind": "Service", "metadata": {"uid": "new", "generation": 1}}
    assert watched.matters({"type": "ADDED", "object": {"apiVersion": KNATIVE, **new}})
    assert not watched.matters({"type": "ADDED", "object": {"apiVersion": "v1", **new}})
