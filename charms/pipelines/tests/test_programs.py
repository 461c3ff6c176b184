import dataclasses
import importlib
import json
import re
from typing import Any

import pytest
from ops import pebble, testing

pipelines_network: Any = importlib.import_module("pipelines_network")
PROGRAMS: tuple[str, ...] = importlib.import_module("pipelines_options").PROGRAMS
ACTIVE = "https://kubeflow.example.com/pipeline/; profiles share one login of the object store"
LEADERS = ("persistence-agent", "scheduled-workflow", "viewer-controller", "metadata-writer")


def test_with_databases_and_an_object_store_the_unit_is_active_at_its_address(pipelines):
    assert pipelines.settle().unit_status == testing.ActiveStatus(ACTIVE)


def test_every_container_runs_a_program(pipelines):
    state = pipelines.settle()
    assert {container.name for container in state.containers if container.plan.services} == set(PROGRAMS)


def test_no_program_sees_the_applications_own_token(pipelines):
    pipelines.settle()
    spec = pipelines.deployment.stateful_set["spec"]["template"]["spec"]
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    mounted = {
        item["name"] for item in spec["containers"] for mount in item["volumeMounts"] if mount["mountPath"] == path
    }
    assert mounted == set(PROGRAMS)


def test_programs_that_ask_kubernetes_nothing_have_no_identity(pipelines):
    pipelines.settle()
    accounts = {name for name in PROGRAMS if f"ServiceAccount pipelines-{name}" in pipelines.cluster.kinds()}
    assert set(PROGRAMS) - accounts == {"api-gate", "metadata-store", "metadata-proxy"}


@pytest.mark.parametrize("program", ["persistence-agent", "scheduled-workflow"])
def test_a_token_for_the_api_is_the_programs_own(pipelines, program):
    pipelines.settle()
    (token,) = [
        file.text
        for path, file in pipelines.deployment.files[program].items()
        if path.startswith("/var/run/secrets/kubeflow/tokens/")
    ]
    assert token.startswith(f"pipelines-{program} pipelines.kubeflow.org ")


def test_no_two_programs_listen_at_the_same_port(pipelines):
    ports = [value for name, value in vars(pipelines_network).items() if name.isupper() and isinstance(value, int)]
    assert len(ports) == len(set(ports))


def test_passwords_are_in_files_that_only_their_program_reads(pipelines):
    state = pipelines.settle()
    words = ("word-of-the-database", "word-of-the-metadata", "key-of-the-object-store")
    shown = str([container.plan.to_dict() for container in state.containers])
    assert not [word for word in words if word in shown]
    modes = {
        written.mode
        for files in pipelines.deployment.files.values()
        for written in files.values()
        if any(word in written.text for word in words)
    }
    assert modes == {0o600}


def test_the_api_finds_its_database_and_object_store(pipelines, store):
    pipelines.settle()
    found = json.loads(pipelines.file("api-server", "/etc/kubeflow-pipelines/config.json"))
    database, objects = found["DBConfig"]["MySQLConfig"], found["ObjectStoreConfig"]
    assert (database["Host"], database["Port"]) == ("mysql-primary.edge.svc.cluster.local", "3306")
    assert (database["DBName"], database["User"], database["Password"]) == ("mlpipeline", "u", "word-of-the-database")
    assert (objects["Host"], objects["Port"], objects["Secure"]) == ("127.0.0.1", str(store.port), "false")
    assert (objects["AccessKey"], objects["SecretAccessKey"]) == ("minio", "key-of-the-object-store")


def test_the_api_serves_many_users_and_knows_them_by_the_gateways_header(pipelines):
    pipelines.settle()
    found = json.loads(pipelines.file("api-server", "/etc/kubeflow-pipelines/config.json"))
    assert (found["MULTIUSER"], found["KUBEFLOW_USERID_HEADER"], found["KUBEFLOW_USERID_PREFIX"]) == (
        "true",
        "kubeflow-userid",
        "",
    )
    assert (found["POD_NAMESPACE"], found["TOKEN_REVIEW_AUDIENCE"]) == ("edge", "pipelines.kubeflow.org")


def test_the_api_listens_for_http_inside_the_pod_alone(pipelines):
    command = pipelines.service(pipelines.settle(), "api-server").command
    assert "--httpPortFlag=127.0.0.1:8890" in command


def test_the_metadata_have_a_database_of_their_own(pipelines):
    pipelines.settle()
    written = pipelines.file("metadata-store", "/etc/metadata-store/server.pbtxt")
    assert re.findall(r"(\w+): (.+)", written) == [
        ("host", '"mysql-primary.edge.svc.cluster.local"'),
        ("port", "3306"),
        ("database", '"metadb"'),
        ("user", '"u"'),
        ("password", '"word-of-the-metadata"'),
    ]


