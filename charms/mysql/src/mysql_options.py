"""The charm's options as typed values."""

import dataclasses
import re

from kubeflow_charms import option, options

MEBIBYTE = 1024 * 1024
SMALLEST = 448 * MEBIBYTE
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


@dataclasses.dataclass(frozen=True)
class Memory:
    """A limit as Kubernetes takes it, and in bytes."""

    quantity: str
    size: int

    def __str__(self) -> str:
        return self.quantity


def memory(value: str) -> Memory:
    """Accept a quantity in which MySQL can live."""
    quantity = options.quantity(value)
    number, unit = re.fullmatch(r"([0-9.]*)(.*)", quantity).groups()  # pyright: ignore[reportOptionalMemberAccess]
    if not number or unit not in UNITS or float(number) * UNITS[unit] < SMALLEST:
        raise ValueError(f"{value!r} is too little, expected at least {SMALLEST // MEBIBYTE}Mi")
    return Memory(quantity, int(float(number) * UNITS[unit]))


def connections(value: int) -> int:
    """Accept a number of connections that a small server can keep."""
    if not 10 <= value <= 10000:
        raise ValueError(f"{value} is out of range, expected 10 to 10000")
    return value


def bucket(value: str) -> str:
    """Accept the name of a bucket."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", value):
        raise ValueError(f"{value!r} is no bucket's name, expected 3 to 63 small letters, digits, dots and hyphens")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class MysqlOptions:
    """The options, as charmcraft.yaml describes them."""

    memory: Memory = option(memory)
    max_connections: int = option(connections)
    backup_bucket: str = option(bucket)
