"""Addresses for services of the type LoadBalancer, given by MetalLB's controller.

Announcing the addresses to a network, MetalLB's other half, is not needed: there is one node, and kube-proxy
takes what is sent to them from it and its pods.
"""

import json

from testbed import manifests
from testbed.machine import Machine, Program
from testbed.network import Network

NAME = "metallb-controller"
GROUP = "metallb.io"
KINDS = {
    "BFDProfile": ("v1beta1",),
    "BGPAdvertisement": ("v1beta1",),
    "BGPPeer": ("v1beta1", "v1beta2"),
    "Community": ("v1beta1",),
    "IPAddressPool": ("v1beta1",),
    "L2Advertisement": ("v1beta1",),
    "ServiceBGPStatus": ("v1beta1",),
}
"""What the controller wants to be there before it starts, although it reads pools and communities only."""


def start(machine: Machine, network: Network, pool: str) -> None:
    """Make the pool of addresses, of this name, known and start the controller."""
    kinds = [definition(kind, versions) for kind, versions in KINDS.items()]
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": kinds})
    machine.run("kubectl", "apply", "--server-side", "-f", "-", given=objects)
    names = [f"crd/{plural(kind)}.{GROUP}" for kind in KINDS]
    machine.run("kubectl", "wait", "--for=condition=Established", "--timeout=30s", *names)
    manifests.apply(machine, "load-balancer", pool_name=pool, pool=json.dumps(network.load_balancers.split(",")))
    command = (
        NAME,
        "--namespace=metallb-system",
        "--webhook-mode=disabled",
        "--port=7472",
        "--log-level=warn",
        f"--kubeconfig={machine.paths.kubeconfig}",
    )
    machine.start(Program(NAME, command))


def stop(machine: Machine) -> None:
    """Take the controller and its kinds away, so that the cluster is one without a load balancer."""
    if NAME in machine.programs():
        machine.stop(NAME)
    names = [f"{plural(kind)}.{GROUP}" for kind in KINDS]
    machine.run("kubectl", "delete", "crd", "--ignore-not-found", *names)
    machine.run("kubectl", "delete", "namespace", "--ignore-not-found", "metallb-system")


def plural(kind: str) -> str:
    """Return the name under which the API server lists objects of a kind."""
    lower = kind.lower()
    if lower.endswith("y"):
        return f"{lower.removesuffix('y')}ies"
    return f"{lower}es" if lower.endswith("s") else f"{lower}s"


def definition(kind: str, versions: tuple[str, ...]) -> dict[str, object]:
    """Return the definition of a kind whose objects may hold anything; the last version is the one stored."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural(kind)}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural(kind),
                "singular": kind.lower(),
            },
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == versions[-1],
                    "schema": schema,
                    "subresources": {"status": {}},
                }
                for version in versions
            ],
        },
    }
