"""Asking a provider for a certificate: what is published, what is kept, and what goes on while something changes."""

import dataclasses
import datetime
import functools
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ops
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kubeflow_charms import Requires, certificates
from kubeflow_charms.certificates import requested, signing
from kubeflow_charms.interfaces import tls_certificates
from kubeflow_charms.parts import Message, Part
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

NAME = "kubeflow.example.com"
WAITING = ops.WaitingStatus(f"waiting for ca to issue a certificate for {NAME} 10.1.2.3")


def plan(charm: Any) -> Iterator[Part]:
    names = [charm.config["name"], "10.1.2.3"]
    asked = requested.ask(charm.certificates, charm.secrets, "gateway-certificate", names)
    yield asked
    pair = asked.certificate()
    certificates.check_match(pair.certificate, pair.key)
    yield Message(json.dumps([pair.certificate, pair.authority]))


@pytest.fixture(autouse=True)
def few_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make two RSA keys for all tests, as each takes a while."""
    keys = itertools.cycle(rsa_keys())
    monkeypatch.setattr(signing, "new_rsa_key", lambda: next(keys))


@functools.cache
def rsa_keys(make: Callable[[], str] = signing.new_rsa_key) -> tuple[str, str]:
    return make(), make()


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    return deploy(
        plan,
        attributes={"certificates": Requires("certificates", tls_certificates.TLS_CERTIFICATES)},
        requires={"certificates": {"interface": "tls-certificates", "limit": 1, "optional": True}},
        config={"options": {"name": {"type": "string", "default": NAME}}},
    )


def signed(subject: Any, key: Any, issuer: x509.Name, issuer_key: Any, days: int = 90) -> x509.Certificate:
    now = certificates.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(issuer_key, hashes.SHA256())
    )


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def pem(*items: Any) -> list[str]:
    return [item.public_bytes(serialization.Encoding.PEM).decode().strip() for item in items]


class Provider:
    """A provider with a root and an intermediate authority."""

    def __init__(self) -> None:
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = signed(named("root"), self.root_key.public_key(), named("root"), self.root_key)
        self.middle = signed(named("middle"), self.key.public_key(), named("root"), self.root_key)

    def issue(self, request: str, **changes: Any) -> dict[str, Any]:
        """Return what the provider says of a request, in PEM."""
        asked = x509.load_pem_x509_csr(request.encode())
        leaf = signed(asked.subject, asked.public_key(), named("middle"), self.key)
        [certificate, middle, root] = pem(leaf, self.middle, self.root)
        return {
            "ca": root,
            "chain": [certificate, middle, root],
            "certificate": certificate,
            "certificate_signing_request": request,
            **changes,
        }


@pytest.fixture
def provider() -> Provider:
    return Provider()


def run(deployment: Deployment, state: testing.State) -> testing.State:
    return deployment.run(deployment.context.on.update_status(), state)


def related(deployment: Deployment, **changes: Any) -> testing.State:
    return deployment.state(relations={testing.Relation("certificates", remote_app_name="ca")}, **changes)


def kept(state: testing.State) -> dict[str, str]:
    [secret] = state.secrets
    return dict(secret.latest_content or secret.tracked_content)


def requests(state: testing.State) -> list[dict[str, Any]]:
    [relation] = state.relations
    databag = relation.local_unit_data  # pyright: ignore[reportAttributeAccessIssue]
    return json.loads(databag.get("certificate_signing_requests", "[]"))


def answered(state: testing.State, certificates: Sequence[Any] = (), **more: Any) -> testing.State:
    [relation] = state.relations
    databag = {"certificates": json.dumps(certificates), **{key: json.dumps(value) for key, value in more.items()}}
    changed: Any = dataclasses.replace(relation, remote_app_data=databag)  # pyright: ignore[reportCallIssue]
    return dataclasses.replace(state, relations={changed})


def asked(deployment: Deployment) -> tuple[testing.State, str]:
    """Return the state once the leader has asked, and its request."""
    state = run(deployment, related(deployment))
    [request] = requests(state)
    return state, request["certificate_signing_request"]


def issued(deployment: Deployment, provider: Provider) -> tuple[testing.State, str]:
    state, request = asked(deployment)
    return run(deployment, answered(state, [provider.issue(request)])), request


def test_the_leader_asks_in_its_units_databag_as_the_published_library_does(example: Deployment) -> None:
    state, request = asked(example)
    assert requests(state) == [{"certificate_signing_request": request, "ca": False}]
    [relation] = state.relations
    assert relation.local_app_data == {}  # pyright: ignore[reportAttributeAccessIssue]
    assert state.unit_status == WAITING


def test_the_request_is_for_every_name_with_a_key_that_all_providers_take(example: Deployment) -> None:
    _, text = asked(example)
    request = x509.load_pem_x509_csr(text.encode())
    assert request.is_signature_valid
    assert request.public_key().key_size == 2048  # pyright: ignore[reportAttributeAccessIssue]
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [NAME]
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["10.1.2.3"]
    assert request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == NAME


def test_the_key_is_in_a_juju_secret_and_nowhere_else(example: Deployment) -> None:
    state, _ = asked(example)
    [secret] = state.secrets
    assert secret.label == "gateway-certificate"
    [relation] = state.relations
    assert "PRIVATE KEY" not in str(relation)


def test_a_request_stays_the_same_from_hook_to_hook(example: Deployment) -> None:
    state, request = asked(example)
    assert requests(run(example, state)) == [{"certificate_signing_request": request, "ca": False}]


def test_an_issued_certificate_is_given_with_its_intermediates_and_its_authority(
    example: Deployment, provider: Provider
) -> None:
    state, request = asked(example)
    answer = provider.issue(request)
    state = run(example, answered(state, [answer]))
    [certificate, authority] = json.loads(state.unit_status.message)
    [middle] = pem(provider.middle)
    assert certificate == f"{answer['certificate']}\n{middle}\n"
    assert authority == answer["ca"]


@pytest.mark.parametrize("chain", ["backwards", "missing", "none"])
def test_the_chain_is_put_in_order_whatever_the_provider_sends(
    example: Deployment, provider: Provider, chain: str
) -> None:
    state, request = asked(example)
    answer = provider.issue(request)
    if chain == "backwards":
        answer["chain"].reverse()
    elif chain == "missing":
        del answer["chain"]
    else:
        answer["chain"] = None
    [certificate, _] = json.loads(run(example, answered(state, [answer])).unit_status.message)
    assert certificate.startswith(answer["certificate"])
    assert certificate.count("BEGIN") == (2 if chain == "backwards" else 1)


def test_a_hook_without_news_neither_parses_nor_writes(
    example: Deployment, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, _ = issued(example, provider)
    monkeypatch.setattr(signing, "in_order", pytest.fail)
    monkeypatch.setattr(signing, "request", pytest.fail)
    monkeypatch.setattr(ops.Secret, "set_content", pytest.fail)
    assert kept(run(example, state)) == kept(state)


def test_answers_for_others_are_passed_over(example: Deployment, provider: Provider) -> None:
    state, _ = asked(example)
    other = signing.request(["other.example.com"], signing.new_key())
    assert run(example, answered(state, [provider.issue(other)])).unit_status == WAITING


def test_a_certificate_for_another_key_blocks(example: Deployment, provider: Provider) -> None:
    state, request = asked(example)
    other = signing.request([NAME], signing.new_key())
    answer = provider.issue(other, certificate_signing_request=request)
    status = run(example, answered(state, [answer])).unit_status
    assert isinstance(status, ops.BlockedStatus)
    assert "ca issues a certificate that cannot be used: the key does not belong" in status.message


def test_a_refusal_blocks_with_the_providers_words(example: Deployment) -> None:
    state, request = asked(example)
    error = {"code": 102, "name": "DOMAIN_NOT_ALLOWED", "message": "example.com is not ours"}
    status = run(example, answered(state, request_errors=[{"csr": request, "error": error}])).unit_status
    assert isinstance(status, ops.BlockedStatus)
    assert f"ca refuses a certificate for {NAME} 10.1.2.3: example.com is not ours" in status.message


def test_other_names_are_asked_for_anew_and_the_old_certificate_does_not_do(
    example: Deployment, provider: Provider
) -> None:
    state, request = issued(example, provider)
    state = run(example, dataclasses.replace(state, config={"name": "other.example.com"}))
    [other] = requests(state)
    assert other["certificate_signing_request"] != request
    assert state.unit_status == ops.WaitingStatus(
        "waiting for ca to issue a certificate for other.example.com 10.1.2.3"
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that lets it be some days from now."""

    def move(days: int) -> None:
        moved = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
        monkeypatch.setattr(certificates, "now", lambda: moved)

    return move


