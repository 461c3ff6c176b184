"""Certificates that the application makes for itself, kept in Juju secrets and renewed by the leader.

Importing `cryptography` costs a tenth of a second, a third of what a whole hook may take; so only hooks which make
or check a certificate do, and when one runs out is kept beside it as text.

Keys are on the curve P-256. Istio's own code, `security/pkg/pki/util`, takes them for a plugged-in authority
(tried with 1.28), and so do Envoy and Go's TLS.
"""

import dataclasses
import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .secrets import Content, Secrets

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes, PrivateKeyTypes

AUTHORITY_LIFE = datetime.timedelta(days=3650)
SERVER_LIFE = datetime.timedelta(days=365)
# Clocks of other machines may be behind.
LENIENCE = datetime.timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class Authority:
    """A certificate authority.

    Attributes:
        certificate: PEM.
        key: its private key, PEM (PKCS 8).
    """

    certificate: str
    key: str


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What a server needs.

    Attributes:
        certificate: PEM, with the intermediate authorities after it, if there are any.
        key: its private key, PEM (PKCS 8).
        authority: PEM of the authority that clients should trust.
    """

    certificate: str
    key: str
    authority: str


def authority(secrets: Secrets, label: str = "certificate-authority", *, common_name: str) -> Authority:
    """Return the application's own certificate authority, valid for ten years.

    The leader makes it once. With less than a third of its life left it gets a new certificate for the same name
    and the same key: all that it ever signed, and all who trust either certificate, go on undisturbed.

    Args:
        secrets: of the application.
        label: of the Juju secret that holds it.
        common_name: names it to people, at most 64 characters.

    Raises:
        Waiting: the leader has not made it yet.
    """

    def make() -> Content:
        had = secrets.peek(label)
        return _make_authority(common_name, had["key"] if had else "")

    content = secrets.ensure(label, make, lambda had: not due(had))
    return Authority(content["certificate"], content["key"])


def server_certificate(secrets: Secrets, label: str, authority: Authority, names: Iterable[str]) -> Certificate:
    """Return a server's certificate, valid for a year, that the leader makes and renews with a new key.

    It is renewed when the names or the authority change, or less than a third of its life is left.

    Args:
        secrets: of the application.
        label: of the Juju secret that holds it.
        authority: signs it.
        names: DNS names and IP addresses of the server, the principal one first.

    Raises:
        Waiting: the leader has not made it yet.
    """
    wanted = tuple(names)

    def valid(had: Content) -> bool:
        same = had["names"] == " ".join(wanted) and had["authority"] == authority.certificate
        return same and not due(had)

    content = secrets.ensure(label, lambda: _make_server(authority, wanted), valid)
    return Certificate(content["certificate"], content["key"], content["authority"])


def due(content: Content) -> bool:
    """Tell whether the certificate of a secret with `dates` has less than a third of its life left."""
    return datetime.datetime.fromisoformat(content["renew-after"]) < now()


def dates(certificate: str) -> Content:
    """Return what a secret says of a certificate's life, so that it needs no parsing: two times in ISO format."""
    loaded = _load(certificate)
    life = loaded.not_valid_after_utc - loaded.not_valid_before_utc
    renewal = loaded.not_valid_before_utc + life * 2 / 3
    return {"expires": loaded.not_valid_after_utc.isoformat(), "renew-after": renewal.isoformat()}


def check_pair(certificate: str, key: str) -> None:
    """Check a certificate and key that a person gave.

    Args:
        certificate: PEM, with the server's own certificate first.
        key: PEM, without a password.

    Raises:
        ValueError: one of them is no PEM, they do not belong together, or the certificate is not valid now.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    leaf = _load(certificate)
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except TypeError as error:
        raise ValueError("the key has a password, expected one without") from error
    except ValueError as error:
        raise ValueError("the key is no PEM private key, expected -----BEGIN PRIVATE KEY-----") from error
    if _public_bytes(private.public_key()) != _public_bytes(leaf.public_key()):  # pyright: ignore[reportArgumentType]
        raise ValueError("the key does not belong to the certificate, expected the pair that was made together")
    if leaf.not_valid_after_utc < now():
        raise ValueError(f"the certificate expired on {leaf.not_valid_after_utc:%Y-%m-%d}, expected a valid one")
    if leaf.not_valid_before_utc > now() + LENIENCE:
        raise ValueError(f"the certificate is not valid before {leaf.not_valid_before_utc:%Y-%m-%d}")


def expires(certificate: str) -> datetime.datetime:
    """Return when the first certificate of a PEM text expires, in UTC.

    Raises:
        ValueError: the text holds no certificate.
    """
    return _load(certificate).not_valid_after_utc


def now() -> datetime.datetime:
    """Return the time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def _load(certificate: str) -> "x509.Certificate":
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise ValueError("the certificate is no PEM certificate, expected -----BEGIN CERTIFICATE-----") from error


def _make_authority(common_name: str, key_text: str) -> Content:
    from cryptography import x509

    key = _read_key(key_text) if key_text else _new_key()
    name = _name(common_name)
    certificate = _sign(
        _for_key(key)
        .subject_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True),
        issuer=name,
        issuer_key=key,
        life=AUTHORITY_LIFE,
    )
    return {"certificate": certificate, "key": key_pem(key), **dates(certificate)}


def _make_server(authority: Authority, names: tuple[str, ...]) -> Content:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = _new_key()
    certificate = _sign(
        _for_key(key)
        .subject_name(_name(names[0]))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternative_names(names), critical=False),
        issuer=_load(authority.certificate).subject,
        issuer_key=_read_key(authority.key),
        life=SERVER_LIFE,
    )
    return {
        "certificate": certificate,
        "key": key_pem(key),
        "authority": authority.certificate,
        "names": " ".join(names),
        **dates(certificate),
    }


def key_pem(key: "PrivateKeyTypes") -> str:
    """Return a private key as PEM (PKCS 8)."""
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def alternative_names(names: Iterable[str]) -> "x509.SubjectAlternativeName":
    """Return the X.509 extension that holds DNS names and IP addresses."""
    import ipaddress

    from cryptography import x509

    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return x509.SubjectAlternativeName(found)


def _for_key(key: "ec.EllipticCurvePrivateKey") -> "x509.CertificateBuilder":
    from cryptography import x509

    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return x509.CertificateBuilder().public_key(key.public_key()).add_extension(identifier, critical=False)


def _sign(
    builder: "x509.CertificateBuilder",
    *,
    issuer: "x509.Name",
    issuer_key: "ec.EllipticCurvePrivateKey",
    life: datetime.timedelta,
) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    start = now()
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )
    certificate = (
        builder.issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - LENIENCE)
        .not_valid_after(start + life)
        .sign(issuer_key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def _usage(*, signs_certificates: bool) -> "x509.KeyUsage":
    from cryptography import x509

    other = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        **dict.fromkeys((*other, "encipher_only", "decipher_only"), False),
    )


def _name(common_name: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    # X.520 allows a common name no more than 64 characters; clients go by the alternative names.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _new_key() -> "ec.EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _read_key(text: str) -> "ec.EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(text.encode(), password=None)  # pyright: ignore[reportReturnType]


def _public_bytes(key: "CertificatePublicKeyTypes") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
