"""The options of istio-pilot."""

import dataclasses
import re

from kubeflow_charms import option
from kubeflow_charms.certificates import check_match
from kubeflow_charms.configuration import options


def host_name(value: str | None) -> str:
    """Accept nothing, or a host name or IP address that a certificate may be for."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?", text):
        raise ValueError(f"{text!r} is no host name, expected for example kubeflow.example.com")
    return text


def image(value: str | None) -> str:
    """Accept the reference of a container image."""
    text = (value or "").strip()
    if not re.fullmatch(r"[\w./:@-]+", text):
        raise ValueError(f"{text!r} is no image, expected for example docker.io/istio/proxyv2:1.30.4")
    return text


def groups(value: str | None) -> tuple[str, ...]:
    """Accept names of groups, separated by commas, which no name can have in it as the header has them so too."""
    found = [name.strip() for name in (value or "").split(",")]
    for name in found:
        if not name.isprintable():
            raise ValueError("a name has what no header can hold, expected for example: ml-team,Domain Users")
    return tuple(dict.fromkeys(filter(None, found)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class PilotOptions:
    """The options, as charmcraft.yaml describes them.

    Raises:
        ValueError: the certificate is none, or does not match its key.
    """

    default_gateway: str = option(options.name)
    tls: dict[str, str] | None = option(options.SecretKeys(required=("tls-crt", "tls-key")), name="tls-secret-id")
    csr_domain_name: str = option(host_name)
    unauthenticated_access: bool = option(bool)
    groups: tuple[str, ...] = option(groups)
    telemetry: bool = option(bool)
    proxy_image: str = option(image)
    image_registry: str = option(options.registry)
    cni: bool = option(bool)
    memory: str = option(options.quantity)

    def __post_init__(self):
        if self.tls:
            try:
                check_match(self.tls["tls-crt"], self.tls["tls-key"])
            except ValueError as error:
                raise ValueError(f"option tls-secret-id: {error}") from error
