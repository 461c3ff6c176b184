"""Kubernetes itself: its database, its interface, its controllers and its names."""

import json

from testbed import manifests
from testbed.machine import Machine, Program
from testbed.network import Network
from testbed.paths import Paths

ETCD = "http://127.0.0.1:2379"


def database(paths: Paths) -> Program:
    """Return etcd; it trusts the kernel to write to disk, because the state need not outlive the host."""
    return Program(
        "etcd",
        (
            "etcd",
            f"--data-dir={paths.state / 'etcd'}",
            "--unsafe-no-fsync",
            f"--listen-client-urls={ETCD}",
            f"--advertise-client-urls={ETCD}",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--auto-compaction-retention=5m",
            "--snapshot-count=2000",
            "--log-level=warn",
        ),
    )


def apiserver(paths: Paths, network: Network, *, rbac: bool = True) -> Program:
    """Return the API server; without RBAC it allows everything to everybody whom it knows."""
    keys = paths.certificates
    return Program(
        "kube-apiserver",
        (
            "kube-apiserver",
            f"--etcd-servers={ETCD}",
            "--secure-port=6443",
            f"--bind-address={anywhere(network)}",
            f"--advertise-address={network.node}",
            f"--tls-cert-file={keys / 'apiserver.crt'}",
            f"--tls-private-key-file={keys / 'apiserver.key'}",
            f"--token-auth-file={keys / 'tokens.csv'}",
            f"--client-ca-file={keys / 'authority.crt'}",
            f"--service-account-key-file={keys / 'accounts.pub'}",
            f"--service-account-signing-key-file={keys / 'accounts.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--authorization-mode={'Node,RBAC' if rbac else 'AlwaysAllow'}",
            "--allow-privileged",
            f"--service-cluster-ip-range={network.services}",
            f"--kubelet-client-certificate={keys / 'kubelet-client.crt'}",
            f"--kubelet-client-key={keys / 'kubelet-client.key'}",
            "--kubelet-preferred-address-types=InternalIP",
            "--profiling=false",
        ),
        (("GOGC", "50"),),
    )


def controllers(paths: Paths, network: Network) -> tuple[Program, ...]:
    """Return what acts on objects: controllers, scheduler, and the rules by which services are reached.

    The connection tracking limits are settings of the host, so kube-proxy leaves them alone (0).
    """
    access = (f"--kubeconfig={paths.kubeconfig}",)
    single = (*access, "--leader-elect=false", "--bind-address=127.0.0.1", "--profiling=false")
    return (
        Program(
            "kube-controller-manager",
            (
                "kube-controller-manager",
                *single,
                "--use-service-account-credentials",
                f"--service-account-private-key-file={paths.certificates / 'accounts.key'}",
                f"--root-ca-file={paths.certificates / 'authority.crt'}",
            ),
        ),
        Program("kube-scheduler", ("kube-scheduler", *single)),
        Program(
            "kube-proxy",
            (
                "kube-proxy",
                *access,
                "--hostname-override=node",
                f"--cluster-cidr={network.pods}",
                "--proxy-mode=nftables",
                "--conntrack-max-per-core=0",
                "--conntrack-tcp-timeout-established=0",
                "--conntrack-tcp-timeout-close-wait=0",
            ),
        ),
    )


def anywhere(network: Network) -> str:
    """Return the address at which a program listens for every kind of address that the network has."""
    return "0.0.0.0" if network.ip_family == "ipv4" else "::"


def corefile(paths: Paths, network: Network) -> str:
    """Return CoreDNS's configuration: it knows the cluster's names and no others."""
    return f"""\
.:53 {{
    bind {" ".join(family.node for family in network.families)}
    errors
    kubernetes {network.domain} in-addr.arpa ip6.arpa {{
        kubeconfig {paths.kubeconfig}
        pods insecure
    }}
    cache 5
}}
"""


def dns(network: Network) -> dict[str, str]:
    """Return what the manifest of the service for names needs to know."""
    addresses = [family.dns_service for family in network.families]
    return {
        "service": json.dumps(addresses[0]),
        "services": json.dumps(addresses),
        "families": json.dumps([family.name for family in network.families]),
        "policy": "RequireDualStack" if len(addresses) > 1 else "SingleStack",
    }


def authorizes(machine: Machine) -> bool:
    """Tell whether the API server that runs refuses what nobody was given."""
    nobody = "--as=system:serviceaccount:default:nobody"
    return machine.run("kubectl", "auth", "can-i", "get", "secrets", nobody, check=False).stdout.strip() != "yes"


def start(machine: Machine, network: Network, *, rbac: bool = True) -> None:
    """Start the control plane and wait until it answers.

    Args:
        machine: the testbed's.
        network: of the testbed.
        rbac: the API server authorises; one that runs otherwise is started again.

    Raises:
        TestbedError: it does not.
    """
    paths = machine.paths
    machine.start(database(paths))
    if "kube-apiserver" in machine.programs() and authorizes(machine) != rbac:
        # It would wait a minute for those who watch; told twice, it ends at once.
        machine.ask({"do": "stop", "name": "kube-apiserver"})
        machine.stop("kube-apiserver", seconds=90)
    machine.start(apiserver(paths, network, rbac=rbac))
    machine.await_(
        lambda: machine.run("kubectl", "get", "--raw=/readyz", check=False).returncode == 0,
        "the Kubernetes API (if the host lost its power, the database may be damaged: run `down`, then `up`)",
        seconds=90,
        log="kube-apiserver",
    )
    for program in controllers(paths, network):
        machine.start(program)
    configuration = paths.configuration / "Corefile"
    configuration.write_text(corefile(paths, network))
    manifests.apply(machine, "dns", **dns(network))
    for family in network.families:
        manifests.apply(machine, "dns-endpoints", family=family.name, suffix=family.name.lower(), node=family.node)
    machine.start(Program("coredns", ("coredns", "-conf", str(configuration))))
