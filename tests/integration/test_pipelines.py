"""What the programs of pipelines were given serves: logins, bucket, tokens, roles, Services and users' objects.

Where a program is a stand-in, the tests do with what it was given what the program would do.
"""

import base64
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.s3_requests import send
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import Object, kubectl, look_up
from support.workspace import PROFILE, Workspace, workspace

POD = "pipelines-0"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"
RIGHTS = {
    "api-server": {
        ("create", "workflows.argoproj.io"),
        ("create", "scheduledworkflows.kubeflow.org"),
        ("delete", "pods"),
        ("create", "subjectaccessreviews.authorization.k8s.io"),
        ("create", "tokenreviews.authentication.k8s.io"),
    },
    "persistence-agent": {("list", "workflows.argoproj.io"), ("list", "scheduledworkflows.kubeflow.org")},
    "scheduled-workflow": {("create", "workflows.argoproj.io"), ("update", "scheduledworkflows.kubeflow.org")},
    "viewer-controller": {("create", "deployments.apps"), ("create", "services"), ("list", "viewers.kubeflow.org")},
    "ui": {("get", "pods"), ("create", "viewers.kubeflow.org")},
    "authorizer": {
        ("create", "subjectaccessreviews.authorization.k8s.io"),
        ("create", "tokenreviews.authentication.k8s.io"),
    },
    "metadata-writer": {("patch", "pods"), ("list", "workflows.argoproj.io")},
}
"""Something of what each program does; upstream's manifests, release 2.17, grant it."""
FORBIDDEN = {("create", "clusterrolebindings"), ("*", "*")}
ASKED = sorted({right for rights in RIGHTS.values() for right in rights} | FORBIDDEN)


def read(container: str, path: str) -> str:
    """Return a file as the program of a container sees it."""
    return kubectl("exec", POD, "-n", MODEL, "-c", container, "--", "cat", path)


@pytest.fixture(scope="module")
def configuration(kubeflow: Kubeflow) -> Object:
    """What the API was given."""
    return json.loads(read("api-server", "/etc/kubeflow-pipelines/config.json"))


@pytest.fixture(scope="module")
def ada(kubeflow: Kubeflow) -> Iterator[Workspace]:
    with workspace("ada-pipes", PROFILE) as made:
        made.await_pipelines()
        yield made


def sql(host: str, user: str, password: str, statement: str) -> str:
    """Run SQL as the client that was given this login, and return what it prints, errors too."""
    script = 'MYSQL_PWD="$4" mysql --batch --skip-column-names -h "$1" -u "$2" -e "$3" 2>&1 || true'
    arguments = ("sh", "-c", script, "sh", host, user, statement, password)
    return kubectl("exec", "mysql-0", "-n", MODEL, "-c", "mysql", "--", *arguments)


def metadata_login() -> dict[str, str]:
    text = read("metadata-store", "/etc/metadata-store/server.pbtxt")
    return {name: json.loads(value) for name, value in re.findall(r'(\w+): (".*")', text)}


def test_the_api_makes_its_schema_with_the_login_that_it_was_given(configuration: Object):
    given = configuration["DBConfig"]["MySQLConfig"]
    login = (given["Host"], given["User"], given["Password"])
    assert "database exists" in sql(*login, f"CREATE DATABASE {given['DBName']}")
    table = f"{given['DBName']}.tries"
    made = sql(*login, f"CREATE TABLE {table} (id INT PRIMARY KEY, word LONGTEXT); INSERT INTO {table} VALUES (1, 'a')")
    assert made == ""
    assert sql(*login, f"SELECT word FROM {table}; DROP TABLE {table}") == "a\n"


def test_api_and_metadata_have_nothing_to_do_with_each_others_database(configuration: Object):
    api, metadata = configuration["DBConfig"]["MySQLConfig"], metadata_login()
    assert (api["DBName"], metadata["database"]) == ("mlpipeline", "metadb")
    assert "denied" in sql(api["Host"], api["User"], api["Password"], "USE metadb")
    login = (metadata["host"], metadata["user"], metadata["password"])
    assert "denied" in sql(*login, "USE mlpipeline")
    assert sql(*login, "CREATE TABLE metadb.tries (id INT); DROP TABLE metadb.tries") == ""


def test_the_bucket_is_there_and_keeps_what_the_api_puts_in(configuration: Object):
    given = configuration["ObjectStoreConfig"]
    name, _, rest = given["Host"].partition(".")
    store = Store(
        host=look_up("service", name, "-n", rest.partition(".")[0])["spec"]["clusterIP"],
        port=int(given["Port"]),
        secure=given["Secure"] == "true",
        access_key=given["AccessKey"],
        secret_key=given["SecretAccessKey"],
        region=given["Region"],
    )
    path = f"/{given['BucketName']}/{given['PipelinePath']}/try"
    assert send(store, "PUT", path, b"kind: Pipeline")[0] == 200
    assert send(store, "GET", path) == (200, b"kind: Pipeline")
    assert send(store, "DELETE", path)[0] == 204


