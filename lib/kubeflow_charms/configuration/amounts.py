"""Options that are amounts of memory or disk."""

import dataclasses
import re
from collections.abc import Callable

from . import options

UNITS = {"": 1, "k": 10**3, "K": 10**3, "Ki": 2**10, "M": 10**6, "Mi": 2**20, "G": 10**9, "Gi": 2**30}
UNITS |= {"T": 10**12, "Ti": 2**40, "P": 10**15, "Pi": 2**50, "E": 10**18, "Ei": 2**60, "m": 0.001}


def amount(value: str | None) -> int:
    """Accept nothing, which is 0, or a Kubernetes quantity; return it in bytes."""
    number, unit = re.fullmatch(r"([0-9.]*)(.*)", options.quantity(value)).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return int(float(number or 0) * UNITS[unit])


@dataclasses.dataclass(frozen=True)
class Memory:
    """A limit as Kubernetes takes it, empty for none, and in bytes."""

    quantity: str = ""
    size: int = 0

    def __str__(self) -> str:
        return self.quantity


def memory(smallest: int, *, needed: bool = False) -> Callable[[str | None], Memory]:
    """Make a parser that accepts a limit of at least so many MiB, or nothing, unless one is needed."""

    def parse(value: str | None) -> Memory:
        found = Memory(options.quantity(value), amount(value))
        if (found.quantity or needed) and found.size < smallest * UNITS["Mi"]:
            raise ValueError(f"{value!r} is too little, expected at least {smallest}Mi")
        return found

    return parse
