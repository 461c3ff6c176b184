"""What the machine must offer; each refusal says what is missing and what to do about it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from testbed import cgroups
from testbed.errors import TestbedError
from testbed.paths import Paths

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30
DISK = 16 * GIBIBYTE
"""Free space for Go's caches (10 GiB), what is built (2 GiB) and what runs (3 GiB)."""
DISK_BUILT = 4 * GIBIBYTE
MEMORY = 3 * GIBIBYTE
LONGEST_STATE = 80
"""A socket's path has at most 107 bytes (unix(7)); the state directory is its beginning."""

RULES = """
table ip probe {
    map services { type ipv4_addr . inet_proto . inet_service : verdict; }
    chain nat { type nat hook prerouting priority 0; fib daddr type local dnat to 192.0.2.1; }
    chain out { type nat hook postrouting priority 0; meta mark 1 masquerade; }
    chain pick { numgen random mod 2 vmap { 0 : accept, 1 : drop }; }
    chain seen { ct state established accept; }
}
"""
"""One rule of each kind that kube-proxy writes."""

POLICY_RULES = """
*filter
:PROBE - [0:0]
-A PROBE -m set --match-set probe src -m comment --comment probe -p tcp -m multiport --dports 1:2 -j RETURN
-A PROBE -m addrtype --src-type LOCAL -m conntrack --ctstate INVALID -j DROP
-A PROBE -m physdev --physdev-is-bridged -m mark ! --mark 1/1 -m limit --limit 10/minute -j NFLOG --nflog-group 100
-A PROBE -m mark ! --mark 1/1 -j REJECT
-A PROBE -j MARK --set-xmark 1/1
COMMIT
"""
"""One rule of each kind that kube-router writes for network policies."""

PROBES = {
    "namespaces (CONFIG_PID_NS, CONFIG_NET_NS, CONFIG_UTS_NS, CONFIG_IPC_NS)": ("true", ""),
    "virtual cables (CONFIG_VETH)": ("ip link add probe type veth peer name eborp", ""),
    "nftables with NAT (CONFIG_NF_TABLES, NFT_NAT, NFT_MASQ, NFT_FIB_IPV4, NFT_NUMGEN, NFT_CT)": ("nft -f -", RULES),
    "ipset and iptables for network policies (CONFIG_IP_SET_HASH_IP, CONFIG_NFT_COMPAT, CONFIG_NETFILTER_XT_SET)": (
        "ipset create probe hash:ip && iptables-restore",
        POLICY_RULES,
    ),
    "overlays over the file system of TESTBED_STATE (CONFIG_OVERLAY_FS)": (
        "cd $0 && mkdir a b c && mount -t overlay overlay -o lowerdir=a,upperdir=b,workdir=c a",
        "",
    ),
}
"""What is tried in namespaces of its own: the command, with a directory that it may fill, and what it is given."""


@dataclass(frozen=True)
class Host:
    """What is known about the machine before anything is tried.

    Attributes:
        root: this process may do everything.
        missing_controllers: control group controllers that Kubernetes needs.
        obstacles: why control groups cannot be made, and what to do.
        memory: bytes that programs can still have.
        disk: bytes free where the state and the cache go, the smaller of both.
        built: the programs are in the cache already.
    """

    root: bool
    missing_controllers: tuple[str, ...]
    obstacles: tuple[str, ...]
    memory: int
    disk: int
    built: bool

    @classmethod
    def look(cls, paths: Paths, cached: Path) -> "Host":
        """Return what this machine is like."""
        return cls(
            root=os.geteuid() == 0,
            missing_controllers=tuple(cgroups.missing()),
            obstacles=tuple(cgroups.obstacles()),
            memory=available_memory(Path("/proc/meminfo").read_text()),
            disk=min(_free(paths.state), _free(cached)),
            built=(cached / "go").is_dir() and any((cached / "go").glob("jujud-*")),
        )


def refusals(host: Host, paths: Paths) -> list[str]:
    """Return why the testbed cannot run on this host, and what to do; nothing if it can."""
    found: list[str] = []
    if not host.root:
        found.append("it must be run as root, because it makes namespaces and mounts: use sudo")
    if host.missing_controllers:
        found.append(
            f"the control group controllers {', '.join(host.missing_controllers)} are not mounted: "
            "start the container with --privileged, or boot with cgroup_enable=memory"
        )
    found.extend(host.obstacles)
    if host.memory < MEMORY:
        found.append(
            f"{host.memory // MEBIBYTE} MiB of memory are available and {MEMORY // MEBIBYTE} are needed: "
            "end other programs or use a larger machine"
        )
    disk = DISK_BUILT if host.built else DISK
    if host.disk < disk:
        found.append(
            f"{host.disk / GIBIBYTE:.1f} GiB of disk are free and {disk / GIBIBYTE:.0f} are needed: free some, "
            "or choose another place with TESTBED_STATE and TESTBED_CACHE"
        )
    if len(str(paths.state)) > LONGEST_STATE:
        found.append(f"TESTBED_STATE has more than {LONGEST_STATE} characters: choose a shorter path")
    return found


def check(found: Iterable[str]) -> None:
    """Raise a TestbedError that names every refusal, if there is one."""
    lines = [f"  - {refusal}" for refusal in found]
    if lines:
        raise TestbedError("\n".join(["the testbed cannot run on this machine:", *lines]))


def kernel_refusals(paths: Paths) -> list[str]:
    """Try out what the kernel must offer, without a trace, and return what it lacks."""
    found: list[str] = []
    namespaces = ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork"]
    for feature, (command, given) in PROBES.items():
        with tempfile.TemporaryDirectory(prefix=f".{paths.name}-probe-", dir=_existing(paths.state)) as folder:
            done = subprocess.run(
                [*namespaces, "sh", "-c", command, folder],
                input=given,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
            found.append(f"the kernel lacks {feature}: load the module or use another kernel ({said})")
    return found


def available_memory(meminfo: str) -> int:
    """Return the bytes that programs can still have, from the content of /proc/meminfo."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _free(path: Path) -> int:
    return shutil.disk_usage(_existing(path)).free


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.is_dir())