@pytest.mark.parametrize("program", sorted(RIGHTS))
def test_a_program_may_do_what_upstreams_may_and_nothing_of_the_others(kubeflow: Kubeflow, program: str):
    token = read(program, TOKEN)
    allowed = {
        right
        for right in ASKED
        if kubectl_says("auth", "can-i", *right, "--all-namespaces", "--token", token).startswith("yes")
    }
    assert RIGHTS[program] <= allowed
    assert not allowed & FORBIDDEN


def test_the_persistence_agent_lists_workflows_with_its_token_and_reads_no_secret(kubeflow: Kubeflow):
    token = read("persistence-agent", TOKEN)
    assert "items" in json.loads(kubectl("get", "workflows", "-A", "-o", "json", "--token", token))
    assert "forbidden" in kubectl_says("get", "secrets", "-A", "--token", token)


@pytest.mark.parametrize(
    ("program", "path"),
    [
        ("persistence-agent", "/var/run/secrets/kubeflow/tokens/persistenceagent-sa-token"),
        ("scheduled-workflow", "/var/run/secrets/kubeflow/tokens/scheduledworkflow-sa-token"),
    ],
)
def test_a_token_for_the_api_is_for_nobody_else_and_expires(kubeflow: Kubeflow, program: str, path: str):
    token = read(program, path)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["aud"], claims["exp"] - claims["iat"]) == (["pipelines.kubeflow.org"], 48 * 3600)
    refusal = kubectl_says("get", "workflows", "-A", "--token", token)
    assert "Unauthorized" in refusal or "logged in" in refusal
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token, "audiences": ["pipelines.kubeflow.org"]},
    }
    found = json.loads(kubectl("create", "-f", "-", "-o", "json", given=json.dumps(review)))["status"]
    assert found["user"]["username"] == f"system:serviceaccount:{MODEL}:pipelines-{program}"


@pytest.mark.parametrize(
    ("service", "port"),
    [
        ("ml-pipeline", 8888),
        ("ml-pipeline", 8887),
        ("ml-pipeline-ui", 80),
        ("metadata-grpc-service", 8080),
        ("metadata-envoy-service", 9090),
    ],
)
def test_what_others_look_for_by_name_is_there(kubeflow: Kubeflow, service: str, port: int):
    spec = look_up("service", service, "-n", MODEL)["spec"]
    assert port in [item["port"] for item in spec["ports"]]
    # Some speak gRPC alone, and stand-ins do not: that somebody listens is what all have in common.
    socket.create_connection((spec["clusterIP"], port), timeout=10).close()


def test_nobody_but_the_gateway_says_who_the_user_is(kubeflow: Kubeflow):
    for name, port, path in (("ml-pipeline", 8888, "/apis/"), ("ml-pipeline-ui", 80, "/pipeline/apis/")):
        address = look_up("service", name, "-n", MODEL)["spec"]["clusterIP"]
        url = f"http://{address}:{port}{path}v2beta1/healthz"
        assert httpx2.get(url, timeout=10).status_code == 200
        forged = httpx2.get(url, headers={"kubeflow-userid": "eve@example.com"}, timeout=10)
        assert (forged.status_code, "comes through the gateway only" in forged.text) == (403, True)


def test_the_pages_are_found_at_the_gateway_by_who_has_logged_in(kubeflow: Kubeflow):
    with kubeflow.session() as browser:
        assert browser.open("/pipeline/").status_code == 200


def test_a_profiles_namespace_gets_what_pipelines_need_and_its_servers_run(kubeflow: Kubeflow, ada: Workspace):
    servers = ("ml-pipeline-ui-artifact", "ml-pipeline-visualizationserver")

    def ready() -> bool:
        return all(ada.get("deployment", name)["status"].get("readyReplicas") == 1 for name in servers)

    eventually(ready)
    secret: Any = ada.get("secret", "mlpipeline-minio-artifact")
    assert set(secret["data"]) == {"accesskey", "secretkey", "artefact-proof"}


def test_a_namespace_that_is_no_profile_gets_nothing(kubeflow: Kubeflow, ada: Workspace):
    with workspace("eve-pipes", {"pipelines.kubeflow.org/enabled": "true"}):
        kubectl("delete", "configmap", "kfp-launcher", "-n", ada.name)
        eventually(lambda: ada.get("configmap", "kfp-launcher"))
        assert kubectl("get", "secrets,configmaps,deployments", "-n", "eve-pipes", "-o", "name").split() == [
            "configmap/kube-root-ca.crt"
        ]


def kubectl_says(*arguments: str) -> str:
    """Return what kubectl says, whether it succeeds or not."""
    try:
        return kubectl(*arguments)
    except AssertionError as error:
        return str(error).partition(": ")[2]
