"""What is outside of a testbed for real, where its programs were taken out of their packages before; it needs root."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from testbed import debian, network, outside, programs
from testbed.errors import TestbedError
from testbed.machine import Machine, Program
from testbed.network import Network
from testbed.paths import Paths
from testbed.processes import wait

PATHS = Paths("probe", Path("/srv/probe"))
DUAL = Network(ip_family="dual")
SERVER = ("python3", "-m", "http.server", "--bind", "203.0.113.1", "80")
POD = "testbed-unit-test"
AS_A_POD = f"ip netns exec {POD} curl --silent --max-time 2 --noproxy 203.0.113.1"


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
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    if os.geteuid() or not all(map(shutil.which, ("nft", "curl", "ss"))):
        pytest.skip("it needs root, nft, curl and ss")
    monkeypatch.setattr(debian.shutil, "which", lambda _: None)
    try:
        found = outside.programs(proxy=True, registry=True)
    except TestbedError:
        pytest.skip("its programs were not taken out of their packages: python -m testbed up --proxy --registry")
    monkeypatch.undo()
    made = Machine(Paths("unit-test-outside", tmp_path / "state"))
    made.boot()
    network.set_up(made, DUAL)
    programs.link(made.paths, found)
    yield made
    made.kill()


def connect_a_pod(machine: Machine) -> None:
    """Add a network to the node as a pod's is: by a cable of its own."""
    for words in (
        "link add cable type veth peer name eth0",
        f"netns add {POD}",
        f"link set eth0 netns {POD}",
        "link set cable up",
        "address add 10.1.0.1/32 dev cable",
        "route add 10.1.0.2/32 dev cable",
        f"-n {POD} link set lo up",
        f"-n {POD} address add 10.1.0.2/32 dev eth0",
        f"-n {POD} link set eth0 up",
        f"-n {POD} route add 10.1.0.1/32 dev eth0",
        f"-n {POD} route add default via 10.1.0.1",
    ):
        machine.run("ip", *words.split())


def test_pods_reach_what_is_outside_by_the_proxy_alone_and_only_it_knows_the_name(machine: Machine) -> None:
    outside.start_proxy(machine, DUAL)
    machine.start(Program("server", SERVER))
    connect_a_pod(machine)
    try:
        assert wait(lambda: machine.run("curl", "-s", "http://203.0.113.1/", check=False).returncode == 0, 10)
        assert machine.run(*AS_A_POD.split(), "http://203.0.113.1/", check=False).returncode == 7
        assert machine.run(*AS_A_POD.split(), "http://outside.example.com/", check=False).returncode in (6, 28)
        asked = (*AS_A_POD.split(), "--fail", "--proxy", DUAL.proxy, "http://outside.example.com/")
        assert "Directory listing" in machine.run(*asked).stdout
    finally:
        machine.run("ip", "netns", "delete", POD)


def test_the_registry_hands_out_nothing_without_its_login(machine: Machine) -> None:
    outside.start_registry(machine, DUAL)
    asked = ("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}")
    url = f"http://{DUAL.registry}/v2/_catalog"
    assert machine.run(*asked, url).stdout == "401"
    assert machine.run(*asked, "--user", f"{outside.USER}:wrong", url).stdout == "401"
    assert machine.run(*asked, "--user", f"{outside.USER}:{outside.PASSWORD}", url).stdout == "200"
