"""The rules of network policies in a real network, written as kube-router writes them; it needs root and iptables."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import firewall
from testbed.machine import Machine, Program
from testbed.network import Network
from testbed.paths import Paths

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("iptables"), reason="rules need root and iptables"
)

RULES = """\
*filter
:KUBE-FIREWALL - [0:0]
:KUBE-ROUTER-FORWARD - [0:0]
-A OUTPUT -j KUBE-FIREWALL
-A FORWARD -m comment --comment "kube-router netpol - TEMCG2JMHZYE7H7T" -j KUBE-ROUTER-FORWARD
{last}COMMIT
"""
LAST = "-A KUBE-ROUTER-FORWARD -m mark --mark 0x20000/0x20000 -j ACCEPT\n"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(Paths("unit-test-firewall", tmp_path / "state"))
    found.boot()
    found.start(Program(firewall.NAME, ("sleep", "1000")))
    yield found
    found.kill()


def test_policies_are_in_force_once_all_rules_are_there(machine: Machine) -> None:
    assert not firewall.enforced(machine, Network())
    machine.run("iptables-restore", given=RULES.format(last=""))
    assert not firewall.enforced(machine, Network())
    machine.run("iptables-restore", given=RULES.format(last=LAST))
    assert firewall.enforced(machine, Network())


def test_with_two_kinds_of_address_they_are_in_force_once_both_have_their_rules(machine: Machine) -> None:
    machine.run("iptables-restore", given=RULES.format(last=LAST))
    assert not firewall.enforced(machine, Network(ip_family="dual"))
    machine.run("ip6tables-restore", given=RULES.format(last=LAST))
    assert firewall.enforced(machine, Network(ip_family="dual"))


def test_without_the_program_that_follows_changes_they_are_not_in_force(machine: Machine) -> None:
    machine.run("iptables-restore", given=RULES.format(last=LAST))
    machine.stop(firewall.NAME)
    assert not firewall.enforced(machine, Network())


def test_its_rules_go_with_it_and_those_of_others_stay(machine: Machine) -> None:
    for command in ("iptables", "ip6tables"):
        machine.run(f"{command}-restore", given=RULES.format(last=LAST))
    firewall.stop(machine)
    assert machine.programs() == {}
    for command in ("iptables", "ip6tables"):
        left = machine.run(f"{command}-save", "-t", "filter").stdout
        assert "KUBE-ROUTER" not in left
        assert "-A OUTPUT -j KUBE-FIREWALL" in left
