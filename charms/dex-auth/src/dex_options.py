"""The options of dex-auth."""

import dataclasses
import re
import urllib.parse

from dex_connectors import Connectors, connectors, with_secrets
from dex_refusals import refusals
from kubeflow_charms import option
from kubeflow_charms.configuration import options
from kubeflow_charms.relations.secrets import plain

PATH = "/dex"
TELEMETRY_PORT = 5558


def issuer(value: str | None) -> str:
    """Accept nothing, or a URL whose path is /dex, below which the gateway routes to Dex."""
    url = options.url(value)
    if url and urllib.parse.urlsplit(url).path != PATH:
        raise ValueError(f"{url!r} does not end in /dex, expected for example https://kubeflow.example.com/dex")
    return url


def client(value: str | None) -> str:
    """Accept nothing, or the name of a client."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"[A-Za-z0-9_.-]+", text):
        raise ValueError(f"{text!r} cannot be used, expected letters, digits and . _ -, such as kubeflow-programs")
    return text


def port(value: int) -> int:
    """Accept a port that Dex does not need for its metrics."""
    if value == TELEMETRY_PORT:
        raise ValueError(f"{value} is the port of Dex's metrics, expected another from 1024 to 65535")
    return options.port(value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DexOptions:
    """The options, as charmcraft.yaml describes them.

    Raises:
        ValueError: two of them contradict each other.
    """

    public_url: str = option(options.origin)
    issuer_url: str = option(issuer)
    static_username: str = option(str.strip)
    static_password: str = option(plain)
    static_credentials_secret: dict[str, str] | None = option(
        options.SecretKeys(required=("username", "password")), former="static-credentials"
    )
    enable_password_db: bool = option(bool)
    connectors: Connectors = option(connectors)
    connectors_secret: dict[str, str] | None = option(options.SecretKeys.any())
    program_client: str = option(client)
    port: int = option(port)
    memory: str = option(options.quantity)

    def __post_init__(self):
        if self.static_credentials_secret and (self.static_username or self.static_password):
            raise ValueError("options static-username, static-password: reset them, static-credentials-secret is set")
        if self.static_username and not self.static_password:
            raise ValueError("option static-password: empty; set it, or reset static-username to have one generated")
        if not self.enable_password_db and not self.connectors:
            raise ValueError("option enable-password-db: nobody could log in, set it to true or set connectors")
        object.__setattr__(self, "connectors", with_secrets(self.connectors, self.connectors_secret or {}))
        if not self.enable_password_db and all(reasons := [next(refusals(item), "") for item in self.connectors]):
            # Dex ends where it can open none at all.
            raise ValueError(f"option connectors: of {self.connectors[0]['id']}, {reasons[0]}; nobody could log in")

    @property
    def username(self) -> str:
        """The static user's name."""
        return (self.static_credentials_secret or {}).get("username") or self.static_username or "admin"

    @property
    def password(self) -> str:
        """Her password; empty when the charm is to make one."""
        return (self.static_credentials_secret or {}).get("password") or self.static_password
