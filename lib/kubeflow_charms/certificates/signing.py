"""Keys, certificates and requests as PEM texts. Import it late: `cryptography` costs a tenth of a second.

Keys are on the curve P-256. Istio's own code, `security/pkg/pki/util`, takes them for a plugged-in authority
(tried with 1.28), and so do Envoy and Go's TLS. Only for requests to others there are RSA keys, which all of them take.
"""

import datetime
import ipaddress
import uuid
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import LENIENCE

USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def new_key() -> str:
    """Return a fresh private key, PEM (PKCS 8)."""
    return key_pem(ec.generate_private_key(ec.SECP256R1()))


def new_rsa_key() -> str:
    """Return a fresh RSA key, PEM (PKCS 8)."""
    return key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def key_pem(key: CertificateIssuerPrivateKeyTypes) -> str:
    """Return a private key as PEM (PKCS 8)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def authority_certificate(common_name: str, key: str, start: datetime.datetime, life: datetime.timedelta) -> str:
    """Return an authority's certificate for its own key, PEM."""
    name = x509.Name([_common_name(common_name)])
    builder = (
        _builder(key, name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return _sign(builder, name, key, start, life)


def server_certificate(
    names: Sequence[str],
    key: str,
    authority: str,
    authority_key: str,
    start: datetime.datetime,
    life: datetime.timedelta,
) -> str:
    """Return a server's certificate, PEM.

    Args:
        names: DNS names and IP addresses, the principal one first.
        key: the server's, PEM.
        authority: the certificate of the authority that signs, PEM.
        authority_key: its key, PEM.
        start: when it begins to be valid, less some lenience.
        life: how long it is valid.
    """
    builder = (
        _builder(key, x509.Name([_common_name(names[0])]))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_alternative_names(names), critical=False)
    )
    return _sign(builder, load(authority).subject, authority_key, start, life)


def request(names: Sequence[str], key: str) -> str:
    """Return a certificate signing request, PEM, that differs from every other for the same names and key."""
    unique = x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, str(uuid.uuid4()))
    made = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([_common_name(names[0]), unique]))
        .add_extension(_alternative_names(names), critical=False)
        .sign(_read_key(key), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode().strip()


def load(certificate: str) -> x509.Certificate:
    """Return the first certificate of a PEM text.

    Raises:
        ValueError: there is none.
    """
    try:
        return x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise ValueError("the certificate is no PEM certificate, expected -----BEGIN CERTIFICATE-----") from error


def belongs(key: str, certificate: str) -> bool:
    """Tell whether a private key is the one of a certificate.

    Raises:
        ValueError: one of them is no PEM, or the key has a password.
    """
    leaf = load(certificate)
    try:
        public = serialization.load_pem_private_key(key.encode(), password=None).public_key()
    except TypeError as error:
        raise ValueError("the key has a password, expected one without") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("the key is no PEM private key, expected -----BEGIN PRIVATE KEY-----") from error
    return _public_bytes(public) == _public_bytes(leaf.public_key())  # pyright: ignore[reportArgumentType]


def in_order(leaf: str, others: Iterable[str]) -> str:
    """Return a PEM text with a certificate and the intermediate authorities that lead up from it.

    Args:
        leaf: the server's certificate, PEM.
        others: certificates in any order, PEM; those that sign themselves are left out.
    """
    issuers = {item.subject: item for item in map(load, others) if item.subject != item.issuer}
    chain = [load(leaf)]
    while chain[-1].issuer in issuers:
        chain.append(issuers.pop(chain[-1].issuer))
    return "".join(item.public_bytes(serialization.Encoding.PEM).decode() for item in chain)


def _builder(key: str, subject: x509.Name) -> x509.CertificateBuilder:
    public = _read_key(key).public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    return x509.CertificateBuilder().subject_name(subject).public_key(public).add_extension(identifier, critical=False)


def _sign(
    builder: x509.CertificateBuilder,
    issuer: x509.Name,
    issuer_key: str,
    start: datetime.datetime,
    life: datetime.timedelta,
) -> str:
    key = _read_key(issuer_key)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    certificate = (
        builder.add_extension(identifier, critical=False)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - LENIENCE)
        .not_valid_after(start + life)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _common_name(name: str) -> x509.NameAttribute[str]:
    # X.520 allows no more than 64 characters; clients go by the alternative names.
    return x509.NameAttribute(NameOID.COMMON_NAME, name[:64])


def _alternative_names(names: Iterable[str]) -> x509.SubjectAlternativeName:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return x509.SubjectAlternativeName(found)


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in USAGES})


def _read_key(text: str) -> CertificateIssuerPrivateKeyTypes:
    return serialization.load_pem_private_key(text.encode(), password=None)  # pyright: ignore[reportReturnType]


def _public_bytes(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
