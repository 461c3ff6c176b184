"""The network of the testbed: addresses of its own, from which no route leads out."""

from testbed.machine import Machine

NODE = "198.18.0.1"
"""The node's address, from the block that RFC 2544 sets aside for tests."""
LOAD_BALANCER_POOL = "198.18.1.0/27"
POD_RANGE = "10.1.0.0/22"
SERVICE_RANGE = "10.152.183.0/24"
KUBERNETES_SERVICE = "10.152.183.1"
DNS_SERVICE = "10.152.183.10"
STORE_PORT = 8099
STORE = f"http://{NODE}:{STORE_PORT}"


def set_up(machine: Machine) -> None:
    """Give the machine its address and its routes; nothing happens if it has them.

    An address is translated to a pod's only after a route to it was found, so there is one to services, to
    the other end of a cable that nothing listens at. What is outside is unreachable at once: whoever asks for
    it is told, instead of waiting.
    """
    if machine.run("ip", "route", "show", "default").stdout:
        return
    for command in (
        "ip link set lo up",
        "ip link add node type veth peer name nowhere",
        f"ip address add {NODE}/32 dev node",
        "ip link set nowhere up",
        "ip link set node up",
        f"ip route add {SERVICE_RANGE} dev node",
        f"ip route add {LOAD_BALANCER_POOL} dev node",
        "sysctl -qw net.ipv4.ip_forward=1",
        "ip route add unreachable default",
    ):
        machine.run(*command.split())
