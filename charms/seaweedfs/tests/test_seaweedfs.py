"""The server, and the one unit that holds the objects."""

import collections
import importlib
import pathlib

import pytest
import yaml
from ops import testing
from support.charms import load_charm

Usage = collections.namedtuple("Usage", ["total", "used", "free"])
load_charm(pathlib.Path(__file__).parents[1])
keeper_store, space_limits = (importlib.import_module(name) for name in ("keeper_store", "space_limits"))
META = yaml.safe_load((pathlib.Path(__file__).parents[1] / "charmcraft.yaml").read_text())


def flags(seaweedfs, state):
    command = seaweedfs.program(state, "seaweedfs").command
    return dict(part[1:].partition("=")[::2] for part in command.split() if part.startswith("-"))


def test_it_is_active(seaweedfs):
    assert seaweedfs.settle().unit_status == testing.ActiveStatus()


def test_nothing_but_s3_and_metrics_listens_for_others(seaweedfs):
    found = flags(seaweedfs, seaweedfs.settle())
    assert (found["ip"], found["ip.bind"]) == ("127.0.0.1", "127.0.0.1")
    assert found["s3.ip.bind"] in ("0.0.0.0", "::")
    assert (found["s3.iam"], found["s3.port.iceberg"], found["s3.port.lance"]) == ("false", "0", "0")


def test_it_reports_nothing_to_its_vendor(seaweedfs):
    assert flags(seaweedfs, seaweedfs.settle())["master.telemetry"] == "false"


def test_identities_are_asked_for_in_any_case(seaweedfs):
    assert flags(seaweedfs, seaweedfs.settle())["s3.config"] == "/run/store-logins/identities.json"


def test_it_has_time_to_end(seaweedfs):
    assert seaweedfs.program(seaweedfs.settle(), "seaweedfs").to_dict()["kill-delay"] == "60s"


def test_the_pod_is_ready_once_a_signed_request_is_answered(seaweedfs):
    check = seaweedfs.settle().get_container("seaweedfs").plan.checks["seaweedfs"]
    assert check.http == {"url": "http://localhost:8334/ready"}


@pytest.mark.parametrize(("gibibytes", "volumes"), [(8, "300"), (100, "700"), (2000, "8300")])
def test_there_are_more_volumes_than_the_disk_can_fill(seaweedfs, monkeypatch, gibibytes, volumes):
    size = gibibytes * 2**30
    monkeypatch.setattr("shutil.disk_usage", lambda place: Usage(size, 0, size))
    state = seaweedfs.settle(storages={testing.Storage("seaweedfs-data")})
    assert flags(seaweedfs, state)["volume.max"] == volumes


def test_without_a_limit_it_aims_below_half_a_gibibyte(seaweedfs):
    assert seaweedfs.program(seaweedfs.settle(), "seaweedfs").environment["GOMEMLIMIT"] == "512MiB"


def test_a_limit_leaves_room_beside_the_heap(seaweedfs):
    state = seaweedfs.settle(config={"memory": "1Gi"})
    assert seaweedfs.program(state, "seaweedfs").environment["GOMEMLIMIT"] == "768MiB"


def test_it_serves_at_the_port_of_the_option(seaweedfs):
    state = seaweedfs.settle(config={"port": 9000})
    assert flags(seaweedfs, state)["s3.port"] == "9000"
    assert {port.port for port in state.opened_ports} == {9000}
    assert seaweedfs.settings["port"] == 9000


def test_nobody_in_the_cluster_reaches_the_port_that_takes_identities(seaweedfs):
    seaweedfs.settle()
    spec = seaweedfs.cluster.find("NetworkPolicy", "seaweedfs")["spec"]
    ranges = [(item["port"], item["endPort"]) for rule in spec["ingress"] for item in rule["ports"]]
    assert not any(low <= 18333 <= high for low, high in ranges)
    assert all(any(low <= port <= high for low, high in ranges) for port in (8333, 9327, 38812))


def test_its_objects_are_on_juju_storage():
    assert META["storage"]["seaweedfs-data"]["type"] == "filesystem"
    assert META["containers"]["seaweedfs"]["mounts"] == [{"storage": "seaweedfs-data", "location": "/data"}]


def mounts(seaweedfs, name):
    spec = seaweedfs.deployment.stateful_set["spec"]["template"]["spec"]
    [container] = [item for item in spec["containers"] if item["name"] == name]
    return {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}


def test_the_server_has_no_token_of_the_cluster(seaweedfs):
    seaweedfs.settle()
    assert mounts(seaweedfs, "seaweedfs")["/var/run/secrets/kubernetes.io/serviceaccount"] == "seaweedfs-no-token"


def test_both_containers_see_the_folder_with_the_identities(seaweedfs):
    seaweedfs.settle()
    found = [mounts(seaweedfs, name)["/run/store-logins"] for name in ("seaweedfs", "logins")]
    assert found == ["store-logins", "store-logins"]


