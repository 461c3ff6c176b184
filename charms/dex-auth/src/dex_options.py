"""The options of dex-auth."""

import dataclasses
from typing import Any

from kubeflow_charms import option, options

CREDENTIALS = options.SecretKeys(required=("username", "password"))


def issuer(value: str | None) -> str:
    """Accept nothing, or an URL that ends in /dex, below which the gateway routes to Dex."""
    url = options.url(value)
    if url and not url.endswith("/dex"):
        raise ValueError(f"{url} does not end in /dex, expected for example https://kubeflow.example.com/dex")
    return url


@dataclasses.dataclass(frozen=True, kw_only=True)
class DexOptions:
    """The options, as charmcraft.yaml describes them.

    Raises:
        ValueError: two of them contradict each other.
    """

    public_url: str = option(options.url)
    issuer_url: str = option(issuer)
    static_username: str = option(str.strip)
    static_password: str = option(str)
    static_credentials: dict[str, str] | None = option(CREDENTIALS)
    enable_password_db: bool = option(bool)
    connectors: tuple[dict[str, Any], ...] = option(options.yaml_list_of_mappings(keys=("type", "id", "name")))
    connectors_secret: dict[str, str] | None = option(options.SecretKeys.any())
    port: int = option(options.port)
    memory: str = option(options.quantity)

    def __post_init__(self):
        if self.static_credentials and (self.static_username or self.static_password):
            raise ValueError("options static-username, static-password: unset them, static-credentials is set")
        if not self.enable_password_db and not self.connectors:
            raise ValueError("option enable-password-db: nobody could log in, set it to true or set connectors")

    @property
    def username(self) -> str:
        """The static user's name."""
        return (self.static_credentials or {}).get("username") or self.static_username or "admin"

    @property
    def password(self) -> str:
        """Her password; empty when the charm is to make one."""
        return (self.static_credentials or {}).get("password") or self.static_password
