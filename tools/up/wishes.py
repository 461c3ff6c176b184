"""What a person who deploys may choose of the place, and how she is asked."""

from __future__ import annotations

import dataclasses
import ipaddress
import sys
from collections.abc import Callable

from tools.up.errors import Refusal

Ask = Callable[[str], bool]


@dataclasses.dataclass(frozen=True)
class Wishes:
    """What was chosen.

    Attributes:
        gpu: whether pods are to see NVIDIA's GPUs.
        addresses: what a load balancer that is made gives out, `FIRST-LAST` or a network; empty to have it found.
        controller: the controller to deploy to; empty for the current one.
        ask: asks a question that is answered with yes or no; without a terminal the answer is yes.
    """

    gpu: bool = False
    addresses: str = ""
    controller: str = ""
    ask: Ask = lambda _: True


def asked_on_a_terminal(confirm: Ask, *, yes: bool) -> Ask:
    """Return what asks a person where there is one, and goes on where there is none, or she said yes beforehand."""
    return (lambda _: True) if yes or not sys.stdin.isatty() or not sys.stdout.isatty() else confirm


def addresses(text: str) -> str:
    """Return a range of addresses as MetalLB takes it.

    Raises:
        Refusal: it is none.
    """
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-"))
            if first.version == last.version and int(first) <= int(last):
                return f"{first}-{last}"
        elif text:
            return str(ipaddress.ip_network(text))
        else:
            return ""
    except ValueError:
        pass
    raise Refusal(f"{text!r} is no range of addresses, expected FIRST-LAST such as 10.64.140.43-10.64.140.49")
