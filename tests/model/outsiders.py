"""Applications of other publishers that overlays bring, as far as our charms hear of them.

One that is not known here is related and says nothing.
"""

import datetime
import functools
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from .juju import Content, Relation

DAY = datetime.timedelta(days=1)


def answer(charm: str, relation: Relation, asking: str) -> Content:
    """Return the application databag that a charm answers with.

    Args:
        charm: the other publisher's.
        relation: to it.
        asking: our application in it.
    """
    asked = relation.application_data[asking]
    if charm == "mysql-k8s" and "database" in asked:
        login = {"username": f"user-{relation.number}", "password": "word-of-another-publisher"}
        return {"endpoints": "mysql-primary.elsewhere.svc:3306", "database": asked["database"], **login}
    if charm == "s3-integrator" and "bucket" in asked:
        login = {"access-key": "key-of-another-publisher", "secret-key": "word-of-another-publisher"}
        return {"endpoint": "http://s3.elsewhere.svc:9000", "bucket": "kubeflow", "region": "eu-west-1", **login}
    if charm != "self-signed-certificates":
        return {}
    units = [data for name, data in relation.unit_data.items() if name.startswith(f"{asking}/")]
    wanted = [
        entry["certificate_signing_request"]
        for data in units
        for entry in json.loads(data.get("certificate_signing_requests", "[]"))
    ]
    return {"certificates": json.dumps([_issued(request) for request in wanted])} if wanted else {}


@functools.cache
def _issued(request: str) -> dict[str, object]:
    """Return a certificate for a request, as the charm publishes it."""
    asked = x509.load_pem_x509_csr(request.encode())
    key, name = _authority()
    authority = _pem(_certificate(name, key.public_key(), name, key))
    certificate = _pem(_certificate(asked.subject, asked.public_key(), name, key))
    return {
        "certificate": certificate,
        "certificate_signing_request": request,
        "ca": authority,
        "chain": [certificate, authority],
    }


@functools.cache
def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Name]:
    return ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])


def _certificate(
    subject: x509.Name, key: CertificatePublicKeyTypes, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)  # pyright: ignore[reportArgumentType]
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 365 * DAY)
        .sign(signer, hashes.SHA256())
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode().strip()
