"""The charm's options as typed values."""

import dataclasses
import re

from kubeflow_charms import option, options

MEBIBYTE = 1024 * 1024
SMALLEST = 384 * MEBIBYTE
UNITS = {"M": 10**6, "G": 10**9, "T": 10**12, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
GRPC = 10_000
"""SeaweedFS speaks gRPC at each of its ports plus this."""

OWN_PORTS = {8080, 8888, 9333, 8080 + GRPC, 8888 + GRPC, 9333 + GRPC, 8334, 9327}
"""Where the programs of the pod speak to each other, and show metrics."""


@dataclasses.dataclass(frozen=True)
class Memory:
    """A limit as Kubernetes takes it, empty for none, and in bytes."""

    quantity: str = ""
    size: int = 0

    def __str__(self) -> str:
        return self.quantity


def memory(value: str | None) -> Memory:
    """Accept nothing, or a quantity in which SeaweedFS can live."""
    quantity = options.quantity(value)
    if not quantity:
        return Memory()
    number, unit = re.fullmatch(r"([0-9.]*)(.*)", quantity).groups()  # pyright: ignore[reportOptionalMemberAccess]
    size = int(float(number) * UNITS.get(unit, 1))
    if size < SMALLEST:
        raise ValueError(f"{value!r} is too little, expected at least {SMALLEST // MEBIBYTE}Mi")
    return Memory(quantity, size)


def port(value: int) -> int:
    """Accept a port that none of the pod's programs has."""
    number = options.port(value)
    if number + GRPC > 65535:
        raise ValueError(f"{value} is too high, expected at most {65535 - GRPC}: gRPC is spoken at {GRPC} more")
    if {number, number + GRPC} & OWN_PORTS:
        raise ValueError(f"{value} is of a program of the same pod, expected for example 8333")
    return number


def buckets(value: str | None) -> tuple[str, ...]:
    """Accept names of buckets with commas between."""
    names = options.words(value)
    if bad := next((name for name in names if not re.fullmatch(BUCKET, name)), None):
        raise ValueError(f"{bad!r} is no bucket's name, expected 3 to 63 small letters, digits, dots and hyphens")
    return names


def percent(value: int) -> int:
    """Accept a part of the disk that can be kept free."""
    if not 0 <= value <= 90:
        raise ValueError(f"{value} is out of range, expected 0 to 90")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeaweedfsOptions:
    """The options, as charmcraft.yaml describes them.

    Raises:
        ValueError: two of them contradict each other.
    """

    port: int = option(port)
    memory: Memory = option(memory)
    common_buckets: tuple[str, ...] = option(buckets)
    disk_warning: int = option(percent)
    ssl_cert: str = option(options.pem)
    ssl_key: str = option(options.pem)
    ssl_ca: str = option(options.pem)

    def __post_init__(self) -> None:
        """Check what options mean together."""
        if bool(self.ssl_cert) != bool(self.ssl_key):
            raise ValueError("options ssl-cert, ssl-key: one without the other, expected both or none")
        if self.ssl_ca and not self.ssl_cert:
            raise ValueError("option ssl-ca: set without ssl-cert, expected both")

    @property
    def secure(self) -> bool:
        """Whether S3 is spoken over https."""
        return bool(self.ssl_cert)
