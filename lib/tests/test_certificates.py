"""Certificates: what they are good for, when they are renewed, and which pairs of a user's are refused."""

import datetime
import ipaddress
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import ops
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.verification import PolicyBuilder, Store
from kubeflow_charms import certificates
from kubeflow_charms.certificates import signing
from kubeflow_charms.parts import Message, Part
from kubeflow_charms.relations.secrets import Secrets
from support.deployment import Deployment
from support.examples import Deploy

NAMES = ("istiod.edge.svc", "istiod.edge.svc.cluster.local", "10.1.2.3")


class MemorySecrets(Secrets):
    """The leader's secrets, without a Juju."""

    def __init__(self) -> None:
        self.contents: dict[str, dict[str, str]] = {}
        self.made = 0

    def peek(self, label: str) -> dict[str, str] | None:
        return self.contents.get(label)

    def ensure(
        self,
        label: str,
        make: Callable[[], dict[str, str]],
        valid: Callable[[dict[str, str]], bool] | None = None,
    ) -> dict[str, str]:
        had = self.contents.get(label)
        if had is None or (valid and not valid(had)):
            self.contents[label] = make()
            self.made += 1
        return self.contents[label]


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that lets it be some days from now."""

    def move(days: int) -> None:
        moved = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
        monkeypatch.setattr(certificates, "now", lambda: moved)

    return move


def load(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def verify(leaf: str, authority: str, name: str, when: datetime.datetime | None = None) -> None:
    builder = PolicyBuilder().store(Store([load(authority)]))
    if when is not None:
        builder = builder.time(when)
    builder.build_server_verifier(x509.DNSName(name)).verify(load(leaf), [])


def test_a_server_certificate_is_good_for_each_of_its_names(secrets: MemorySecrets) -> None:
    authority = certificates.authority(secrets, common_name="istio-pilot in edge")
    made = certificates.server_certificate(secrets, "server", authority, NAMES)
    assert made.authority == authority.certificate
    for name in NAMES[:2]:
        verify(made.certificate, made.authority, name)
    alternative = load(made.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternative.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(NAMES[2])]
    certificates.check_pair(made.certificate, made.key)


def test_a_server_certificate_signs_no_others(secrets: MemorySecrets) -> None:
    authority = certificates.authority(secrets, common_name="authority")
    made = certificates.server_certificate(secrets, "server", authority, NAMES)
    assert not load(made.certificate).extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_an_authority_is_made_once_and_lasts_ten_years(secrets: MemorySecrets, later: Callable[[int], None]) -> None:
    made = certificates.authority(secrets, common_name="authority")
    later(365 * 6)
    assert certificates.authority(secrets, common_name="authority") == made
    assert (certificates.expires(made.certificate) - datetime.datetime.now(datetime.UTC)).days in (3649, 3650)


def test_a_renewed_authority_still_vouches_for_what_the_old_one_signed(
    secrets: MemorySecrets, later: Callable[[int], None]
) -> None:
    old = certificates.authority(secrets, common_name="authority")
    leaf = certificates.server_certificate(secrets, "server", old, NAMES)
    later(365 * 7)
    new = certificates.authority(secrets, common_name="authority")
    assert new.certificate != old.certificate
    assert new.key == old.key
    load(leaf.certificate).verify_directly_issued_by(load(new.certificate))
    fresh = certificates.server_certificate(secrets, "fresh", new, NAMES)
    load(fresh.certificate).verify_directly_issued_by(load(old.certificate))


def test_a_server_certificate_is_made_once(secrets: MemorySecrets, later: Callable[[int], None]) -> None:
    authority = certificates.authority(secrets, common_name="authority")
    made = certificates.server_certificate(secrets, "server", authority, NAMES)
    later(200)
    assert certificates.server_certificate(secrets, "server", authority, NAMES) == made


def test_a_server_certificate_is_renewed_in_the_last_third_of_its_year(
    secrets: MemorySecrets, later: Callable[[int], None]
) -> None:
    authority = certificates.authority(secrets, common_name="authority")
    old = certificates.server_certificate(secrets, "server", authority, NAMES)
    later(250)
    new = certificates.server_certificate(secrets, "server", authority, NAMES)
    assert new.key != old.key
    verify(new.certificate, authority.certificate, NAMES[0], certificates.now())


@pytest.mark.parametrize("days", [-400, -2])
def test_what_a_clock_in_the_future_made_is_made_again(
    secrets: MemorySecrets, later: Callable[[int], None], days: int
) -> None:
    old = certificates.authority(secrets, common_name="authority")
    leaf = certificates.server_certificate(secrets, "server", old, NAMES)
    later(days)
    new = certificates.authority(secrets, common_name="authority")
    assert (new.key, new.certificate != old.certificate) == (old.key, True)
    again = certificates.server_certificate(secrets, "server", new, NAMES)
    assert again != leaf
    verify(again.certificate, new.certificate, NAMES[0], certificates.now())


def test_other_names_and_another_authority_mean_another_certificate(secrets: MemorySecrets) -> None:
    authority = certificates.authority(secrets, common_name="authority")
    other = certificates.authority(secrets, "other", common_name="other")
    made = [
        certificates.server_certificate(secrets, "server", authority, NAMES),
        certificates.server_certificate(secrets, "server", authority, NAMES[:1]),
        certificates.server_certificate(secrets, "server", other, NAMES[:1]),
    ]
    assert len({item.certificate for item in made}) == 3
    verify(made[2].certificate, other.certificate, NAMES[0])


def test_a_name_longer_than_a_common_name_may_be_is_served_all_the_same(secrets: MemorySecrets) -> None:
    name = f"{'a' * 60}.{'b' * 60}.svc"
    authority = certificates.authority(secrets, common_name="c" * 100)
    made = certificates.server_certificate(secrets, "server", authority, [name])
    verify(made.certificate, authority.certificate, name)


def test_a_hook_that_makes_no_certificate_does_not_import_cryptography() -> None:
    script = "import sys, kubeflow_charms.certificates; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_juju_takes_the_secrets_and_a_follower_reads_them(deploy: Deploy) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        authority = certificates.authority(charm.secrets, common_name=charm.app.name)
        made = certificates.server_certificate(charm.secrets, "server-certificate", authority, ["a.edge.svc"])
        yield Message(made.certificate)

    deployment: Deployment = deploy(plan)
    event = deployment.context.on.update_status()
    waiting = deployment.run(event, deployment.state(leader=False))
    assert waiting.unit_status == ops.WaitingStatus("waiting for the leader to make the secret certificate-authority")
    leader = deployment.run(event, deployment.state())
    assert {secret.label for secret in leader.secrets} == {"certificate-authority", "server-certificate"}
    follower = deployment.run(event, deployment.state(leader=False, secrets=leader.secrets))
    assert follower.unit_status == leader.unit_status
    assert "BEGIN CERTIFICATE" in leader.unit_status.message


Pair = tuple[str, str]


@pytest.fixture
def pair() -> Pair:
    return made_pair(ec.generate_private_key(ec.SECP256R1()))


def made_pair(key: Any, starts: int = -1, ends: int = 10) -> Pair:
    """Return a self-signed certificate and its key, valid from and until some days from now."""
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "host")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + datetime.timedelta(days=starts))
        .not_valid_after(now + datetime.timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), signing.key_pem(key)


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)], ids=["ec", "rsa"]
)
def test_a_pair_that_belongs_together_is_fine(key: Any) -> None:
    certificates.check_pair(*made_pair(key))


def test_a_chain_is_judged_by_its_first_certificate(pair: Pair) -> None:
    other, _ = made_pair(ec.generate_private_key(ec.SECP256R1()))
    certificates.check_pair(pair[0] + other, pair[1])
    with pytest.raises(ValueError, match="does not belong to the certificate"):
        certificates.check_pair(other + pair[0], pair[1])


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("nothing", None, "the certificate is no PEM certificate, expected -----BEGIN CERTIFICATE-----"),
        ("", None, "the certificate is no PEM certificate"),
        (None, "nothing", "the key is no PEM private key, expected -----BEGIN PRIVATE KEY-----"),
        (None, "", "the key is no PEM private key"),
        (None, made_pair(ec.generate_private_key(ec.SECP256R1()))[1], "the key does not belong to the certificate"),
    ],
)
def test_a_pair_that_cannot_be_used_is_refused_with_the_reason(
    pair: Pair, certificate: str | None, key: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        certificates.check_pair(pair[0] if certificate is None else certificate, pair[1] if key is None else key)


@pytest.mark.parametrize(
    ("starts", "ends", "message"),
    [(-10, -1, r"expired on \d{4}-\d\d-\d\d"), (5, 10, r"is not valid before \d{4}-\d\d-\d\d")],
)
def test_a_certificate_out_of_its_time_is_refused_with_the_date(starts: int, ends: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        certificates.check_pair(*made_pair(ec.generate_private_key(ec.SECP256R1()), starts, ends))


def test_a_key_with_a_password_is_refused(pair: Pair) -> None:
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    )
    with pytest.raises(ValueError, match="has a password"):
        certificates.check_pair(pair[0], locked.decode())