def test_a_certificate_in_its_last_third_is_asked_for_anew_and_serves_meanwhile(
    example: Deployment, provider: Provider, later: Callable[[int], None]
) -> None:
    state, request = issued(example, provider)
    later(61)
    renewing = run(example, state)
    [other] = requests(renewing)
    assert other["certificate_signing_request"] != request
    assert renewing.unit_status == state.unit_status
    assert run(example, answered(renewing)).unit_status == state.unit_status
    assert requests(run(example, renewing)) == [other]
    answer = provider.issue(other["certificate_signing_request"])
    renewed = run(example, answered(renewing, [answer]))
    assert json.loads(renewed.unit_status.message)[0].startswith(answer["certificate"])
    assert requests(run(example, renewed)) == [other]


def test_a_revoked_certificate_serves_no_longer(example: Deployment, provider: Provider) -> None:
    state, request = issued(example, provider)
    revoked = answered(state, [provider.issue(request, revoked=True)])
    state = run(example, revoked)
    assert state.unit_status == WAITING
    assert kept(run(example, state)) == kept(state)
    assert run(example, answered(state)).unit_status == WAITING


def test_a_revoked_certificate_is_asked_for_anew_with_another_key(example: Deployment, provider: Provider) -> None:
    state, request = issued(example, provider)
    key = kept(state)["key"]
    state = run(example, answered(state, [provider.issue(request, revoked=True)]))
    [other] = requests(state)
    assert other["certificate_signing_request"] != request
    assert kept(state)["key"] != key
    answers = [provider.issue(request, revoked=True), provider.issue(other["certificate_signing_request"])]
    assert isinstance(run(example, answered(state, answers)).unit_status, ops.ActiveStatus)


