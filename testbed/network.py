"""The network of a testbed: kinds of address, the domain, and addresses of its own, from which no route leads out."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.machine import Machine


@dataclass(frozen=True)
class Family:
    """The addresses of one kind that every testbed has alike.

    Attributes:
        name: what Kubernetes calls the kind.
        node: the node's address.
        load_balancers: the range that services of the type LoadBalancer get theirs from.
        pods: the range of pods.
        services: the range of services.
        outside: an address of what is outside, where there is a proxy that leads there.
        forwarding: the kernel's setting that lets packets pass through the node.
    """

    name: str
    node: str
    load_balancers: str
    pods: str
    services: str
    outside: str
    forwarding: str

    @property
    def in_url(self) -> str:
        """The node's address as URLs have it."""
        return f"[{self.node}]" if ":" in self.node else self.node

    @property
    def kubernetes_service(self) -> str:
        """The address of the service `kubernetes`, which is always the first."""
        return str(ipaddress.ip_network(self.services)[1])

    @property
    def dns_service(self) -> str:
        """The address that pods ask for names."""
        return str(ipaddress.ip_network(self.services)[10])

    @property
    def length(self) -> int:
        """How many bits an address has."""
        return ipaddress.ip_address(self.node).max_prefixlen

    @property
    def iptables(self) -> str:
        """What the commands that read and write the kernel's rules begin with."""
        return "ip6tables" if ":" in self.node else "iptables"

    @property
    def everywhere(self) -> str:
        """The range of all addresses."""
        return "::/0" if ":" in self.node else "0.0.0.0/0"

    @property
    def tool(self) -> tuple[str, ...]:
        """The command that shows and changes addresses and routes."""
        return ("ip", "-6") if ":" in self.node else ("ip", "-4")


IPV4 = Family(
    name="IPv4",
    node="198.18.0.1",
    load_balancers="198.18.1.0/27",
    pods="10.1.0.0/22",
    services="10.152.183.0/24",
    outside="203.0.113.1",
    forwarding="net.ipv4.ip_forward",
)
"""The node is in the block that RFC 2544 sets aside for tests, what is outside in one that RFC 5737 does for books."""
IPV6 = Family(
    name="IPv6",
    node="fd00:198:18::1",
    load_balancers="fd00:198:18:1::20/123",
    pods="fd00:10:1::/112",
    services="fd00:10:152:183::/112",
    outside="2001:db8::1",
    forwarding="net.ipv6.conf.all.forwarding",
)
FAMILIES = {"ipv4": (IPV4,), "ipv6": (IPV6,), "dual": (IPV4, IPV6)}
"""By what `up --ip-family` takes; with two, a service that asks for nothing has an address of the first."""
STORE_PORT = 8099
PROXY_PORT = 3128
REGISTRY_PORT = 5000
DOMAIN = "cluster.local"


@dataclass(frozen=True)
class Network:
    """What a testbed's network was made as; all its addresses and names follow from that.

    Attributes:
        domain: the cluster's domain.
        ip_family: a key of FAMILIES.
    """

    domain: str = DOMAIN
    ip_family: str = "ipv4"

    @property
    def families(self) -> tuple[Family, ...]:
        """The kinds of address it has, the first of them for what has one only."""
        return FAMILIES[self.ip_family]

    @property
    def node(self) -> str:
        """The node's first address."""
        return self.families[0].node

    @property
    def node_in_url(self) -> str:
        """The node's first address as URLs have it."""
        return self.families[0].in_url

    @property
    def nodes(self) -> str:
        """The node's addresses, with commas between them."""
        return ",".join(family.node for family in self.families)

    @property
    def pods(self) -> str:
        """The ranges of pods, with commas between them."""
        return ",".join(family.pods for family in self.families)

    @property
    def services(self) -> str:
        """The ranges of services, with commas between them."""
        return ",".join(family.services for family in self.families)

    @property
    def load_balancers(self) -> str:
        """The ranges of load balancers' addresses, with commas between them."""
        return ",".join(family.load_balancers for family in self.families)

    @property
    def store(self) -> str:
        """The URL of the charm store."""
        return f"http://{self.node_in_url}:{STORE_PORT}"

    @property
    def proxy(self) -> str:
        """The URL of the proxy, where there is one."""
        return f"http://{self.node_in_url}:{PROXY_PORT}"

    @property
    def registry(self) -> str:
        """What names of images begin with in the registry that asks for a login, where there is one."""
        return f"{self.node_in_url}:{REGISTRY_PORT}"


def choose(*, domain: str = "", ip_family: str = "", recorded: Network | None = None) -> Network:
    """Return what the network of a testbed is: what it was made as, or else what is asked for.

    Args:
        domain: what was asked for, or "".
        ip_family: what was asked for, or "".
        recorded: what the testbed was made as, or None if there is none yet.

    Raises:
        TestbedError: this is no domain or no family, or the testbed has another one.
    """
    if ip_family and ip_family not in FAMILIES:
        raise TestbedError(f"there is no IP family {ip_family!r}: choose {', '.join(FAMILIES)}")
    if domain and not re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", domain):
        raise TestbedError(f"{domain!r} is no domain: give one like k8s.example.org, in lower case")
    if recorded is None:
        return Network(domain or DOMAIN, ip_family or "ipv4")
    differing = [
        f"{had}, not {asked}"
        for had, asked in ((recorded.domain, domain), (recorded.ip_family, ip_family))
        if asked not in ("", had)
    ]
    if differing:
        raise TestbedError(
            f"this testbed has {' and '.join(differing)}: run `down` first, or make another one with TESTBED_NAME"
        )
    return recorded


def set_up(machine: Machine, network: Network = Network()) -> None:
    """Give the machine its addresses and its routes; nothing happens if it has them.

    An address is translated to a pod's only after a route to it was found, so there is one to services, to
    the other end of a cable that nothing listens at. What is outside is unreachable at once: whoever asks for
    it is told, instead of waiting.
    """
    if machine.run(*network.families[0].tool, "route", "show", "default").stdout:
        return
    _run(
        machine,
        "ip link set lo up",
        "ip link add node type veth peer name nowhere",
        "ip link set nowhere up",
        "ip link set node up",
    )
    for family in network.families:
        _run(
            machine,
            *(" ".join((*family.tool, words)) for words in _addresses(family)),
            f"sysctl -qw {family.forwarding}=1",
            " ".join((*family.tool, "route add unreachable default")),
        )


def _addresses(family: Family) -> Iterable[str]:
    """Return what gives the node its address, at once and without looking for another that has it, and routes."""
    yield f"address add {family.node}/{family.length} dev node{' nodad' if family is IPV6 else ''}"
    yield f"route add {family.services} dev node"
    yield f"route add {family.load_balancers} dev node"


def _run(machine: Machine, *commands: str) -> None:
    for command in commands:
        machine.run(*command.split())
