"""Kubernetes itself: its database, its interface, its controllers and its names."""

from testbed import manifests
from testbed.machine import Machine, Program
from testbed.network import (
    DNS_SERVICE,
    NODE,
    POD_RANGE,
    SERVICE_RANGE,
)
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


def apiserver(paths: Paths) -> Program:
    """Return the API server."""
    keys = paths.certificates
    return Program(
        "kube-apiserver",
        (
            "kube-apiserver",
            f"--etcd-servers={ETCD}",
            "--secure-port=6443",
            "--bind-address=0.0.0.0",
            f"--advertise-address={NODE}",
            f"--tls-cert-file={keys / 'apiserver.crt'}",
            f"--tls-private-key-file={keys / 'apiserver.key'}",
            f"--token-auth-file={keys / 'tokens.csv'}",
            f"--client-ca-file={keys / 'authority.crt'}",
            f"--service-account-key-file={keys / 'accounts.pub'}",
            f"--service-account-signing-key-file={keys / 'accounts.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            f"--kubelet-client-certificate={keys / 'kubelet-client.crt'}",
            f"--kubelet-client-key={keys / 'kubelet-client.key'}",
            "--kubelet-preferred-address-types=InternalIP",
            "--profiling=false",
        ),
        (("GOGC", "50"),),
    )


def controllers(paths: Paths) -> tuple[Program, ...]:
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
                f"--cluster-cidr={POD_RANGE}",
                "--proxy-mode=nftables",
                "--conntrack-max-per-core=0",
                "--conntrack-tcp-timeout-established=0",
                "--conntrack-tcp-timeout-close-wait=0",
            ),
        ),
    )


def corefile(paths: Paths) -> str:
    """Return CoreDNS's configuration: it knows the cluster's names and no others."""
    return f"""\
.:53 {{
    bind {NODE}
    errors
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {paths.kubeconfig}
        pods insecure
    }}
    cache 5
}}
"""


def start(machine: Machine) -> None:
    """Start the control plane and wait until it answers.

    Raises:
        TestbedError: it does not.
    """
    paths = machine.paths
    machine.start(database(paths))
    machine.start(apiserver(paths))
    machine.await_(
        lambda: machine.run("kubectl", "get", "--raw=/readyz", check=False).returncode == 0,
        "the Kubernetes API (if the host lost its power, the database may be damaged: run `down`, then `up`)",
        seconds=90,
        log="kube-apiserver",
    )
    for program in controllers(paths):
        machine.start(program)
    configuration = paths.configuration / "Corefile"
    configuration.write_text(corefile(paths))
    manifests.apply(machine, "dns", service=DNS_SERVICE, node=NODE)
    machine.start(Program("coredns", ("coredns", "-conf", str(configuration))))
