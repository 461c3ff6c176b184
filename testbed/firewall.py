"""Network policies, enforced by kube-router as a firewall alone: pods are connected and services found without it.

Its rules are in the table `filter` of iptables, where kube-proxy, which has a table of its own in nftables, has none.
"""

from testbed.machine import Machine, Program
from testbed.network import FAMILIES, Network
from testbed.paths import Paths

NAME = "kube-router"
CHAINS = ("KUBE-ROUTER-", "KUBE-POD-FW-", "KUBE-NWPLCY-")
"""How the names of its chains begin: pkg/controllers/netpol/network_policy_controller.go."""
LAST_RULE = "0x20000/0x20000 -j ACCEPT"
"""What its chains end with once all policies are in them; the chains themselves are there a little before."""


def program(paths: Paths, network: Network) -> Program:
    """Return kube-router, which looks at everything every five minutes and at what changes at once."""
    known = [family.name for family in network.families]
    return Program(
        NAME,
        (
            NAME,
            "--run-firewall=true",
            "--run-router=false",
            "--run-service-proxy=false",
            "--hostname-override=node",
            *(f"--enable-{name.lower()}={str(name in known).lower()}" for name in ("IPv4", "IPv6")),
            f"--service-cluster-ip-range={network.services}",
            f"--loadbalancer-ip-range={network.load_balancers}",
            "--health-port=0",
            f"--kubeconfig={paths.kubeconfig}",
        ),
    )


def start(machine: Machine, network: Network) -> None:
    """Start it and wait until all policies that there are are in force.

    Raises:
        TestbedError: they are not in time.
    """
    machine.start(program(machine.paths, network))
    machine.await_(lambda: enforced(machine, network), "network policies to be in force", seconds=120, log=NAME)


def stop(machine: Machine) -> None:
    """End it and take its rules away, so that the cluster is one whose network lets everybody reach everything."""
    if NAME in machine.programs():
        machine.stop(NAME)
    for family in FAMILIES["dual"]:
        rules = machine.run(f"{family.iptables}-save", "-t", "filter").stdout
        if any(chain in rules for chain in CHAINS):
            machine.run(f"{family.iptables}-restore", given=without_chains(rules))


def enforced(machine: Machine, network: Network) -> bool:
    """Tell whether what pods send passes through the policies."""
    if not machine.programs().get(NAME, {}).get("running"):
        return False
    rules = [
        machine.run(family.iptables, "--list-rules", "KUBE-ROUTER-FORWARD", check=False).stdout
        for family in network.families
    ]
    return all(LAST_RULE in found for found in rules)


def without_chains(rules: str) -> str:
    """Return what iptables-save wrote without kube-router's chains and the rules that lead to them."""
    return "".join(line for line in rules.splitlines(keepends=True) if not any(chain in line for chain in CHAINS))
