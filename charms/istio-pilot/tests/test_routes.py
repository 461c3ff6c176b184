"""What related applications ask for becomes routes, one VirtualService for each of them."""

import pytest
from ops import testing


def sent_to(route):
    return route["route"][0]["destination"]


def test_each_related_application_has_a_virtual_service_of_its_own(pilot):
    pilot.settle(
        pilot.application("dex-auth", service="dex-auth", port=5556, prefix="/dex"),
        pilot.application("katib-ui", service="katib-ui", port=8080, prefix="/katib/"),
    )
    assert set(pilot.found("VirtualService")) == {"dex-auth", "katib-ui"}


def test_routes_belong_to_the_gateway_for_every_host(pilot):
    pilot.settle(
        pilot.application("dex-auth", service="dex-auth", port=5556, prefix="/dex"),
        config={"default-gateway": "kubeflow-gateway"},
    )
    spec = pilot.found("VirtualService")["dex-auth"]["spec"]
    assert (spec["hosts"], spec["gateways"]) == (["*"], ["edge/kubeflow-gateway"])


def test_a_prefix_is_matched_exactly_and_below_but_no_longer_name_that_begins_alike(pilot):
    pilot.settle(pilot.application("kfp-ui", service="kfp-ui", port=3000, prefix="/pipeline"))
    matches = [match["uri"] for route in pilot.routes("kfp-ui") for match in route["match"]]
    assert matches == [{"exact": "/pipeline"}, {"prefix": "/pipeline/"}]


@pytest.mark.parametrize("prefix", ["/volumes", "/volumes/"])
def test_a_slash_at_the_end_of_a_prefix_makes_no_difference(pilot, prefix):
    pilot.settle(pilot.application("volumes", service="volumes", port=5000, prefix=prefix))
    matches = [match["uri"] for route in pilot.routes("volumes") for match in route["match"]]
    assert matches == [{"exact": "/volumes"}, {"prefix": "/volumes/"}]


def test_the_root_is_one_match_for_everything(pilot):
    pilot.settle(pilot.application("dashboard", service="dashboard", port=8082, prefix="/", rewrite="/"))
    (route,) = pilot.routes("dashboard")
    assert route["match"] == [{"uri": {"prefix": "/"}}]
    assert "rewrite" not in route


def test_the_longest_prefix_of_an_application_comes_first(pilot):
    first = pilot.application("pipelines", service="ui", port=3000, prefix="/pipeline")
    second = testing.Relation(
        "ingress",
        remote_app_name="pipelines",
        remote_app_data=pilot.application("x", service="api", port=8888, prefix="/pipeline/api").remote_app_data,
    )
    pilot.settle(first, second)
    hosts = [sent_to(route)["host"].partition(".")[0] for route in pilot.routes("pipelines")]
    assert hosts == ["api", "api", "ui", "ui"]


@pytest.mark.parametrize(
    ("prefix", "rewrite", "rewritten"),
    [
        ("/authservice", "/", ["/", "/"]),
        ("/jupyter", "/ui", ["/ui", "/ui/"]),
        ("/dex", "/dex", [None, None]),
        ("/dex", "/dex/", [None, None]),
        ("/dex", "", [None, None]),
        ("/", "/ui", ["/ui/"]),
    ],
)
def test_a_prefix_is_rewritten_as_asked(pilot, prefix, rewrite, rewritten):
    pilot.settle(pilot.application("a", service="a", port=80, prefix=prefix, rewrite=rewrite))
    assert [route.get("rewrite", {}).get("uri") for route in pilot.routes("a")] == rewritten


def test_a_service_without_a_namespace_is_in_the_model(pilot):
    pilot.settle(pilot.application("dex-auth", service="dex-auth", port=5556, prefix="/dex"))
    assert sent_to(pilot.routes("dex-auth")[0]) == {
        "host": "dex-auth.edge.svc.cluster.local",
        "port": {"number": 5556},
    }


def test_version_2_names_the_services_namespace(pilot):
    pilot.settle(
        pilot.application("dashboard", version="v2", service="dashboard", port=8082, prefix="/", namespace="other")
    )
    assert sent_to(pilot.routes("dashboard")[0])["host"] == "dashboard.other.svc.cluster.local"


def test_a_published_databag_in_yaml_is_read(pilot):
    databag = {
        "_supported_versions": "- v1\n",
        "data": "port: 5000\nprefix: /volumes\nrewrite: /\nservice: kubeflow-volumes\n",
    }
    pilot.settle(pilot.says("ingress", databag))
    assert sent_to(pilot.routes("other-ingress")[0])["host"] == "kubeflow-volumes.edge.svc.cluster.local"


def test_an_application_that_asks_for_nothing_yet_is_waited_for_and_holds_up_no_other(pilot):
    state = pilot.settle(
        pilot.gatekeeper(),
        pilot.says("ingress", {"_supported_versions": '["v1"]'}),
        pilot.application("dex-auth", service="dex-auth", port=5556, prefix="/dex"),
    )
    assert state.unit_status == testing.WaitingStatus(
        "waiting for other-ingress to send its part of the relation ingress"
    )
    assert set(pilot.found("VirtualService")) == {"dex-auth"}


@pytest.mark.parametrize(
    "change",
    [
        {"port": 70000},
        {"port": 0},
        {"port": "web"},
        {"prefix": "volumes"},
        {"prefix": "/a b"},
        {"prefix": "/a?b"},
        {"service": ""},
        {"service": "a b"},
        {"rewrite": "x"},
    ],
)
def test_an_application_that_asks_for_what_cannot_be_is_named_and_holds_up_no_other(pilot, change):
    state = pilot.settle(
        pilot.gatekeeper(),
        pilot.application("volumes", **{"service": "volumes", "port": 5000, "prefix": "/volumes", **change}),
        pilot.application("dex-auth", service="dex-auth", port=5556, prefix="/dex"),
    )
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert state.unit_status.message.startswith("relation ingress: volumes sends invalid data: ")
    assert set(pilot.found("VirtualService")) == {"dex-auth"}


def test_an_application_that_speaks_only_unknown_versions_is_named(pilot):
    message = pilot.blocked(pilot.application("new", version="v9", service="new", port=80, prefix="/new"))
    assert "relation ingress: new sends invalid data: it speaks v9, expected v1 or v2" in message


def test_the_route_goes_with_the_relation(pilot):
    application = pilot.application("dex-auth", service="dex-auth", port=5556, prefix="/dex")
    pilot.again(pilot.settle(application), relations=frozenset())
    assert pilot.found("VirtualService") == {}


def test_the_address_is_told_to_every_application_that_has_a_route(pilot):
    state = pilot.settle(
        pilot.gateway(),
        pilot.application("a", service="a", port=80, prefix="/a"),
        pilot.application("b", service="b", port=80, prefix="/b"),
    )
    told = [relation.local_app_data["url"] for relation in state.get_relations("ingress")]
    assert told == ["http://10.64.140.43"] * 2