def test_a_unit_that_does_not_lead_serves_no_revoked_certificate(example: Deployment, provider: Provider) -> None:
    state, request = issued(example, provider)
    revoked = answered(state, [provider.issue(request, revoked=True)])
    follower = run(example, dataclasses.replace(revoked, leader=False))
    assert follower.unit_status == WAITING


def test_an_expired_certificate_goes_on_to_serve_and_the_status_says_so(
    example: Deployment, provider: Provider, later: Callable[[int], None]
) -> None:
    state, request = issued(example, provider)
    later(91)
    state = run(example, state)
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert f"the certificate of ca for {NAME} 10.1.2.3 expired on 20" in state.unit_status.message
    assert "certificate" in kept(state)
    [other] = requests(state)
    assert other["certificate_signing_request"] != request


def test_a_certificate_that_is_not_valid_yet_is_asked_for_anew(
    example: Deployment, provider: Provider, later: Callable[[int], None]
) -> None:
    state, request = issued(example, provider)
    later(-400)
    [other] = requests(run(example, state))
    assert other["certificate_signing_request"] != request


def test_another_unit_gives_the_same_certificate_and_publishes_nothing(example: Deployment, provider: Provider) -> None:
    state, _ = issued(example, provider)
    [relation] = state.relations
    other: Any = dataclasses.replace(relation, local_unit_data={})  # pyright: ignore[reportCallIssue]
    follower = run(example, dataclasses.replace(state, leader=False, relations={other}))
    assert follower.unit_status == state.unit_status
    assert requests(follower) == []


def test_a_former_leader_leaves_its_request_so_that_nothing_is_revoked(example: Deployment, provider: Provider) -> None:
    state, request = issued(example, provider)
    follower = run(example, dataclasses.replace(state, leader=False))
    assert requests(follower) == [{"certificate_signing_request": request, "ca": False}]


def test_a_former_leader_takes_back_what_is_out_of_date(example: Deployment) -> None:
    state, _ = asked(example)
    [relation] = state.relations
    old = json.dumps([{"certificate_signing_request": "of long ago", "ca": False}])
    stale: Any = dataclasses.replace(relation, local_unit_data={"certificate_signing_requests": old})
    assert requests(run(example, dataclasses.replace(state, leader=False, relations={stale}))) == []


def test_a_unit_without_the_leaders_request_waits(example: Deployment) -> None:
    state = run(example, related(example, leader=False))
    assert state.unit_status == ops.WaitingStatus("waiting for the leader to make the secret gateway-certificate")


def test_an_unreadable_databag_blocks_naming_the_provider(example: Deployment) -> None:
    state, _ = asked(example)
    [relation] = state.relations
    broken: Any = dataclasses.replace(relation, remote_app_data={"certificates": "[{}]"})
    status = run(example, dataclasses.replace(state, relations={broken})).unit_status
    assert isinstance(status, ops.BlockedStatus)
    assert status.message.startswith("relation certificates: ca sends invalid data: ")
