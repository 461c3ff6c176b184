"""The gateway serves https with an operator's own certificate, and http again without it."""

import datetime
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.browser import Browser, Resolved
from support.eventually import eventually
from support.kubeflow import Kubeflow

HOST = "kubeflow.example.com"
SECRET = "gateway-certificate"


def pair() -> tuple[str, str]:
    """Return a certificate for HOST that signs itself, and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    encoded = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), encoded.decode()


@pytest.fixture(scope="module")
def certificate(kubeflow: Kubeflow, echo: str) -> Iterator[str]:
    """The certificate that the gateway serves, after another's key was refused."""
    certificate, key = pair()
    visitor = kubeflow.visitor()
    juju = kubeflow.juju
    assert visitor.enters()
    identifier = str(juju.add_secret(SECRET, {"tls-crt": certificate, "tls-key": pair()[1]}))
    juju.grant_secret(SECRET, "istio-pilot")
    try:
        kubeflow.configure("istio-pilot", {"tls-secret-id": identifier})
        eventually(lambda: kubeflow.says("istio-pilot")[0] == "blocked")
        assert "option tls-secret-id: " in kubeflow.says("istio-pilot")[1]
        assert visitor.enters()
        juju.update_secret(SECRET, {"tls-crt": certificate, "tls-key": key})
        eventually(lambda: kubeflow.address.startswith("https://"))
        yield certificate
    finally:
        kubeflow.configure("istio-pilot", {"tls-secret-id": ""})
        eventually(lambda: kubeflow.address.startswith("http://"))
        juju.remove_secret(SECRET)
        eventually(kubeflow.works)


def host(kubeflow: Kubeflow) -> str:
    return urlsplit(kubeflow.address).hostname or ""


def trusting(kubeflow: Kubeflow, certificate: str, scheme: str = "https") -> Browser:
    """Return the browser of somebody who trusts that certificate and knows the host by its name."""
    context = ssl.create_default_context(cadata=certificate)
    return Browser(f"{scheme}://{HOST}", transport=Resolved(host(kubeflow), verify=context))


def test_people_log_in_over_https_and_their_session_stays_there(kubeflow: Kubeflow, certificate: str):
    user = kubeflow.credentials

    def enter() -> bool:
        with trusting(kubeflow, certificate) as browser:
            seen = browser.log_in(user.user, user.password, "/echo/")
            assert (seen.status_code, seen.url.scheme) == (200, "https")
            assert seen.json()["headers"]["kubeflow-userid"] == user.user
            return all(cookie.secure for cookie in browser.cookies.jar if "kubeflow_session" in cookie.name)

    assert eventually(enter)


def test_plain_http_is_sent_to_https(kubeflow: Kubeflow, certificate: str):
    answer = httpx2.get(f"http://{host(kubeflow)}/echo/there?a=1", headers={"host": HOST})
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{HOST}/echo/there?a=1"
    assert not answer.headers.get("set-cookie")


def test_who_comes_by_http_ends_up_logged_in_over_https(kubeflow: Kubeflow, certificate: str):
    with trusting(kubeflow, certificate, "http") as browser:
        seen = browser.log_in(kubeflow.credentials.user, kubeflow.credentials.password, "/echo/")
        assert (seen.status_code, seen.url.scheme) == (200, "https")
