import tomllib
from pathlib import Path

import yaml

from testbed import control_plane, firewall, juju, load_balancer, manifests, node, programs, storage
from testbed.network import Network
from testbed.paths import Paths
from testbed.profiles import PROFILES

PATHS = Paths("probe", Path("/srv/probe"))


def test_containerd_keeps_what_it_writes_in_the_state() -> None:
    found = tomllib.loads(node.containerd_configuration(PATHS, Path("/plugins")))
    assert found["root"] == "/srv/probe/containerd"
    assert found["grpc"]["address"] == "/srv/probe/run/containerd.sock"
    assert found["plugins"]["io.containerd.internal.v1.opt"]["path"].startswith("/srv/probe/")
    assert found["plugins"]["io.containerd.grpc.v1.cri"]["cni"]["bin_dir"] == "/plugins"


def test_pods_of_two_testbeds_are_in_control_groups_of_their_own() -> None:
    assert node.kubelet_configuration(PATHS, Network())["cgroupRoot"] == "/probe"


def test_kubelet_never_removes_an_image_that_could_not_be_had_again() -> None:
    found = node.kubelet_configuration(PATHS, Network())
    assert found["imageGCHighThresholdPercent"] == 100
    assert found["evictionHard"] == {}


def test_pods_are_connected_without_a_bridge() -> None:
    (plugin,) = node.pod_network(PATHS, Network())["plugins"]  # pyright: ignore[reportGeneralTypeIssues]
    assert plugin["type"] == "ptp"
    assert plugin["ipMasq"] is False


def test_the_control_plane_asks_only_for_files_of_its_own_testbed() -> None:
    every = [control_plane.database(PATHS), control_plane.apiserver(PATHS, Network())]
    every += [*control_plane.controllers(PATHS, Network()), firewall.program(PATHS, Network())]
    files = [word.partition("=")[2] for program in every for word in program.command if "=/" in word]
    assert files
    assert all(file.startswith("/srv/probe/") for file in files)


def test_names_are_answered_on_the_nodes_address() -> None:
    found = control_plane.corefile(PATHS, Network())
    assert "bind 198.18.0.1\n" in found
    assert "forward" not in found


def test_what_is_left_without_policies_are_the_rules_of_others() -> None:
    rules = """\
*filter
:FORWARD ACCEPT [5:300]
:KUBE-FIREWALL - [0:0]
:KUBE-NWPLCY-DEFAULT - [0:0]
:KUBE-POD-FW-4D6YY7Z2BBWRRPVL - [0:0]
:KUBE-ROUTER-FORWARD - [0:0]
-A FORWARD -m comment --comment "kube-router netpol - TEMCG2JMHZYE7H7T" -j KUBE-ROUTER-FORWARD
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -j DROP
-A KUBE-ROUTER-FORWARD -d 10.1.0.4/32 -j KUBE-POD-FW-4D6YY7Z2BBWRRPVL
COMMIT
"""
    assert firewall.without_chains(rules).splitlines() == [
        "*filter",
        ":FORWARD ACCEPT [5:300]",
        ":KUBE-FIREWALL - [0:0]",
        "-A OUTPUT -j KUBE-FIREWALL",
        "-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -j DROP",
        "COMMIT",
    ]


def test_volumes_may_be_mounted_by_many() -> None:
    assert storage.configuration(PATHS, PROFILES["plain"])["sharedFileSystemPath"] == "/srv/probe/volumes"


def test_every_manifest_is_complete_when_its_values_are_given() -> None:
    names = {
        "node": "10.0.0.2",
        "family": "IPv4",
        "suffix": "ipv4",
        "storage_class": "folders",
        "provisioner": "example.com/folders",
        "class_name": "one",
        "pool_name": "all",
        "controller": "example.com/ingress",
        "default": "true",
        "pool": '["10.0.0.0/24"]',
    }
    values = {**control_plane.dns(Network()), **names}
    for path in manifests.FOLDER.glob("*.yaml"):
        objects = list(yaml.safe_load_all(manifests.render(path.stem, **values)))
        assert all({"apiVersion", "kind", "metadata"} <= set(found) for found in objects), path


def test_kinds_have_the_plurals_that_their_controller_uses() -> None:
    plurals = [load_balancer.plural(kind) for kind in ("IPAddressPool", "Community", "ServiceBGPStatus")]
    assert plurals == ["ipaddresspools", "communities", "servicebgpstatuses"]


def test_a_kind_with_two_versions_stores_the_newer() -> None:
    found = yaml.safe_load(yaml.safe_dump(load_balancer.definition("BGPPeer", ("v1beta1", "v1beta2"))))
    stored = {version["name"]: version["storage"] for version in found["spec"]["versions"]}
    assert stored == {"v1beta1": False, "v1beta2": True}


def test_kubernetes_is_told_its_version() -> None:
    assert "-X k8s.io/component-base/version.gitMajor=1" in programs.kubernetes_flags()


def test_links_follow_the_programs_they_are_for(tmp_path: Path) -> None:
    paths = Paths("probe", tmp_path / "state")
    programs.link(paths, {"juju": Path("/cache/1/juju")})
    programs.link(paths, {"juju": Path("/cache/2/juju")})
    assert (paths.programs / "juju").readlink() == Path("/cache/2/juju")


def test_the_agents_version_is_what_the_client_says_before_system_and_processor() -> None:
    assert juju.agent_version("4.1-beta1-genericlinux-amd64\n") == "4.1-beta1"
    assert juju.agent_version("3.6.4-ubuntu-arm64") == "3.6.4"


def test_the_controllers_charm_is_the_same_each_time(tmp_path: Path) -> None:
    juju.write_controller_charm(tmp_path / "one.charm")
    juju.write_controller_charm(tmp_path / "two.charm")
    assert (tmp_path / "one.charm").read_bytes() == (tmp_path / "two.charm").read_bytes()
