"""Keys, certificates and the administrator's access of one cluster."""

import base64
import datetime
import ipaddress
import secrets
from collections.abc import Sequence
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from testbed.network import Network
from testbed.paths import Paths

VALID = datetime.timedelta(days=365)
SERVER_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
)


class Authority:
    """An authority that signs certificates; its key stays in memory."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = self._sign(
            self._name,
            self._key.public_key(),
            (x509.BasicConstraints(ca=True, path_length=0), True),
        )

    def certificate(self) -> bytes:
        """Return the authority's own certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def server(self, name: str, names: Sequence[str], addresses: Sequence[str]) -> tuple[bytes, bytes]:
        """Return certificate and key of a server that is reached under these names and addresses."""
        known = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(a)) for a in addresses)]
        return self._issue(
            [(NameOID.COMMON_NAME, name)],
            ExtendedKeyUsageOID.SERVER_AUTH,
            (x509.SubjectAlternativeName(known), False),
        )

    def client(self, name: str, group: str) -> tuple[bytes, bytes]:
        """Return certificate and key of a client that Kubernetes knows as this user of this group."""
        subject = [(NameOID.ORGANIZATION_NAME, group), (NameOID.COMMON_NAME, name)]
        return self._issue(subject, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _issue(
        self,
        subject: Sequence[tuple[x509.ObjectIdentifier, str]],
        usage: x509.ObjectIdentifier,
        *extensions: tuple[x509.ExtensionType, bool],
    ) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(kind, value) for kind, value in subject])
        certificate = self._sign(name, key.public_key(), (x509.ExtendedKeyUsage([usage]), False), *extensions)
        return certificate.public_bytes(serialization.Encoding.PEM), _private(key)

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *extensions: tuple[x509.ExtensionType, bool],
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + VALID)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, hashes.SHA256())


def make(paths: Paths, network: Network) -> None:
    """Write the files that the cluster's programs read; nothing happens if they are there.

    The administrator's access is written last, so that an interrupted run starts over.
    """
    if paths.kubeconfig.exists():
        return
    folder = paths.certificates
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    authority = Authority(paths.name)
    certificate, key = authority.server("kube-apiserver", *server(network))
    kubelet_certificate, kubelet_key = authority.client("kube-apiserver", "system:masters")
    accounts = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = secrets.token_hex(24)
    files = {
        "authority.crt": authority.certificate(),
        "apiserver.crt": certificate,
        "apiserver.key": key,
        "kubelet-client.crt": kubelet_certificate,
        "kubelet-client.key": kubelet_key,
        "accounts.key": _private(accounts),
        "accounts.pub": accounts.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        "tokens.csv": f'{token},admin,admin,"system:masters"\n'.encode(),
    }
    for name, content in files.items():
        _write(folder / name, content)
    _write(paths.kubeconfig, yaml.safe_dump(kubeconfig(authority.certificate(), token, network)).encode())


def server(network: Network) -> tuple[list[str], list[str]]:
    """Return the names and the addresses under which the API server is reached."""
    names = [*SERVER_NAMES, f"kubernetes.default.svc.{network.domain}"]
    own = [address for family in network.families for address in (family.kubernetes_service, family.node)]
    return names, ["127.0.0.1", "::1", *own]


def kubeconfig(authority: bytes, token: str, network: Network) -> dict[str, object]:
    """Return the administrator's access to the cluster, with everything it needs in it.

    Juju takes the name of a context for that of a cloud, so it must not be that of the testbed's cloud.
    """
    encoded = base64.b64encode(authority).decode()
    cluster = {"server": f"https://{network.node_in_url}:6443", "certificate-authority-data": encoded}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kubernetes", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "kubernetes", "context": {"cluster": "kubernetes", "user": "admin"}}],
        "current-context": "kubernetes",
    }


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)
