"""The server, its login, and the one unit that holds the objects."""

import dataclasses
import pathlib

import pytest
import yaml
from ops import testing


def test_it_is_active(minio):
    assert minio.settle().unit_status == testing.ActiveStatus()


def test_the_password_is_generated_and_stays(minio):
    state = minio.settle()
    name, word = minio.login
    assert (name, len(word)) == ("minio", 30)
    minio.reconfigure(state, memory="1Gi")
    assert minio.login == (name, word)


def test_the_login_is_in_files_that_the_workload_alone_reads_and_nowhere_else(minio):
    state = minio.settle()
    word = minio.login[1]
    assert {minio.files[f"/run/minio/{name}"].mode for name in ("access-key", "secret-key")} == {0o600}
    assert word not in str(state.get_container("minio").plan.to_dict())
    assert word not in str(minio.deployment.cluster.objects)


def test_the_users_password_is_taken(minio):
    minio.settle(config={"access-key": "admin", "secret-key": "long enough"})
    assert minio.login == ("admin", "long enough")


def test_another_password_restarts_it(minio):
    state = minio.settle()
    after = minio.reconfigure(state, secret_key="long enough")
    assert minio.login == ("minio", "long enough")
    assert after.get_container("minio").plan != state.get_container("minio").plan


def test_the_generated_password_comes_back_when_the_users_own_is_unset(minio):
    state = minio.settle()
    generated = minio.login
    state = minio.reconfigure(state, secret_key="long enough")
    minio.reconfigure(state, secret_key="")
    assert minio.login == generated


def test_it_serves_at_the_ports_of_the_options(minio):
    state = minio.settle(config={"port": 9100, "console-port": 9101})
    command = state.get_container("minio").plan.services["minio"].command
    assert command.startswith("/usr/bin/minio server /data --address :9100 --console-address :9101 ")
    assert {port.port for port in state.opened_ports} == {9100, 9101}


def test_its_objects_are_on_juju_storage(minio):
    meta = yaml.safe_load((pathlib.Path(__file__).parents[1] / "charmcraft.yaml").read_text())
    assert meta["storage"]["minio-data"]["type"] == "filesystem"
    assert meta["containers"]["minio"]["mounts"] == [{"storage": "minio-data", "location": "/data"}]


def test_it_has_no_token_of_the_cluster(minio):
    minio.settle()
    [container] = [
        item
        for item in minio.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
        if item["name"] == "minio"
    ]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert mounts["/var/run/secrets/kubernetes.io/serviceaccount"] == "minio-no-token"
    assert mounts["/run/minio"] == "minio-writable-0"


def test_a_service_leads_to_the_unit_with_the_objects(minio):
    minio.settle()
    spec = minio.deployment.cluster.find("Service", "minio-primary")["spec"]
    assert spec["selector"] == {"statefulset.kubernetes.io/pod-name": "minio-0"}
    assert {port["port"] for port in spec["ports"]} == {9000, 9001}


@pytest.mark.parametrize("leader", [True, False])
def test_a_second_unit_runs_nothing_and_says_what_to_type(minio, leader):
    login = testing.Secret({"access-key": "minio", "secret-key": "long enough"}, owner="app", label="login")
    generated = testing.Secret({"secret-key": "long enough"}, owner="app", label="generated")
    minio.deployment.context.unit_id = 1
    state = minio.settle(leader=leader, secrets={login, generated}, planned_units=2)
    assert state.unit_status == testing.BlockedStatus(
        "minio keeps its data on the storage of minio/0 and runs only there, run: juju scale-application minio 1"
    )
    assert not state.get_container("minio").plan.services


def test_the_keys_are_shown(minio):
    shown = minio.keys(minio.settle())
    assert shown == {
        "access-key": "minio",
        "secret-key": minio.login[1],
        "url": "http://minio-primary.edge.svc:9000",
    }


def test_the_keys_are_not_shown_where_options_are_wrong(minio):
    state = dataclasses.replace(minio.settle(), config={"secret-key": "short"})
    with pytest.raises(testing.ActionFailed, match="option secret-key"):
        minio.keys(state)
