"""The charm's options as typed values."""

import dataclasses

from kubeflow_charms import option
from kubeflow_charms.certificates import Certificate
from kubeflow_charms.configuration import amounts, options, store_options
from space_limits import Rule

MEBIBYTE = 1024 * 1024
SMALLEST = 384
"""Of memory, in MiB."""

GRPC = 10_000
"""SeaweedFS speaks gRPC at each of its ports plus this."""

OWN_PORTS = {8080, 8888, 9333, 8080 + GRPC, 8888 + GRPC, 9333 + GRPC, 8334, 9327}
"""Where the programs of the pod speak to each other, and show metrics."""


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
    return tuple(map(store_options.bucket, options.words(value)))


def quotas(value: str | None) -> dict[str, int]:
    """Accept a map of buckets to quantities; return these in bytes."""
    found = {store_options.bucket(name): amounts.amount(size) for name, size in options.pairs(value).items()}
    if small := next((name for name, size in found.items() if size < MEBIBYTE), None):
        raise ValueError(f"the quota of {small!r} is too little, expected at least 1Mi")
    return found


def retention(value: str | None) -> tuple[Rule, ...]:
    """Accept a map of buckets, or of BUCKET/PATTERN, to ages."""
    return tuple(_rule(place, age) for place, age in options.pairs(value).items())


def _rule(place: str, value: str) -> Rule:
    bucket, _, pattern = place.partition("/")
    age = options.age(value)
    if age is None:
        raise ValueError(f"{place!r} has no age, expected for example 30d")
    return Rule(store_options.bucket(bucket), pattern, age.total_seconds())


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
    memory: amounts.Memory = option(amounts.memory(SMALLEST))
    common_buckets: tuple[str, ...] = option(buckets)
    disk_warning: int = option(percent)
    quotas: dict[str, int] = option(quotas)
    retention: tuple[Rule, ...] = option(retention)
    ssl_cert: str = option(options.pem)
    ssl_key: str = option(options.pem)
    ssl_ca: str = option(options.pem)

    def __post_init__(self) -> None:
        """Check what options mean together."""
        _ = self.certificate

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that was given; None for plain http."""
        return store_options.certificate(self.ssl_cert, self.ssl_key, self.ssl_ca)
