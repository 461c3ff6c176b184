"""The program that makes routes, against an API in memory."""

import copy
import dataclasses
import importlib
import json
import pathlib
import sys
from typing import Any

import pytest

SOURCES = pathlib.Path(__file__).parent.parent / "src"
Object = dict[str, Any]
API = "/apis/serving.kserve.io"
GATEWAY = "cluster.local/ns/edge/sa/istio-ingressgateway"
PLURALS = (
    "authorizationpolicies",
    "destinationrules",
    "inferencegraphs",
    "inferenceservices",
    "namespaces",
    "networkpolicies",
    "services",
    "sidecars",
    "virtualservices",
)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SOURCES))
    for name in ("route_maker", "route_objects", "knative_routes"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("route_maker")


class Api:
    """Objects by their path."""

    def __init__(self, program: Any) -> None:
        self.refused = program.Refused
        self.objects: dict[str, Object] = {}
        self.applied: list[str] = []
        self.deny: str = ""
        self.namespace("ada", profile=True)
        self.namespace("plain", profile=False)

    def namespace(self, name: str, *, profile: bool) -> None:
        labels = {"app.kubernetes.io/part-of": "kubeflow-profile"} if profile else {}
        self.objects[f"/api/v1/namespaces/{name}"] = {"metadata": {"name": name, "labels": labels}}

    def model(self, name: str, namespace: str = "ada", kind: str = "InferenceService", **more: Any) -> Object:
        version = "v1beta1" if kind == "InferenceService" else "v1alpha1"
        metadata = {"name": name, "namespace": namespace, "uid": f"{kind}-{name}", "generation": 1}
        item = {"kind": kind, "metadata": metadata | more.pop("metadata", {}), "spec": {"predictor": {}} | more}
        self.objects[f"{API}/{version}/namespaces/{namespace}/{kind.lower()}s/{name}"] = item
        return item

    def put(self, version: str, kind: str, name: str, spec: Object, plural: str = "") -> None:
        metadata = {"name": name, "namespace": "ada", "uid": f"{kind}-{name}", "generation": 1}
        plural = plural or f"{kind.lower()[:-1]}ies"
        item = {"kind": kind, "metadata": metadata, "spec": spec}
        self.objects[f"/apis/{version}/namespaces/ada/{plural}/{name}"] = item

    def get(self, path: str, parameters: Any = None) -> Object | None:
        if path in self.objects:
            return self.objects[path]
        folder, _, plural = path.rpartition("/")
        there = any(where.startswith(f"{folder}/") and where.split("/")[-2] == plural for where in self.objects)
        if plural in PLURALS or there:
            selector = (parameters or {}).get("labelSelector") or ""
            pairs = {key: value for key, _, value in (pair.partition("=") for pair in selector.split(",") if pair)}
            items = [
                # Kubernetes leaves these out in a list.
                {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}
                for where, item in self.objects.items()
                if where.startswith(f"{folder}/")
                and where.split("/")[-2] == plural
                and pairs.items() <= (item["metadata"].get("labels") or {}).items()
            ]
            return {"items": copy.deepcopy(items), "metadata": {"resourceVersion": "7"}}
        return None

    def apply(self, path: str, item: Object, manager: str, *, force: bool) -> None:
        if self.deny and self.deny in path:
            raise self.refused(403, "not allowed")
        item = copy.deepcopy(item)
        item["metadata"]["uid"] = f"made-{len(self.applied)}"
        self.objects[path] = item
        self.applied.append(path)

    def delete(self, path: str, uid: str) -> None:
        assert self.objects[path]["metadata"]["uid"] == uid
        del self.objects[path]

    def made(self, kind: str) -> dict[str, Object]:
        """Return the specifications of what was made of a kind, by name."""
        return {
            item["metadata"]["name"]: item["spec"]
            for path, item in self.objects.items()
            if item.get("kind") == kind and not path.startswith(API)
        }


@pytest.fixture
def api(program) -> Api:
    return Api(program)


@pytest.fixture
def maker(program, api):
    settings = program.Settings(
        manager="serving.model-routes",
        labels={"kubeflow-charms/route-of": "serving"},
        profiles="app.kubernetes.io/part-of=kubeflow-profile",
        gateway="edge/kubeflow-gateway",
        proxies="edge",
        domain="cluster.local",
        hosts="",
        monitoring="",
        platform="edge",
        principal=GATEWAY,
        key="secret",
    )
    said: list[str] = []
    made = program.Maker(api, settings, said.append)
    made.said = said
    return made


def test_a_model_is_reached_at_its_path_and_at_no_other(api, maker):
    api.model("iris")
    assert maker.look()[1] is True
    spec = api.made("VirtualService")["serving-iris"]
    assert (spec["gateways"], spec["hosts"]) == (["edge/kubeflow-gateway"], ["*"])
    (way,) = spec["http"]
    assert way["match"] == [{"uri": {"prefix": "/serving/ada/iris/"}}]
    assert way["rewrite"] == {"uri": "/"}
    assert way["route"][0]["destination"] == {
        "host": "iris-predictor.ada.svc.cluster.local",
        "port": {"number": 80},
    }


def test_no_model_gets_what_tells_the_gateway_who_asks(api, maker):
    api.model("iris")
    maker.look()
    (way,) = api.made("VirtualService")["serving-iris"]["http"]
    assert way["headers"]["request"]["remove"] == ["authorization", "cookie"]


def test_the_gateway_speaks_to_pods_alone_whose_sidecar_asks_who_the_user_is(api, maker):
    api.model("iris")
    maker.look()
    spec = api.made("DestinationRule")["serving-iris-predictor"]
    assert spec["trafficPolicy"] == {"tls": {"mode": "ISTIO_MUTUAL"}}
    assert (spec["host"], spec["exportTo"]) == ("iris-predictor.ada.svc.cluster.local", ["edge"])


def test_pods_of_the_namespace_and_the_gateway_alone_reach_a_model(api, maker):
    api.model("iris")
    maker.look()
    spec = api.made("NetworkPolicy")["serving-iris"]
    assert spec["podSelector"] == {"matchLabels": {"serving.kserve.io/inferenceservice": "iris"}}
    assert spec["ingress"] == [
        {
            "from": [
                {"podSelector": {}},
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}},
                    "podSelector": {"matchLabels": {"istio": "ingressgateway"}},
                },
            ]
        }
    ]


