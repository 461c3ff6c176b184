"""How the proxy runs, what it may do, and what it needs of the control plane."""

import pytest
from ops import testing

ROOT_FILE = "/var/run/secrets/istio/root-cert.pem"


def service(state):
    return state.get_container("proxy").plan.services["proxy"]


def mounted(gateway, path):
    """Return the source of the volume at a path of the proxy's container."""
    name = next(mount["name"] for mount in gateway.container["volumeMounts"] if mount["mountPath"] == path)
    volume = next(item for item in gateway.pod["spec"]["volumes"] if item["name"] == name)
    return {key: value for key, value in volume.items() if key != "name"}


def test_the_proxy_is_configured_by_the_related_control_plane(gateway):
    environment = service(gateway.settle()).environment
    assert environment["CA_ADDR"] == "istiod.edge.svc:15012"
    assert environment["PROXY_CONFIG"] == '{"discoveryAddress": "istiod.edge.svc:15012"}'
    assert environment["POD_NAMESPACE"] == "edge"


def test_the_proxy_knows_the_control_plane_by_its_root_certificate(gateway):
    state = gateway.settle()
    assert service(state).environment["CA_ROOT_CA"] == service(state).environment["XDS_ROOT_CA"] == ROOT_FILE
    assert "root" in gateway.deployment.files["proxy"][ROOT_FILE].text


def test_the_proxy_is_asked_whether_it_is_ready(gateway):
    check = gateway.settle().get_container("proxy").plan.checks["proxy"]
    assert check.http == {"url": "http://localhost:15021/healthz/ready"}


def test_the_proxy_has_no_token_of_kubernetes(gateway):
    gateway.settle()
    assert mounted(gateway, "/var/run/secrets/kubernetes.io/serviceaccount") == {"emptyDir": {}}


def test_the_proxys_only_token_is_for_istiod(gateway):
    gateway.settle()
    sources = mounted(gateway, "/var/run/secrets/tokens")["projected"]["sources"]
    assert sources == [
        {"serviceAccountToken": {"audience": "istio-ca", "expirationSeconds": 43200, "path": "istio-token"}}
    ]


def test_the_proxy_has_no_rights_and_cannot_get_any(gateway):
    gateway.settle()
    assert gateway.container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert not [kind for kind in gateway.deployment.cluster.kinds() if kind.startswith(("Role ", "ServiceAccount"))]


def test_a_memory_limit_reaches_the_container(gateway):
    gateway.settle(config={"memory": "256Mi"})
    assert gateway.container["resources"] == {"limits": {"memory": "256Mi"}}


@pytest.mark.parametrize("kind", ["ingress", "egress"])
def test_pods_and_service_are_labelled_by_the_way_that_requests_go(gateway, kind):
    state = gateway.settle(config={"kind": kind})
    labels = {"app": f"istio-{kind}gateway", "istio": f"{kind}gateway"}
    assert gateway.pod["metadata"]["labels"] == labels
    assert labels.items() <= gateway.service["metadata"]["labels"].items()
    assert gateway.told(state)["kind"] == kind


def test_a_published_control_plane_is_known_by_the_certificate_that_istiod_puts_into_the_namespace(gateway):
    published = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"root-cert.pem": "published root"}}
    published["metadata"] = {"name": "istio-ca-root-cert"}
    gateway.deployment.cluster.add("/api/v1/namespaces/edge/configmaps/istio-ca-root-cert", published)
    gateway.settle(pilot=gateway.published().remote_app_data)
    assert gateway.deployment.files["proxy"][ROOT_FILE].text == "published root"


def test_a_published_control_plane_that_has_not_put_it_there_is_waited_for(gateway):
    state = gateway.settle(pilot=gateway.published().remote_app_data, config={"gateway_service_type": "ClusterIP"})
    assert state.unit_status == testing.WaitingStatus("waiting for istio-pilot to publish its root certificate")


def test_another_root_certificate_restarts_the_proxy(gateway):
    state = gateway.settle()
    before = service(state)
    databag = {**state.get_relations("istio-pilot")[0].remote_app_data, "root-certificate": "another"}
    state = gateway.again(state, relations={gateway.related(databag)})
    assert gateway.deployment.files["proxy"][ROOT_FILE].text == "another"
    assert service(state) != before


def test_without_a_control_plane_the_unit_blocks_with_the_command_that_helps(gateway):
    state = gateway.settle(pilot=None, config={"gateway_service_type": "ClusterIP"})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert "juju integrate istio-gateway:istio-pilot istio-pilot" in state.unit_status.message


@pytest.mark.parametrize("databag", [{}, {"_supported_versions": '["v1"]'}])
def test_a_control_plane_that_says_nothing_yet_is_waited_for(gateway, databag):
    state = gateway.settle(pilot=databag, config={"gateway_service_type": "ClusterIP"})
    assert state.unit_status == testing.WaitingStatus(
        "waiting for istio-pilot to send its part of the relation istio-pilot"
    )


def test_a_control_plane_that_says_something_wrong_is_named_and_leaves_the_proxy(gateway):
    before = gateway.settle()
    wrong = gateway.related({"_supported_versions": '["v1"]', "data": "{}"})
    after = gateway.again(before, relations={wrong})
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert after.unit_status.message.startswith("relation istio-pilot: istio-pilot sends invalid data: ")
    assert service(after) == service(before)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("kind", "", "'' is unknown, expected one of ingress, egress"),
        ("gateway_service_type", "External", "expected one of LoadBalancer, NodePort, ClusterIP"),
        ("memory", "much", "it is no quantity, expected for example 256Mi"),
    ],
)
def test_a_bad_option_blocks_by_its_name_and_says_what_is_expected(gateway, option, value, expected):
    message = gateway.blocked(**{option: value})
    assert message.startswith(f"option {option}: ")
    assert expected in message


def test_a_bad_option_leaves_proxy_service_and_databag_as_they_were(gateway):
    before = gateway.settle(config={"gateway_service_type": "ClusterIP"})
    after = gateway.reconfigure(before, memory="much", kind="egress", gateway_service_type="NodePort")
    assert service(after) == service(before)
    assert after.get_container("proxy").services["proxy"].is_running()
    assert gateway.service["spec"]["type"] == "ClusterIP"
    assert gateway.told(after) == gateway.told(before)


def test_the_proxy_starts_although_kubernetes_does_not_answer(gateway):
    state = gateway.settle()
    (container,) = state.containers
    empty = testing.Container(container.name, can_connect=True)
    gateway.deployment.cluster.refuse = lambda request: 503
    after = gateway.again(state, containers={empty})
    assert after.get_container("proxy").services["proxy"].is_running()
    assert isinstance(after.unit_status, testing.WaitingStatus)
