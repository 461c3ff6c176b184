import datetime
import json
import pathlib
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
SPEAKS_V1 = {"_supported_versions": '["v1"]'}
DATABAGS: Mapping[str, Mapping[str, str]] = {
    "dex-oidc-config": {
        "issuer-url": "http://10.64.140.43.nip.io/dex",
        "internal-url": "http://dex-auth.edge.svc:5556/dex",
    },
    "oidc-client": {**SPEAKS_V1, "secrets": "true"},
    "ingress": {**SPEAKS_V1, "url": "http://10.64.140.43.nip.io"},
    "ingress-auth": SPEAKS_V1,
}


class Gatekeeper(Unit):
    """A unit of oidc-gatekeeper."""

    databags = DATABAGS

    def file(self, name: str) -> str:
        """Return the text of a file of oauth2-proxy."""
        return self.deployment.files["oauth2-proxy"][f"/etc/oauth2-proxy/{name}"].text

    @property
    def core(self) -> dict[str, Any]:
        """The first of oauth2-proxy's configuration files."""
        return tomllib.loads(self.file("core.cfg"))

    @property
    def provider(self) -> dict[str, Any]:
        """What oauth2-proxy knows of the issuer."""
        return json.loads(self.file("alpha.yaml"))["providers"][0]


@pytest.fixture
def gatekeeper(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Gatekeeper]:
    with unit(Gatekeeper, ROOT, monkeypatch, tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def certificate() -> str:
    """The certificate of an authority, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
