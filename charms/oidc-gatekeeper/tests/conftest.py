import dataclasses
import datetime
import json
import pathlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ops import testing
from support.charms import load_charm
from support.deployment import Deployment, deployed, passing

ROOT = pathlib.Path(__file__).parent.parent
CHARM = load_charm(ROOT)
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


@dataclasses.dataclass
class Gatekeeper:
    """A unit of oidc-gatekeeper, and what one asks about it."""

    deployment: Deployment

    def state(self, *, databags: Mapping[str, Mapping[str, str] | None] | None = None, **changes: Any) -> testing.State:
        """Return a state related to everything, but for the databags given; None leaves a relation out."""
        related = {**DATABAGS, **(databags or {})}
        relations = [
            testing.Relation(endpoint, remote_app_data=dict(databag))
            for endpoint, databag in related.items()
            if databag is not None
        ]
        return self.deployment.state(relations=relations, **changes)

    def settle(self, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can."""
        return self.deployment.settle(self.state(**changes))

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`, with underscores for hyphens."""
        config = {name.replace("_", "-"): value for name, value in options.items()}
        state = dataclasses.replace(state, config={**state.config, **config})
        on = self.deployment.context.on
        return self.deployment.run(on.config_changed(), passing(self.deployment.run(on.config_changed(), state)))

    def blocked(self, *, secrets: Iterable[testing.Secret] = (), **options: Any) -> str:
        """Return the message with which options block the unit."""
        config = {name.replace("_", "-"): value for name, value in options.items()}
        status = self.deployment.run(
            self.deployment.context.on.config_changed(), self.state(config=config, secrets=secrets)
        ).unit_status
        assert isinstance(status, testing.BlockedStatus)
        return status.message

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
    with deployed(CHARM.OidcGatekeeper, ROOT, monkeypatch, tmp_path) as deployment:
        yield Gatekeeper(deployment)


@pytest.fixture(scope="session")
def certificate() -> str:
    """The certificate of an authority, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
