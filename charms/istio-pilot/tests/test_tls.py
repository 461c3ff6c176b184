"""The gateway's certificate: from a user secret, from an application that issues them, or neither."""

import base64
import dataclasses
import json

import pytest
from kubeflow_charms.certificates import check_match
from ops import testing

RELATED = testing.Relation("certificates", remote_app_name="ca")
NAMED = {"csr-domain-name": "kubeflow.example.com"}


def given(pilot, secret, *relations, **changes):
    """Settle a unit with a certificate in a user secret."""
    config = {"tls-secret-id": secret.id}
    return pilot.settle(pilot.gatekeeper(), pilot.gateway(), *relations, config=config, secrets={secret}, **changes)


def related(pilot, **config):
    """Settle a unit that asks an application for a certificate."""
    return pilot.settle(pilot.gatekeeper(), pilot.gateway(), RELATED, config=config)


def issued(pilot, issuer, state):
    """Let the application answer."""
    (relation,) = state.get_relations("certificates")
    return pilot.again(state, *(state.relations - {relation}), issuer.answer(relation))


def served(pilot):
    """Return certificate and key as the cluster has them."""
    content = pilot.found("Secret")["istio-gateway-gateway-secret"]["stringData"]
    return content["tls.crt"], content["tls.key"]


def test_without_a_certificate_the_gateway_serves_http(pilot):
    pilot.settle(pilot.gatekeeper())
    assert pilot.servers == [{"hosts": ["*"], "port": {"name": "http", "number": 8080, "protocol": "HTTP"}}]


def test_a_certificate_in_a_user_secret_makes_the_gateway_serve_https(pilot, issuer):
    secret = issuer.secret()
    state = given(pilot, secret)
    assert state.unit_status == testing.ActiveStatus("https://10.64.140.43")
    assert served(pilot) == (secret.tracked_content["tls-crt"], secret.tracked_content["tls-key"])
    assert pilot.servers[0]["tls"] == {"httpsRedirect": True}
    assert pilot.servers[1] == {
        "hosts": ["*"],
        "port": {"name": "https", "number": 8443, "protocol": "HTTPS"},
        "tls": {"mode": "SIMPLE", "credentialName": "istio-gateway-gateway-secret"},
    }


def test_another_revision_of_the_user_secret_is_served(pilot, issuer):
    secret = issuer.secret()
    state = given(pilot, secret)
    renewed = dataclasses.replace(secret, latest_content=issuer.pair())
    pilot.again(state, *state.relations, secrets={*state.secrets - {secret}, renewed})
    assert served(pilot)[0] == renewed.latest_content["tls-crt"]


def test_taking_the_certificate_back_returns_to_http(pilot, issuer):
    secret = issuer.secret()
    state = given(pilot, secret)
    state = pilot.again(state, *state.relations, config={})
    assert [server["port"]["name"] for server in pilot.servers] == ["http"]
    assert "istio-gateway-gateway-secret" not in pilot.found("Secret")
    assert state.unit_status == testing.ActiveStatus("http://10.64.140.43")


def test_a_key_of_another_certificate_blocks_naming_the_option(pilot, issuer):
    secret = issuer.secret(tls_key=issuer.pair()["tls-key"])
    message = pilot.blocked(secrets={secret}, tls_secret_id=secret.id)
    assert message == ("option tls-secret-id: the key does not belong to the certificate, expected those made together")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tls_crt": "certificate"}, "the certificate is no PEM certificate, expected -----BEGIN CERTIFICATE-----"),
        ({"tls_key": "key"}, "the key is no PEM private key, expected -----BEGIN PRIVATE KEY-----"),
        ({"other": "x"}, "the secret's keys are other, tls-crt, tls-key, expected tls-crt, tls-key"),
    ],
)
def test_a_secret_that_holds_something_else_blocks_naming_the_option(pilot, issuer, change, expected):
    secret = issuer.secret(**change)
    assert pilot.blocked(secrets={secret}, tls_secret_id=secret.id) == f"option tls-secret-id: {expected}"


def test_a_secret_that_is_not_granted_blocks_with_the_command_that_helps(pilot):
    message = pilot.blocked(tls_secret_id="secret:d7fmqmvmp25c7dppp0kg")
    assert message.startswith("option tls-secret-id: the secret is not there or not granted")
    assert "juju grant-secret NAME istio-pilot" in message


def test_a_bad_certificate_leaves_the_one_that_is_served(pilot, issuer):
    secret = issuer.secret()
    state = given(pilot, secret)
    before = served(pilot)
    bad = issuer.secret(tls_key="key")
    state = pilot.again(state, *state.relations, secrets={*state.secrets, bad}, config={"tls-secret-id": bad.id})
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert served(pilot) == before


def test_an_expired_certificate_is_told_of_and_stops_neither_istiod_nor_the_gatekeeper(pilot, issuer):
    secret = testing.Secret(issuer.pair(days=-1))
    state = given(pilot, secret)
    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert state.unit_status.message.startswith("option tls-secret-id: the certificate expired on ")
    assert state.get_container("istiod").services["istiod"].is_running()
    assert pilot.actions(8443) == {"CUSTOM"}


