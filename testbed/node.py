"""The node: the container runtime, how pods are connected, and kubelet."""

import json
import shutil
from pathlib import Path, PurePosixPath

import yaml

from testbed import cgroups, outside
from testbed.machine import Machine, Program
from testbed.network import Network
from testbed.paths import Paths

NODE_IMAGE = "testbed.local/node:1"
"""The image of pods' first containers and of the pods that make volumes."""
PLUGIN_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin")


def containerd_configuration(paths: Paths, plugins: Path) -> str:
    """Return containerd's configuration, in TOML.

    The kernel may not let it lower the score by which it picks processes when memory runs out, and AppArmor
    profiles would be left on the host.
    """
    return f"""\
version = 2
root = "{paths.state}/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", \
"io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs"]
[grpc]
  address = "{paths.containerd_socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{paths.state}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{NODE_IMAGE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{paths.configuration}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{paths.configuration}/registries"
"""


def pod_network(paths: Paths, network: Network) -> dict[str, object]:
    """Return how pods are connected: each by a cable of its own to the node, which routes between them.

    A bridge would need the kernel to pass bridged packets through the rules that services are made of, which
    not every kernel can.
    """
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": family.pods}] for family in network.families],
        "routes": [{"dst": family.everywhere} for family in network.families],
        "dataDir": "/run/cni",
    }
    plugin = {"type": "ptp", "ipMasq": False, "ipam": addresses}
    return {"cniVersion": "0.4.0", "name": paths.name, "plugins": [plugin]}


def kubelet_configuration(paths: Paths, network: Network) -> dict[str, object]:
    """Return kubelet's configuration.

    Pods are never evicted and images never removed to free space: they could not be had again.
    """
    authority = paths.certificates / "authority.crt"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority)},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{paths.name}",
        "clusterDNS": [network.families[0].dns_service],
        "clusterDomain": network.domain,
        "containerRuntimeEndpoint": f"unix://{paths.containerd_socket}",
        "enforceNodeAllocatable": [],
        "evictionHard": {},
        "failCgroupV1": False,
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "localStorageCapacityIsolation": False,
        "maxPods": 250,
        "oomScoreAdj": 0,
        "podLogsDir": str(paths.logs / "pods"),
        "registryPullQPS": 0,
        "resolvConf": str(paths.configuration / "resolv.conf"),
        "serializeImagePulls": False,
        "shutdownGracePeriod": "0s",
        "volumePluginDir": str(paths.kubelet / "volume-plugins"),
    }


def start_runtime(machine: Machine, network: Network) -> None:
    """Start containerd and wait until it answers.

    Raises:
        TestbedError: it does not, or there are no network plugins.
    """
    paths = machine.paths
    plugins = next((Path(f) for f in PLUGIN_FOLDERS if Path(f, "ptp").exists()), Path(PLUGIN_FOLDERS[0]))
    pods = paths.configuration / "cni" / "10-testbed.conflist"
    pods.parent.mkdir(parents=True, exist_ok=True)
    pods.write_text(json.dumps(pod_network(paths, network), indent=1))
    name, hosts = outside.plain_http(network)
    folder = paths.configuration / "registries" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hosts.toml").write_text(hosts)
    configuration = paths.configuration / "containerd.toml"
    configuration.write_text(containerd_configuration(paths, plugins))
    machine.start(Program("containerd", ("containerd", f"--config={configuration}", "--log-level=warn")))
    machine.await_(
        lambda: machine.run("ctr", *address(paths), "version", check=False).returncode == 0,
        "the container runtime",
        seconds=30,
        log="containerd",
    )


def start(machine: Machine, network: Network, root: PurePosixPath | None = None) -> None:
    """Start kubelet and wait until the node is ready for pods.

    Args:
        machine: the testbed's.
        network: of the testbed.
        root: where the machine shows kubelet its folder, if not where it is.

    Raises:
        TestbedError: it is not.
    """
    paths = machine.paths
    cgroups.create(paths.name)
    (paths.configuration / "resolv.conf").write_text(f"nameserver {network.node}\n")
    configuration = paths.configuration / "kubelet.yaml"
    configuration.write_text(yaml.safe_dump(kubelet_configuration(paths, network)))
    command = (
        "kubelet",
        f"--config={configuration}",
        f"--kubeconfig={paths.kubeconfig}",
        f"--root-dir={root or paths.kubelet}",
        "--hostname-override=node",
        f"--node-ip={network.nodes}",
    )
    machine.start(Program("kubelet", command))
    machine.await_(lambda: ready(machine), "the node", seconds=60, log="kubelet")
    machine.run(*_announcement(shutil.disk_usage(paths.state).total))


def ready(machine: Machine) -> bool:
    """Tell whether the node takes pods."""
    query = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    return machine.run("kubectl", "get", "node", "node", "-o", query, check=False).stdout == "True"


def address(paths: Paths) -> tuple[str, ...]:
    """Return the options by which `ctr` finds this testbed's containers."""
    return (f"--address={paths.containerd_socket}", "--namespace=k8s.io")


def _announcement(size: int) -> tuple[str, ...]:
    """Return the command that tells the scheduler how much disk the node has, which kubelet does not measure here.

    Pods that ask for some, such as the launcher of an MPIJob, would wait for ever. kubelet keeps what it does not know:
    https://kubernetes.io/docs/tasks/administer-cluster/extended-resource-node/
    """
    status = {"status": {"capacity": {"ephemeral-storage": str(size)}}}
    return ("kubectl", "patch", "node", "node", "--subresource=status", "--type=merge", f"--patch={json.dumps(status)}")
