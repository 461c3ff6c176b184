"""The options of istio-pilot."""

import dataclasses

from kubeflow_charms import option, options
from kubeflow_charms.certificates import check_pair


@dataclasses.dataclass(frozen=True, kw_only=True)
class PilotOptions:
    """The options, as charmcraft.yaml describes them.

    Raises:
        ValueError: the certificate is none, or does not match its key.
    """

    default_gateway: str = option(options.name)
    tls: dict[str, str] | None = option(options.SecretKeys(required=("tls-crt", "tls-key")), name="tls-secret-id")
    csr_domain_name: str = option(str.strip)
    unauthenticated_access: bool = option(bool)
    telemetry: bool = option(bool)
    proxy_image: str = option(str.strip)
    memory: str = option(options.quantity)

    def __post_init__(self):
        if self.tls:
            try:
                check_pair(self.tls["tls-crt"], self.tls["tls-key"])
            except ValueError as error:
                raise ValueError(f"option tls-secret-id: {error}") from error