def test_a_user_secret_and_a_relation_at_once_block(pilot, issuer):
    state = given(pilot, issuer.secret(), RELATED)
    assert state.unit_status == testing.BlockedStatus(
        "two certificates: unset tls-secret-id, or remove the relation certificates"
    )


def test_a_relation_besides_the_user_secret_leaves_what_is_served(pilot, issuer):
    state = given(pilot, issuer.secret())
    before = served(pilot)
    pilot.again(state, *state.relations, RELATED)
    assert served(pilot) == before
    assert len(pilot.servers) == 2
    assert not pilot.open_ports


@pytest.mark.parametrize(("config", "name"), [({}, "10.64.140.43"), (NAMED, "kubeflow.example.com")])
def test_a_related_application_is_asked_for_the_address_or_the_name_that_was_given(pilot, config, name):
    state = related(pilot, **config)
    (request,) = json.loads(state.get_relations("certificates")[0].local_unit_data["certificate_signing_requests"])
    assert "BEGIN CERTIFICATE REQUEST" in request["certificate_signing_request"]
    assert state.unit_status == testing.WaitingStatus(f"waiting for ca to issue a certificate for {name}")


def test_while_the_first_certificate_is_awaited_nothing_is_served_in_the_clear(pilot):
    related(pilot)
    assert pilot.servers == []


def test_an_issued_certificate_is_served_under_the_name_that_was_certified(pilot, issuer):
    state = issued(pilot, issuer, related(pilot, **NAMED))
    assert state.unit_status == testing.ActiveStatus("https://kubeflow.example.com")
    check_match(*served(pilot))
    assert len(pilot.servers) == 2


def test_an_issued_certificate_for_the_address_is_served_at_the_address(pilot, issuer):
    assert issued(pilot, issuer, related(pilot)).unit_status == testing.ActiveStatus("https://10.64.140.43")


def test_a_gateway_without_an_address_of_its_own_can_be_certified_by_name(pilot, issuer):
    inside = pilot.gateway(address="", up="true")
    state = issued(pilot, issuer, pilot.settle(pilot.gatekeeper(), inside, RELATED, config=NAMED))
    assert state.unit_status == testing.ActiveStatus("https://kubeflow.example.com")


def test_without_an_address_or_a_name_to_certify_the_status_says_what_to_type(pilot):
    state = pilot.settle(pilot.gatekeeper(), RELATED)
    assert state.unit_status == testing.WaitingStatus(
        "waiting for the gateway's address, to have it certified; or run: juju config istio-pilot csr-domain-name=NAME"
    )


def test_https_goes_on_while_a_certificate_for_another_name_is_awaited(pilot, issuer):
    state = issued(pilot, issuer, related(pilot, **NAMED))
    before = served(pilot)
    state = pilot.reconfigure(state, csr_domain_name="other.example.com")
    assert isinstance(state.unit_status, testing.WaitingStatus)
    assert served(pilot) == before
    assert len(pilot.servers) == 2


def test_routes_and_policies_follow_while_a_certificate_is_awaited(pilot):
    state = pilot.settle(pilot.gatekeeper(), RELATED)
    relations = [relation for relation in state.relations if relation.endpoint == "certificates"]
    route = pilot.application("a", service="a", port=80, prefix="/a")
    pilot.again(state, *relations, pilot.gatekeeper(port=0), route)
    assert "a" in pilot.found("VirtualService")
    assert pilot.actions(8080) == {"DENY"}


@pytest.mark.parametrize("name", ["https://a.example.com", "münchen.example.com", "a b", "*.example.com"])
def test_a_name_that_no_certificate_can_be_for_blocks(pilot, name):
    assert "option csr-domain-name" in pilot.blocked(RELATED, csr_domain_name=name)


def test_keys_are_in_no_databag_log_status_layer_or_file_and_in_one_secret_of_the_cluster(pilot, issuer):
    secret = issuer.secret()
    state = given(pilot, secret)
    private = secret.tracked_content["tls-key"].splitlines()[1]
    container = state.get_container("istiod")
    log = " ".join(line.message for line in pilot.deployment.context.juju_log)
    public = [str(relation) for relation in state.relations]
    public += [container.plan.to_yaml(), str(container.layers), log, str(state.unit_status)]
    public += [file.text for file in pilot.deployment.files["istiod"].values()]
    assert not [text for text in public if private in text]
    holders = [item for item in pilot.deployment.cluster.objects.values() if private in str(item)]
    assert [(item["kind"], item["type"]) for item in holders] == [("Secret", "kubernetes.io/tls")]


def test_the_key_of_an_issued_certificate_stays_in_secrets(pilot, issuer):
    state = issued(pilot, issuer, related(pilot))
    private = served(pilot)[1].splitlines()[1]
    assert not [relation for relation in state.relations if private in str(relation)]
    assert base64.b64decode(private)
    assert private not in " ".join(line.message for line in pilot.deployment.context.juju_log)
