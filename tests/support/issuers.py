"""An application that issues certificates."""

import dataclasses
import datetime
import json
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ops import testing

RELATED = testing.Relation("certificates", remote_app_name="ca")


class Issuer:
    """Issues certificates, in PEM."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    def pair(self, *, days: int = 90) -> dict[str, str]:
        """Return a certificate and its key, as the user secret holds them."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubeflow.example.com")])
        return {"tls-crt": self._sign(name, key.public_key(), days), "tls-key": _pem(key)}

    def answer(self, relation: testing.Relation) -> testing.Relation:
        """Return the relation `certificates` with the answer to what the unit asks there."""
        request = asked(relation)
        text = request.public_bytes(serialization.Encoding.PEM).decode().strip()
        certificate = self._sign(request.subject, request.public_key(), 90)
        issued = {"certificate": certificate, "certificate_signing_request": text, "ca": certificate}
        return dataclasses.replace(relation, remote_app_data={"certificates": json.dumps([issued])})

    def _sign(self, subject: x509.Name, key: Any, days: int) -> str:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder(subject, subject, key, x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=365))
        signed = builder.not_valid_after(now + datetime.timedelta(days=days)).sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()


def asked(relation: testing.Relation) -> x509.CertificateSigningRequest:
    """Return what a unit asks for over `certificates`."""
    (request,) = json.loads(relation.local_unit_data["certificate_signing_requests"])
    return x509.load_pem_x509_csr(request["certificate_signing_request"].encode())


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
