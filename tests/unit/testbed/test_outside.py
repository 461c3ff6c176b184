"""What is outside of a testbed for real, where the programs were taken out of their packages before; it needs root."""

import base64
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from testbed import network, outside, programs
from testbed.machine import Machine, Program
from testbed.network import IPV4, Network
from testbed.paths import Paths
from testbed.processes import wait

PATHS = Paths("probe", Path("/srv/probe"))
DUAL = Network(ip_family="dual")


def test_the_proxy_and_the_fence_know_every_address() -> None:
    assert "Listen 198.18.0.1\nListen fd00:198:18::1\n" in outside.proxy_configuration(DUAL)
    rules = outside.fence(DUAL)
    assert 'iifname != "lo" ip daddr 203.0.113.1 reject' in rules
    assert 'iifname != "lo" ip6 daddr 2001:db8::1 reject' in rules


def test_the_registry_keeps_what_it_has_in_the_state_and_asks_for_a_login() -> None:
    told = yaml.safe_load(outside.registry_configuration(PATHS, Network(ip_family="ipv6")))
    assert told["storage"]["filesystem"]["rootdirectory"] == "/srv/probe/registry"
    assert told["http"]["addr"] == "[fd00:198:18::1]:5000"
    assert "htpasswd" in told["auth"]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    if os.geteuid() or not shutil.which("nft") or not shutil.which("mmdebstrap"):
        pytest.skip("it needs root, nft and mmdebstrap")
    found = Machine(Paths("unit-test-outside", tmp_path / "state"))
    found.boot()
    network.set_up(found, DUAL)
    programs.link(found.paths, outside.programs(proxy=True, registry=True))
    yield found
    found.kill()


def fetch(machine: Machine, *arguments: str, of_a_pod: bool = False) -> subprocess.CompletedProcess[str]:
    """Return what curl says on the node, or in a network of its own that is connected to it as a pod's is."""
    where = ("ip", "netns", "exec", "pod") if of_a_pod else ()
    return machine.run(*where, "curl", "--silent", "--globoff", "--max-time", "5", *arguments, check=False)