def test_where_an_operator_says_so_a_prometheus_reaches_metrics_and_nothing_else(api, maker):
    maker._settings = dataclasses.replace(maker._settings, monitoring="watch")
    api.model("iris")
    maker.look()
    _, way = api.made("NetworkPolicy")["serving-iris"]["ingress"]
    assert way == {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "watch"}}}],
        "ports": [{"port": 15020, "protocol": "TCP"}],
    }


def test_with_a_transformer_that_is_asked_and_for_explanations_the_explainer(api, maker):
    api.model("iris", transformer={"containers": []}, explainer={"art": {}})
    maker.look()
    explain, rest = api.made("VirtualService")["serving-iris"]["http"]
    assert explain["match"] == [{"uri": {"regex": "/serving/ada/iris/v1/models/[^/]+:explain"}}]
    assert explain["rewrite"]["uriRegexRewrite"] == {"match": "^/serving/ada/iris(/.*)$", "rewrite": "\\1"}
    assert explain["route"][0]["destination"]["host"] == "iris-explainer.ada.svc.cluster.local"
    assert rest["route"][0]["destination"]["host"] == "iris-transformer.ada.svc.cluster.local"
    assert api.made("DestinationRule").keys() == {"serving-iris-transformer", "serving-iris-explainer"}


def test_a_graph_is_reached_likewise_unless_a_model_has_its_path(api, maker):
    api.model("chain", kind="InferenceGraph")
    api.model("iris", kind="InferenceGraph")
    api.model("iris")
    maker.look()
    routes = api.made("VirtualService")
    assert routes.keys() == {"serving-iris", "serving-graph-chain"}
    destination = routes["serving-graph-chain"]["http"][0]["route"][0]["destination"]
    assert destination["host"] == "chain.ada.svc.cluster.local"
    assert api.made("NetworkPolicy").keys() == {"serving-iris", "serving-graph-iris", "serving-graph-chain"}


def test_a_request_that_a_graph_drops_is_sent_again_and_none_to_a_model_is(api, maker):
    api.model("chain", kind="InferenceGraph")
    api.model("iris")
    maker.look()
    routes = api.made("VirtualService")
    assert routes["serving-graph-chain"]["http"][0]["retries"] == {"attempts": 2, "retryOn": "503"}
    assert "retries" not in routes["serving-iris"]["http"][0]


def test_one_that_its_owner_wants_inside_alone_gets_no_route(api, maker):
    api.model("iris", metadata={"labels": {"networking.kserve.io/visibility": "cluster-local"}})
    maker.look()
    assert api.made("VirtualService") == {}
    assert api.made("NetworkPolicy").keys() == {"serving-iris"}