def test_the_pages_take_their_login_from_a_file(pipelines):
    state = pipelines.settle()
    assert "MINIO_SECRET_KEY" not in pipelines.service(state, "ui").environment
    written = pipelines.file("ui", "/etc/kubeflow-pipelines-ui/login")
    assert "export MINIO_ACCESS_KEY=minio\nexport MINIO_SECRET_KEY=key-of-the-object-store\n" in written


def test_addresses_of_tensorboards_are_signed_with_a_key_for_nothing_else(pipelines):
    state = pipelines.settle()
    written = pipelines.file("ui", "/etc/kubeflow-pipelines-ui/login")
    (key,) = re.findall(r"^export TENSORBOARD_PROXY_SIGNING_SECRET=([0-9a-f]{64})$", written, re.MULTILINE)
    others = {name: files for name, files in pipelines.deployment.files.items() if name != "ui"}
    assert key not in str(others)
    assert key not in str([container.plan.to_dict() for container in state.containers])


def test_the_pages_know_where_the_namespace_is_in_the_key_of_what_the_metadata_do_not_know(pipelines):
    found = pipelines.service(pipelines.settle(), "ui").environment
    names = ("ARTIFACT_NAMESPACE_OWNERSHIP_MODE", "ARTIFACT_NAMESPACE_KEY_PREFIX")
    assert [found[name] for name in names] == ["mlmd-then-prefix", "private-artifacts"]


def test_metrics_of_recurring_runs_leave_the_metadata_their_port(pipelines):
    command = pipelines.service(pipelines.settle(), "scheduled-workflow").command
    assert "--metricsPort=9091 " in command
    assert pipelines_network.METADATA_PROXY == 9090


def test_programs_that_elect_no_leader_run_once(pipelines):
    leaders = pipelines.settle()
    assert all(pipelines.service(leaders, program) for program in LEADERS)
    follower = pipelines.settle(leader=False, secrets=leaders.secrets)
    running = {container.name for container in follower.containers if container.plan.services}
    assert running == set(PROGRAMS) - set(LEADERS)
    assert follower.unit_status == testing.ActiveStatus(ACTIVE)


def test_a_unit_that_leads_no_longer_stops_what_runs_once(pipelines):
    after = pipelines.again(dataclasses.replace(pipelines.settle(), leader=False))
    stopped = {
        container.name
        for container in after.containers
        if container.service_statuses.get(container.name) == pebble.ServiceStatus.INACTIVE
    }
    assert stopped == set(LEADERS)


def test_an_unchanged_configuration_asks_kubernetes_and_the_store_nothing(pipelines, store):
    state = pipelines.settle()
    pipelines.cluster.calls.clear()
    store.requests.clear()
    pipelines.again(state)
    assert (pipelines.cluster.calls, store.requests) == ([], [])


def test_another_password_of_the_database_restarts_the_api_alone(pipelines):
    before = pipelines.settle()
    changed = {**pipelines.databags()["relational-db"], "password": "another"}
    relations = {
        dataclasses.replace(item, remote_app_data=changed) if item.endpoint == "relational-db" else item
        for item in before.relations
    }
    after = pipelines.again(pipelines.again(dataclasses.replace(before, relations=relations)))
    assert [name for name in PROGRAMS if pipelines.service(before, name) != pipelines.service(after, name)] == [
        "api-server"
    ]


def test_no_program_starts_where_kubernetes_allows_everybody_everything(pipelines):
    pipelines.cluster.authorises = False
    state = pipelines.settle()
    assert "run: microk8s enable rbac" in state.unit_status.message
    assert not [container.name for container in state.containers if container.plan.services]


@pytest.mark.parametrize(
    ("address", "socket"),
    [("::", {"address": "::", "ipv4_compat": True}), ("0.0.0.0", {"address": "0.0.0.0"})],
)
def test_the_gate_listens_at_addresses_of_both_kinds_and_takes_large_headers(pipelines, monkeypatch, address, socket):
    monkeypatch.setattr("kubeflow_charms.networking.network.anywhere", lambda: address)
    pipelines.settle()
    settings = json.loads(pipelines.file("api-gate", "/etc/api-gate/envoy.json"))
    for listener in settings["static_resources"]["listeners"]:
        found = listener["address"]["socket_address"]
        assert {key: value for key, value in found.items() if key != "port_value"} == socket
        (chain,) = listener["filter_chains"]
        assert chain["filters"][0]["typed_config"]["max_request_headers_kb"] == 60
