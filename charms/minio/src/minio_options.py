"""The charm's options as typed values."""

import dataclasses

from kubeflow_charms import option
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.configuration import options, store_options
from kubeflow_charms.storage.profile_logins import Login

SHORTEST_ACCESS_KEY, SHORTEST_SECRET_KEY = 3, 8
KEYS = ("access-key", "secret-key")
NO_GATEWAY = (
    "MinIO no longer is a gateway to other stores; relate the consumers to a charm that provides s3, such as "
    "s3-integrator, and unset this option"
)


def access_key(value: str) -> str:
    """Accept a name that MinIO takes."""
    if len(value.strip()) < SHORTEST_ACCESS_KEY:
        raise ValueError(f"too short, expected at least {SHORTEST_ACCESS_KEY} characters")
    return value.strip()


def secret_key(value: str) -> str:
    """Accept nothing, or a password that MinIO takes; it is never repeated in a message."""
    if value and len(value.strip()) < SHORTEST_SECRET_KEY:
        raise ValueError(f"too short, expected at least {SHORTEST_SECRET_KEY} characters, or nothing to generate one")
    return value.strip()


def server_mode(value: str) -> str:
    """Accept the only mode there is."""
    if value != "server":
        raise ValueError(f"{value!r} is not to be had, expected server: {NO_GATEWAY}")
    return value


def no_gateway(value: str) -> str:
    """Accept nothing."""
    if value:
        raise ValueError(NO_GATEWAY)
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class MinioOptions:
    """The options, as charmcraft.yaml describes them.

    Raises:
        ValueError: two of them contradict each other.
    """

    access_key: str = option(access_key)
    secret_key: str = option(secret_key)
    credentials_secret: dict[str, str] | None = option(options.SecretKeys(required=KEYS), former="credentials")
    port: int = option(options.port)
    console_port: int = option(options.port)
    memory: str = option(options.quantity)
    ssl_cert: str = option(options.pem)
    ssl_key: str = option(options.pem)
    ssl_ca: str = option(options.pem)
    mode: str = option(server_mode)
    gateway_storage_service: str = option(no_gateway)
    storage_service_endpoint: str = option(no_gateway)

    def __post_init__(self) -> None:
        """Check what options mean together."""
        if self.port == self.console_port:
            raise ValueError(f"options port, console-port: both are {self.port}, expected two ports")
        _ = self.certificate
        if self.credentials_secret is None:
            return
        if self.secret_key:
            raise ValueError("option secret-key: unset it, credentials-secret is set")
        for key, check in zip(KEYS, (access_key, secret_key), strict=True):
            try:
                check(self.credentials_secret[key])
            except ValueError as error:
                raise ValueError(f"option credentials-secret: the secret's {key} is {error}") from error

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that was given; None for plain http."""
        return store_options.certificate(self.ssl_cert, self.ssl_key, self.ssl_ca)

    @property
    def given(self) -> Login | None:
        """The user's own login for MinIO's root; None if the password is to be generated."""
        if self.credentials_secret is not None:
            return Login(*(self.credentials_secret[key].strip() for key in KEYS))
        return Login(self.access_key, self.secret_key) if self.secret_key else None