USERS = "request.headers[kubeflow-userid]"


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
        "from": [{"source": {"principals": [GATEWAY, "cluster.local/ns/edge/sa/pipelines"]}}],
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
        {"from": [{"source": {"principals": [GATEWAY], "namespaces": ["edge"]}}]},
        {"to": [{"operation": {"paths": ["/notebook/*"]}}]},
    ],
)
def test_nobody_is_let_in_whom_the_profile_lets_in_for_something_else(api, maker, rule):
    api.model("iris")
    knative(api, ("iris-predictor-00001", 100))
    owner = {
        "from": [{"source": {"principals": [GATEWAY]}}],
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
    kserves = {f"{API}/v1beta1/inferenceservices", f"{API}/v1alpha1/inferencegraphs", "/api/v1/services"}
    assert maker.look()[0].keys() == kserves
    knative(api, ("iris-predictor-00001", 100))
    assert {path.rpartition("/")[2] for path in maker.look()[0]} == {
        "authorizationpolicies",
        "inferencegraphs",
        "inferenceservices",
        "ingresses",
        "services",
    }


WEB, GRPC = {"name": "http", "containerPort": 8080}, {"name": "h2c", "containerPort": 9000}


def port(way: Object) -> int:
    """Return the port that a way leads to."""
    return way["route"][0]["destination"]["port"]["number"]


def by_host(api, maker, **more: Any) -> list[Object]:
    """Return the ways by a model's host name."""
    maker._settings = dataclasses.replace(maker._settings, hosts="models.example.com")
    api.model("iris", **more)
    maker.look()
    spec = api.made("VirtualService")["serving-iris.host"]
    assert (spec["gateways"], spec["hosts"]) == (["edge/kubeflow-gateway"], ["iris.ada.models.example.com"])
    return spec["http"]


def test_where_there_is_a_domain_a_model_has_a_host_name_beside_its_path(api, maker):
    (way,) = by_host(api, maker)
    assert "match" not in way
    assert way["route"][0]["destination"] == {"host": "iris-predictor.ada.svc.cluster.local", "port": {"number": 80}}
    assert way["headers"]["request"]["remove"] == ["authorization", "cookie"]
    assert "serving-iris" in api.made("VirtualService")


def test_at_its_host_name_a_model_with_a_port_for_grpc_is_asked_by_grpc(api, maker):
    grpc, rest = by_host(api, maker, predictor={"model": {"ports": [WEB, GRPC]}})
    assert grpc["match"] == [{"headers": {"content-type": {"prefix": "application/grpc"}}}]
    assert (port(grpc), port(rest)) == (9000, 80)


@pytest.mark.parametrize(
    ("predictor", "expected"),
    [
        # The runtime's port for HTTP comes after what the model names.
        ({"model": {"ports": [GRPC]}}, (80, 8080)),
        ({"containers": [{"ports": [GRPC]}]}, (80, 80)),
        ({"containers": [{"ports": [WEB, GRPC]}]}, (9000, 80)),
    ],
)
def test_a_component_is_asked_at_the_ports_that_kserve_gives_its_service(api, maker, predictor, expected):
    grpc, rest = by_host(api, maker, predictor=predictor)
    assert (port(grpc), port(rest)) == expected


def test_outside_of_profiles_nothing_is_made(api, maker):
    api.model("iris", namespace="plain")
    maker.look()
    assert api.applied == []


def asked_at(
    api, name: str, *ports: tuple[str, int, str], label: str = "inferenceservice", where: str = "ada"
) -> Object:
    """Make the Service that KServe makes of a model, with names, targets and protocols of its ports."""
    told = [{"name": name, "targetPort": to, **({"appProtocol": by} if by else {})} for name, to, by in ports]
    metadata = {
        "name": name,
        "namespace": where,
        "uid": f"service-{name}",
        "labels": {f"serving.kserve.io/{label}": "it"},
    }
    item = {"kind": "Service", "metadata": metadata, "spec": {"ports": told}}
    api.objects[f"/api/v1/namespaces/{where}/services/{name}"] = item
    return item


H2C = ("h2c", 9000, "kubernetes.io/h2c")


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        # Of the charm's runtimes.
        ([("http1", 8080, "")], [(8080, "HTTP")]),
        ([("iris-predictor", 8000, "")], [(8000, "HTTP")]),
        ([("web", 8000, ""), H2C], [(8000, "HTTP"), (9000, "HTTP2")]),
    ],
)
def test_sidecars_are_told_what_a_model_speaks_whose_service_does_not_say_it(api, maker, ports, expected):
    api.model("iris")
    asked_at(api, "iris-predictor", *ports)
    maker.look()
    spec = api.made("Sidecar")["serving-iris.iris-predictor"]
    assert spec["workloadSelector"] == {"labels": {"app": "isvc.iris-predictor"}}
    assert [(way["port"]["number"], way["port"]["protocol"]) for way in spec["ingress"]] == expected


