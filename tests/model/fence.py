"""Whom the NetworkPolicy of an application lets in at ports that are not everybody's."""

import ipaddress
from collections.abc import Iterable

from .kubernetes import Object


def require_shut(policy: Object, pods: Iterable[str]) -> None:
    """Check that nobody reaches these ports by a pod's address, or because nobody is named: users have pods, too.

    Args:
        policy: its first rule is for the ports that are everybody's.
        pods: addresses of some.

    Raises:
        AssertionError: somebody does.
    """
    addresses = {ipaddress.ip_address(pod) for pod in pods}
    for rule in policy["spec"]["ingress"][1:]:
        told = f"{policy['metadata']['name']} at {rule['ports'][0]['port']}"
        assert rule.get("from"), f"everybody reaches {told}"
        for block in (peer["ipBlock"] for peer in rule["from"] if "ipBlock" in peer):
            inside, *besides = map(ipaddress.ip_network, (block["cidr"], *block.get("except", ())))
            let_in = [str(it) for it in addresses if it in inside and not any(it in network for network in besides)]
            assert not let_in, f"{', '.join(let_in)} reaches {told} by {block}"
