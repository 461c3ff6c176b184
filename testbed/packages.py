"""Debian packages that the testbed needs on the host; only what is missing is installed."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from testbed import cache
from testbed.errors import TestbedError

NEEDED = {
    "iproute2": "ip",
    "util-linux": "nsenter",
    "procps": "sysctl",
    "containerd": "containerd",
    "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/ptp",
    "nftables": "nft",
    "iptables": "iptables",
    "ipset": "ipset",
    "conntrack": "conntrack",
    "mmdebstrap": "mmdebstrap",
    "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",
    "busybox-static": "/var/lib/dpkg/info/busybox-static.list",
}
"""For each package, a program on PATH or a file by which one sees that it need not be installed."""
ELSEWHERE = {"containernetworking-plugins": "/opt/cni/bin/ptp"}


def missing(needed: Iterable[tuple[str, str]] = tuple(NEEDED.items())) -> list[str]:
    """Return the packages whose program or file is not there."""
    return [package for package, sign in needed if not _there(sign) and not _there(ELSEWHERE.get(package, ""))]


def install() -> None:
    """Install what is missing.

    Raises:
        TestbedError: this is no Debian, or apt-get failed.
    """
    packages = missing()
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise TestbedError(f"there is no apt-get here: install what Debian calls {', '.join(packages)}")
    with cache.step(f"installing {', '.join(packages)}"):
        command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        if _apt(command).returncode:
            _apt(["apt-get", "update"])
            done = _apt(command)
            if done.returncode:
                raise TestbedError(f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-2000:]}")


def busybox() -> Path:
    """Return a busybox that needs no libraries.

    Raises:
        TestbedError: the package does not hold one.
    """
    listed = Path(NEEDED["busybox-static"]).read_text().split()
    for path in map(Path, listed):
        if path.name == "busybox" and path.is_file():
            return path
    raise TestbedError("the package busybox-static holds no busybox: reinstall it")


def _there(sign: str) -> bool:
    return bool(sign) and (Path(sign).exists() if sign.startswith("/") else shutil.which(sign) is not None)


def _apt(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