def test_where_the_names_of_ports_tell_it_sidecars_need_nothing(api, maker):
    for name, ports in {"iris": [("http", 8080, ""), H2C], "lotus": [H2C], "lily": []}.items():
        api.model(name)
        asked_at(api, f"{name}-predictor", *ports)
    maker.look()
    assert api.made("Sidecar") == {}


def test_a_model_behind_a_transformer_has_its_own(api, maker):
    api.model("iris", transformer={"containers": [{}]})
    for component in ("predictor", "transformer"):
        asked_at(api, f"iris-{component}", ("http1", 8080, ""))
    maker.look()
    assert api.made("Sidecar").keys() == {"serving-iris.iris-predictor", "serving-iris.iris-transformer"}


def test_sidecars_are_told_what_a_graph_speaks_whose_port_kserve_calls_like_itself(api, maker):
    api.model("chain", kind="InferenceGraph")
    asked_at(api, "chain", ("chain", 8080, ""), label="inferencegraph")
    maker.look()
    (way,) = api.made("Sidecar")["serving-graph-chain.chain"]["ingress"]
    assert way == {
        "port": {"number": 8080, "name": "http-8080", "protocol": "HTTP"},
        "defaultEndpoint": "127.0.0.1:8080",
    }


def test_a_service_calls_for_a_look_when_it_is_kserves_and_its_ports_change(api, maker):
    api.model("iris")
    service = asked_at(api, "iris-predictor", ("http", 8080, ""))
    maker.look()
    (watched,) = [it for it in maker.watched if it.path == "/api/v1/services"]
    assert not watched.matters({"type": "MODIFIED", "object": service | {"status": {}}})
    other = copy.deepcopy(service)
    other["spec"]["ports"][0]["name"] = "http1"
    assert watched.matters({"type": "MODIFIED", "object": other})
    assert watched.matters({"type": "DELETED", "object": service})
    other["metadata"]["labels"] = {}
    assert not watched.matters({"type": "ADDED", "object": other})


def test_what_is_made_belongs_to_its_model(api, maker):
    api.model("iris")
    maker.look()
    owners = {
        (owner["kind"], owner["name"], owner["uid"])
        for path in api.applied
        for owner in api.objects[path]["metadata"]["ownerReferences"]
    }
    assert owners == {("InferenceService", "iris", "InferenceService-iris")}


def test_a_second_pass_changes_nothing(api, maker):
    api.model("iris")
    maker.look()
    before = list(api.applied)
    maker.look()
    assert api.applied == before


def test_what_somebody_changes_is_put_back_and_what_is_too_much_goes(api, maker):
    api.model("iris")
    maker.look()
    (path,) = [path for path in api.applied if "virtualservices" in path]
    api.objects[path]["spec"]["hosts"] = ["elsewhere"]
    maker.look()
    assert api.objects[path]["spec"]["hosts"] == ["*"]
    (model,) = [path for path in api.objects if path.startswith(API)]
    del api.objects[model]
    maker.look()
    assert not api.made("VirtualService")
    assert not api.made("NetworkPolicy")


def test_somebody_elses_object_stays_and_the_log_says_so_once(api, maker):
    api.model("iris")
    path = "/apis/networking.istio.io/v1/namespaces/ada/virtualservices/serving-iris"
    api.objects[path] = {"kind": "VirtualService", "metadata": {"name": "serving-iris", "namespace": "ada"}, "spec": {}}
    assert maker.look()[1] is False
    maker.look()
    assert api.objects[path]["spec"] == {}
    assert maker.said.count("VirtualService serving-iris in ada: somebody else's is there, and stays") == 1


def test_what_is_refused_for_one_model_does_not_keep_others(api, maker):
    api.model("bad")
    api.model("good")
    api.deny = "serving-bad"
    assert maker.look()[1] is False
    assert api.made("VirtualService").keys() == {"serving-good"}
