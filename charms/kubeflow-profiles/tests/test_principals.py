import json
from typing import Any

import pytest
from ops import testing

PRINCIPAL = "cluster.local/ns/edge/sa/istio-ingressgateway"
OURSELVES = "cluster.local/ns/edge/sa/kubeflow-profiles"
NOTEBOOKS = "cluster.local/ns/edge/sa/notebooks"
PUBLISHED = {"gateway_name": "kubeflow-gateway", "gateway_namespace": "kubeflow"}


def environment(profiles: Any, container: str = "profile-controller", **changes: Any) -> dict[str, str]:
    return profiles.service(profiles.settle(**changes), container).environment


def test_the_gateway_says_who_it_is(profiles):
    assert environment(profiles)["ISTIO_INGRESS_GATEWAY_PRINCIPAL"] == PRINCIPAL


def test_kfam_and_the_controller_let_the_same_in(profiles):
    controllers, kfams = environment(profiles), environment(profiles, "kfam")
    assert kfams.items() <= controllers.items()


def test_an_option_names_a_gateway_that_is_not_related(profiles):
    changes: Any = {"databags": {"gateway-info": None}, "config": {"gateway-principal": "td/ns/istio/sa/gateway"}}
    assert environment(profiles, **changes)["ISTIO_INGRESS_GATEWAY_PRINCIPAL"] == "td/ns/istio/sa/gateway"


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        ("docker.io/istio/proxyv2:1.30.4", "docker.io/istio/proxyv2"),
        ("registry.site:5000/proxyv2@sha256:" + "0" * 64, "registry.site:5000/proxyv2"),
        ("proxyv2", "proxyv2"),
    ],
)
def test_what_redirects_a_pods_traffic_has_the_image_of_sidecars(profiles, image, repository):
    profiles.settle(databags={"gateway-info": {**PUBLISHED, "gateway_principal": PRINCIPAL, "proxy_image": image}})
    assert f"container.image.startsWith('{repository}:')" in redirecting(profiles)


def test_where_nobody_says_the_image_of_sidecars_any_redirects(profiles):
    profiles.settle()
    assert "container.image" not in redirecting(profiles)


def redirecting(profiles):
    """Return the expression that finds the containers which may redirect traffic."""
    policies = [item for item in profiles.cluster.objects.values() if item["kind"] == "ValidatingAdmissionPolicy"]
    variables = [it for item in policies for it in item["spec"].get("variables", ()) if it["name"] == "redirecting"]
    return variables[0]["expression"]


def test_a_published_gateway_has_the_account_of_its_charm(profiles):
    changes: Any = {"databags": {"gateway-info": {**PUBLISHED, "gateway_up": "true"}}}
    assert environment(profiles, **changes)["ISTIO_INGRESS_GATEWAY_PRINCIPAL"] == (
        "cluster.local/ns/kubeflow/sa/istio-ingressgateway-workload-service-account"
    )


def test_a_gateway_that_is_not_up_is_waited_for(profiles):
    state = profiles.settle(databags={"gateway-info": {**PUBLISHED, "gateway_up": "false"}})
    assert state.unit_status == testing.WaitingStatus("waiting for the gateway kubeflow-gateway to come up")


def test_without_a_gateway_the_unit_is_blocked_with_the_command_that_helps(profiles):
    state = profiles.settle(databags={"gateway-info": None})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "juju integrate kubeflow-profiles:gateway-info istio-pilot" in state.unit_status.message


def test_without_a_gateway_the_webhook_its_fence_and_the_roles_are_there(profiles):
    state = profiles.settle(databags={"gateway-info": None})
    assert profiles.service(state, "poddefaults-webhook")
    assert {"ClusterRole kubeflow-edit", "NetworkPolicy kubeflow-profiles"} <= set(profiles.cluster.kinds())


def test_what_is_not_related_is_let_in_under_no_name_but_ours(profiles):
    found = environment(profiles)
    assert (found["NOTEBOOK_CONTROLLER_PRINCIPAL"], found["KFP_UI_PRINCIPAL"]) == (OURSELVES, OURSELVES)


def test_a_related_application_says_who_it_is(profiles):
    databag = {"_supported_versions": '["v1"]', "role": "notebooks", "principal": NOTEBOOKS}
    found = environment(profiles, databags={"kubeflow-profiles": databag})
    assert (found["NOTEBOOK_CONTROLLER_PRINCIPAL"], found["KFP_UI_PRINCIPAL"]) == (NOTEBOOKS, OURSELVES)


def test_an_application_that_says_what_is_no_principal_blocks_with_its_name(profiles):
    state = profiles.settle(databags={"kubeflow-profiles": {"role": "notebooks", "principal": "me"}})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "relation kubeflow-profiles: other sends invalid data" in state.unit_status.message


