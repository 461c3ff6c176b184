"""The program that makes routes, against an API in memory."""

import copy
import dataclasses
from typing import Any

import pytest

from .conftest import SERVING

Object = dict[str, Any]


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
    (model,) = [path for path in api.objects if path.startswith(SERVING)]
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
