"""What a testbed's network follows from, and two kinds of address in the kernel; the latter needs root."""

import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed import certificates, control_plane, firewall, lifecycle, network, node, state
from testbed.__main__ import app
from testbed.errors import TestbedError
from testbed.machine import Machine
from testbed.network import FAMILIES, IPV4, IPV6, Network
from testbed.paths import Paths
from testbed.state import Record

PATHS = Paths("probe", Path("/srv/probe"))
DUAL = Network("k8s.example.org", "dual")


def said(program: str, option: str) -> list[str]:
    every = [
        control_plane.apiserver(PATHS, DUAL),
        *control_plane.controllers(PATHS, DUAL),
        firewall.program(PATHS, DUAL),
    ]
    (found,) = [one for one in every if one.name == program]
    return [word.partition("=")[2] for word in found.command if word.startswith(f"--{option}=")]


@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_no_two_ranges_of_a_family_meet(family: network.Family) -> None:
    ranges = [ipaddress.ip_network(it) for it in (family.node, family.load_balancers, family.pods, family.services)]
    assert not any(a.overlaps(b) for place, a in enumerate(ranges) for b in ranges[place + 1 :])


@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_there_are_addresses_for_all_the_pods_that_kubelet_takes(family: network.Family) -> None:
    pods = node.kubelet_configuration(PATHS, Network())["maxPods"]
    assert isinstance(pods, int)
    assert ipaddress.ip_network(family.pods).num_addresses > 2 * pods


def test_with_two_families_everything_that_asks_is_told_both() -> None:
    both = f"{IPV4.services},{IPV6.services}"
    assert said("kube-apiserver", "service-cluster-ip-range") == [both]
    assert said("kube-apiserver", "advertise-address") == [IPV4.node]
    assert said("kube-apiserver", "bind-address") == ["::"]
    assert said("kube-proxy", "cluster-cidr") == [f"{IPV4.pods},{IPV6.pods}"]
    assert said("kube-router", "service-cluster-ip-range") == [both]
    assert (said("kube-router", "enable-ipv4"), said("kube-router", "enable-ipv6")) == (["true"], ["true"])


def test_pods_get_an_address_and_a_way_out_of_each_family() -> None:
    (plugin,) = node.pod_network(PATHS, DUAL)["plugins"]  # pyright: ignore[reportGeneralTypeIssues]
    assert plugin["ipam"]["ranges"] == [[{"subnet": IPV4.pods}], [{"subnet": IPV6.pods}]]
    assert plugin["ipam"]["routes"] == [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]


def test_names_are_of_the_domain_and_found_at_every_address() -> None:
    told = control_plane.corefile(PATHS, DUAL)
    assert f"bind {IPV4.node} {IPV6.node}\n" in told
    assert "kubernetes k8s.example.org in-addr.arpa ip6.arpa {" in told
    assert node.kubelet_configuration(PATHS, DUAL)["clusterDomain"] == "k8s.example.org"
    assert control_plane.dns(DUAL) == {
        "service": '"10.152.183.10"',
        "services": '["10.152.183.10", "fd00:10:152:183::a"]',
        "families": '["IPv4", "IPv6"]',
        "policy": "RequireDualStack",
    }


def test_the_api_servers_certificate_is_for_all_its_names_and_addresses() -> None:
    names, addresses = certificates.server(DUAL)
    assert "kubernetes.default.svc.k8s.example.org" in names
    assert {"10.152.183.1", "198.18.0.1", "fd00:10:152:183::1", "fd00:198:18::1"} <= set(addresses)


def test_an_address_of_the_sixth_version_has_brackets_in_urls() -> None:
    found = Network(ip_family="ipv6")
    assert found.store == "http://[fd00:198:18::1]:8099"
    assert certificates.kubeconfig(b"", "", found)["clusters"][0]["cluster"]["server"] == (  # pyright: ignore
        "https://[fd00:198:18::1]:6443"
    )


def test_without_a_word_a_testbed_keeps_the_network_that_it_was_made_with() -> None:
    assert network.choose(recorded=DUAL) == DUAL
    assert network.choose(domain="k8s.example.org", ip_family="dual", recorded=DUAL) == DUAL
    assert network.choose() == Network("cluster.local", "ipv4")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"domain": "other.example.org"}, r"has k8s\.example\.org, not other\.example\.org: run `down` first"),
        ({"ip_family": "ipv6"}, "has dual, not ipv6"),
        ({"ip_family": "ipv5"}, "no IP family 'ipv5': choose ipv4, ipv6, dual"),
        ({"domain": "Example.org"}, "'Example.org' is no domain"),
        ({"domain": "example.org."}, "is no domain"),
    ],
)
def test_what_a_testbed_cannot_be_is_refused_with_what_to_do(asked: dict[str, str], reason: str) -> None:
    with pytest.raises(TestbedError, match=reason):
        network.choose(**asked, recorded=DUAL)


def test_start_and_a_second_up_ask_for_nothing_and_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = Paths("probe", tmp_path / "state")
    state.write(paths, Record(domain="k8s.example.org", ip_family="dual"))
    ran: list[Record] = []
    monkeypatch.setattr(lifecycle, "build", lambda *_, **__: lifecycle.Parts({}, ()))
    monkeypatch.setattr(lifecycle, "_run", lambda paths, record, parts: ran.append(record))
    monkeypatch.setattr("testbed.limits.increase", dict)
    lifecycle.start(paths)
    lifecycle.up(paths, load_balancer=True)
    assert [record.network for record in ran] == [DUAL, DUAL]


def test_up_hands_on_what_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(lifecycle, "up", lambda _, *, domain, ip_family, **__: asked.append((domain, ip_family)))
    CliRunner().invoke(app, ["up", "--cluster-domain", "k8s.example.org", "--ip-family", "dual"])
    assert asked == [("k8s.example.org", "dual")]


@pytest.fixture(params=FAMILIES)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Machine, Network]]:
    if os.geteuid():
        pytest.skip("namespaces need root")
    found, made = Machine(Paths("unit-test-network", tmp_path / "state")), Network(ip_family=request.param)
    found.boot()
    network.set_up(found, made)
    yield found, made
    found.kill()


def test_the_node_has_an_address_and_routes_of_each_family_at_once(machine: tuple[Machine, Network]) -> None:
    found, made = machine
    network.set_up(found, made)
    for family in made.families:
        shown = found.run(*family.tool, "address", "show", "node").stdout
        assert f"{family.node}/" in shown
        assert "tentative" not in next(line for line in shown.splitlines() if family.node in line)
        assert "dev node" in found.run(*family.tool, "route", "get", family.dns_service).stdout
        outside = {"IPv4": "203.0.113.1", "IPv6": "2001:db8::1"}[family.name]
        assert found.run(*family.tool, "route", "get", outside, check=False).returncode != 0