def test_related_applications_are_told_where_kfam_is(profiles):
    databag = profiles.settle().get_relations("kubeflow-profiles")[0].local_app_data
    assert json.loads(databag["data"]) == {"service-name": "kubeflow-profiles.edge", "service-port": "8081"}
    assert json.loads(databag["_supported_versions"]) == ["v1"]


@pytest.mark.parametrize(("role", "reaches"), [("dashboard", True), ("notebooks", False), ("pipelines", False)])
def test_only_who_calls_kfam_reaches_it(profiles, role, reaches):
    profiles.settle(databags={"kubeflow-profiles": {"_supported_versions": '["v1"]', "role": role}})
    rules = profiles.cluster.find("NetworkPolicy", "kubeflow-profiles")["spec"]["ingress"]
    let_in = profiles.cluster.find("AuthorizationPolicy", "kubeflow-profiles")["spec"]["rules"]
    asked = any(rule["ports"][0]["port"] == 8081 for rule in rules)
    inside = any(rule["to"][0]["operation"].get("ports") == ["8081"] for rule in let_in)
    assert (asked, inside) == (reaches, reaches)


def test_only_related_applications_reach_kfam(profiles):
    profiles.settle()
    everyone, callers, gateway, webhooks, *_ = profiles.cluster.find("NetworkPolicy", "kubeflow-profiles")["spec"][
        "ingress"
    ]
    assert "from" not in everyone
    assert [(port["port"], port["endPort"]) for port in everyone["ports"]] == [
        (1, 4442),
        (4444, 8079),
        (8084, 9875),
        (9877, 65535),
    ]
    assert gateway["from"][0]["podSelector"]["matchLabels"] == {"istio": "ingressgateway"}
    assert gateway["ports"] == [{"port": 8083, "protocol": "TCP"}]
    assert webhooks["ports"] == [{"port": 4443, "protocol": "TCP"}]
    (source,) = callers["from"]
    assert source["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "other"}
    assert source["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "edge"}
    assert callers["ports"] == [{"port": 8081, "protocol": "TCP"}]


def test_nobody_reaches_kfam_while_nobody_is_related(profiles):
    profiles.settle(databags={"kubeflow-profiles": None})
    rules = profiles.cluster.find("NetworkPolicy", "kubeflow-profiles")["spec"]["ingress"]
    assert not [rule for rule in rules if rule["ports"] == [{"port": 8081, "protocol": "TCP"}]]
    assert len(profiles.cluster.find("AuthorizationPolicy", "kubeflow-profiles")["spec"]["rules"]) == 2


def test_inside_the_mesh_a_forged_header_alone_does_not_help(profiles):
    profiles.settle()
    others, kfam, _ = profiles.cluster.find("AuthorizationPolicy", "kubeflow-profiles")["spec"]["rules"]
    assert others == {"to": [{"operation": {"notPorts": ["8081", "8083"]}}]}
    assert kfam["from"] == [{"source": {"principals": ["cluster.local/ns/edge/sa/other"]}}]


OURS = {**PUBLISHED, "gateway_up": "true", "gateway_principal": PRINCIPAL}


@pytest.mark.parametrize("policy", ["baseline", "restricted"])
def test_a_security_policy_that_sidecars_cannot_have_is_refused_with_the_reason_and_the_way_out(profiles, policy):
    databags = {"gateway-info": {**OURS, "sidecars_need_rights": "true"}}
    state = profiles.settle(databags=databags)
    before = profiles.service(state, "profile-controller")
    state = profiles.reconfigure(state, security_policy=policy)
    assert state.unit_status == testing.BlockedStatus(
        "option security-policy: expected privileged, or Istio's CNI plugin and juju config other cni=true"
    )
    assert profiles.service(state, "profile-controller") == before
    with pytest.raises(testing.ActionFailed, match="expected privileged"):
        profiles.deployment.run(profiles.deployment.context.on.action("apply-labels"), state)


@pytest.mark.parametrize("said", [{"sidecars_need_rights": "false"}, {}])
def test_a_security_policy_is_taken_where_the_plugin_is_there_or_nobody_says(profiles, said):
    state = profiles.settle(databags={"gateway-info": {**OURS, **said}}, config={"security-policy": "baseline"})
    assert isinstance(state.unit_status, testing.ActiveStatus)


def test_a_security_policy_is_taken_where_the_mesh_is_not_ours(profiles):
    config = {"gateway-principal": "td/ns/istio/sa/gateway", "security-policy": "baseline"}
    state = profiles.settle(databags={"gateway-info": None}, config=config)
    assert isinstance(state.unit_status, testing.ActiveStatus)