def test_a_service_leads_to_the_unit_with_the_objects(seaweedfs):
    seaweedfs.settle()
    spec = seaweedfs.cluster.find("Service", "seaweedfs-primary")["spec"]
    assert spec["selector"] == {"statefulset.kubernetes.io/pod-name": "seaweedfs-0"}
    assert [port["port"] for port in spec["ports"]] == [8333]


@pytest.mark.parametrize("leader", [True, False])
def test_a_second_unit_runs_nothing_and_says_what_to_type(seaweedfs, leader):
    root = testing.Secret({"access-key": "ROOT", "secret-key": "word"}, owner="app", label="root")
    seaweedfs.deployment.context.unit_id = 1
    state = seaweedfs.settle(leader=leader, secrets={root}, planned_units=2)
    assert state.unit_status == testing.BlockedStatus(
        "seaweedfs keeps its data on the storage of seaweedfs/0 and runs only there, run: "
        "juju scale-application seaweedfs 1"
    )
    assert not state.get_container("seaweedfs").plan.services
    assert not state.get_container("logins").plan.services


@pytest.mark.parametrize(
    ("free", "words"),
    [(60, None), (4, "is nearly full: 4.0 of 100.0 GiB are free"), (0.4, "takes no more objects")],
)
def test_a_disk_that_gets_full_is_in_the_status(seaweedfs, monkeypatch, free, words):
    usage = Usage(100 * 2**30, 0, int(free * 2**30))
    monkeypatch.setattr("shutil.disk_usage", lambda place: usage)
    status = seaweedfs.settle(storages={testing.Storage("seaweedfs-data")}).unit_status
    if words is None:
        assert status == testing.ActiveStatus()
    else:
        assert isinstance(status, testing.BlockedStatus)
        assert words in status.message
        assert "juju run seaweedfs/leader list-buckets" in status.message


def test_a_bucket_beyond_its_quota_is_in_the_status(seaweedfs, monkeypatch):
    used = {"logs": 3 * 2**30, "models": 2**30}
    monkeypatch.setattr(keeper_store, "usage", lambda: space_limits.Usage(0, 0, used, 0))
    state = seaweedfs.settle(config={"quotas": "logs=2Gi,models=5Gi,later=1Gi"})
    assert state.unit_status == testing.BlockedStatus(
        "the bucket logs takes no more objects: 3072 of 2048 MiB of its quota used; delete some or raise quotas"
    )
    assert "quota" in state.get_container("logins").plan.checks
    assert seaweedfs.settings["limits"]["quotas"] == {"later": 2**30, "logs": 2 * 2**30, "models": 5 * 2**30}


def test_retention_reaches_the_keeper_by_bucket_and_pattern(seaweedfs):
    seaweedfs.settle(config={"retention": "mlpipeline=180d,mlpipeline/*.log=12h"})
    assert seaweedfs.settings["limits"]["rules"] == [["mlpipeline", "", 15552000.0], ["mlpipeline", "*.log", 43200.0]]


def test_a_full_disk_stops_nothing(seaweedfs, monkeypatch):
    usage = Usage(100, 100, 0)
    monkeypatch.setattr("shutil.disk_usage", lambda place: usage)
    relation = seaweedfs.consumer()
    state = seaweedfs.settle(relation, storages={testing.Storage("seaweedfs-data")})
    assert "data" in state.get_relation(relation.id).local_app_data


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 80}, "option port: 80 is no usable port"),
        ({"port": 60000}, "option port: 60000 is too high"),
        ({"port": 8888}, "option port: 8888 is of a program of the same pod"),
        ({"memory": "much"}, "option memory: it is no quantity"),
        ({"memory": "100Mi"}, "is too little, expected at least 384Mi"),
        ({"common_buckets": "No"}, "option common-buckets: it is no bucket's name"),
        ({"disk_warning": 95}, "option disk-warning: 95 is out of range"),
        ({"quotas": "mlpipeline"}, "option quotas: it is no pair"),
        ({"quotas": "No=1Gi"}, "option quotas: it is no bucket's name"),
        ({"quotas": "logs=much"}, "option quotas: it is no quantity"),
        ({"quotas": "logs=1k"}, "is too little, expected at least 1Mi"),
        ({"retention": "logs=old"}, "option retention: it is no age, expected for example 12h or 30d"),
        ({"retention": "logs="}, "has no age, expected for example 30d"),
        ({"ssl_cert": "-----BEGIN CERTIFICATE-----"}, "options ssl-cert, ssl-key: one without the other"),
        ({"ssl_ca": "-----BEGIN CERTIFICATE-----"}, "option ssl-ca: set without ssl-cert"),
        ({"ssl_key": "no pem"}, "option ssl-key: no PEM"),
    ],
)
def test_a_bad_option_blocks_by_its_name(seaweedfs, options, message):
    assert message in seaweedfs.blocked(**options)


def test_a_bad_option_leaves_what_runs(seaweedfs):
    state = seaweedfs.settle()
    after = seaweedfs.reconfigure(state, port=80)
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert after.get_container("seaweedfs").plan == state.get_container("seaweedfs").plan
