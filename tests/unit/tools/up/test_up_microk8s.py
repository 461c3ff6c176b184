"""Which commands make MicroK8s and Juju, given what is there."""

from tools.up import microk8s


def commands(steps):
    return [" ".join(step.command) for step in steps]


def test_a_machine_with_nothing_gets_the_confined_snap_that_juju_sees():
    assert commands(microk8s.kubernetes([], gpu=False))[0] == "snap install microk8s --channel=1.34-strict/stable"


def test_gpus_need_the_classic_snap():
    assert commands(microk8s.kubernetes([], gpu=True))[0] == "snap install microk8s --channel=1.34/stable --classic"


def test_an_installed_snap_is_only_waited_for():
    assert [step.title for step in microk8s.kubernetes(["microk8s"], gpu=False)] == ["waiting for MicroK8s"]


def test_all_add_ons_are_enabled_and_the_load_balancer_gets_its_range():
    enabled = [line for line in commands(microk8s.add_ons([], "1.2.3.4-1.2.3.9", gpu=True)) if " enable " in line]
    assert enabled == [
        "microk8s enable rbac",
        "microk8s enable dns",
        "microk8s enable hostpath-storage",
        "microk8s enable metallb:1.2.3.4-1.2.3.9",
        "microk8s enable nvidia",
    ]


def test_an_enabled_add_on_is_left_alone():
    have = ["rbac", "dns", "hostpath-storage", "metallb", "nvidia"]
    assert not [line for line in commands(microk8s.add_ons(have, "", gpu=True)) if " enable " in line]


def test_what_comes_after_rbac_waits_for_the_api_server_that_it_starts_again():
    first = commands(microk8s.add_ons([], "", gpu=False))[:3]
    assert first == ["microk8s enable rbac", "microk8s status --wait-ready --timeout=600", "microk8s enable dns"]


def test_only_juju_is_installed_where_there_is_none():
    assert commands(microk8s.client(["microk8s"], present=False)) == ["snap install juju --channel=3.6/stable"]
    assert commands(microk8s.client([], present=True)) == []


def test_a_cloud_that_juju_knows_is_bootstrapped_at_once():
    assert commands(microk8s.controller(["localhost", "microk8s"], classic=False)) == [
        "juju bootstrap microk8s kubeflow"
    ]


def test_a_cloud_that_juju_does_not_know_is_added_first():
    steps = list(microk8s.controller(["localhost"], classic=False))
    assert commands(steps) == ["juju add-k8s kubeflow-microk8s --client", "juju bootstrap kubeflow-microk8s kubeflow"]
    assert steps[0].fed_by == ("microk8s", "config")


def test_juju_itself_never_runs_as_root():
    assert not any(step.privileged for step in microk8s.controller([], classic=False))


def test_enabled_add_ons_are_read_from_the_status():
    status = {"addons": [{"name": "dns", "status": "enabled"}, {"name": "metallb", "status": "disabled"}]}
    assert microk8s.enabled_add_ons(status) == {"dns"}


def test_installed_snaps_are_read_from_the_listing():
    listing = "Name      Version  Rev\ncore22    2025     1\nmicrok8s  v1.32    2\n"
    assert microk8s.installed_snaps(listing) == {"core22": "1", "microk8s": "2"}
    assert microk8s.installed_snaps("") == {}


def test_a_classic_snap_is_told_by_its_notes():
    listing = (
        "Name      Version  Rev   Tracking  Publisher   Notes\nmicrok8s  v1.34.1  8511  1.34/stable  canonical  {}\n"
    )
    for notes, classic in (("classic", True), ("-", False), ("classic,held", True), ("held", False)):
        assert microk8s.is_classic(microk8s.installed_snaps(listing.format(notes))) is classic


def test_juju_is_told_of_a_classic_snap_even_where_it_knows_the_cloud():
    steps = microk8s.controller(["microk8s"], classic=True)
    assert commands(steps) == ["juju add-k8s kubeflow-microk8s --client", "juju bootstrap kubeflow-microk8s kubeflow"]


def test_a_user_who_may_not_use_the_strict_snap_joins_its_group_and_bootstraps_at_once():
    steps = list(microk8s.controller(["microk8s"], classic=False, joins="ada"))
    assert commands(steps) == [
        "usermod --append --groups snap_microk8s ada",
        "sg snap_microk8s -c juju bootstrap microk8s kubeflow",
    ]
    assert [step.privileged for step in steps] == [True, False]
