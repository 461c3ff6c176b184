import base64
import dataclasses
import importlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml
from kubeflow_charms.cluster import plural

sync_objects: Any = importlib.import_module("sync_objects")
sync_server: Any = importlib.import_module("sync_server")
LABELS = {"pipelines.kubeflow.org/enabled": "true", "app.kubernetes.io/part-of": "kubeflow-profile"}
Found = dict[tuple[str, str], dict[str, Any]]


def namespace(labels: Mapping[str, str] | None = LABELS) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ada", "labels": labels}}


@pytest.fixture
def ask(pipelines) -> Callable[..., Found]:
    """Return what asks the program, with the settings that the charm gives it."""

    def asked(labels: Mapping[str, str] | None = LABELS, **options: Any) -> Found:
        pipelines.configured(**options)
        settings = json.loads(pipelines.file("profile-sync", "/srv/profile-sync/settings.json"))
        return {
            (item["kind"], item["metadata"]["name"]): item for item in sync_objects.objects(namespace(labels), settings)
        }

    return asked


def test_a_profiles_namespace_gets_all_that_pipelines_need(ask):
    found = ask()
    assert set(found) == {(kind, name) for _, kind, name in sync_objects.NAMES}
    assert {item["metadata"]["namespace"] for item in found.values()} == {"ada"}


@pytest.mark.parametrize(
    "labels",
    [
        None,
        {},
        {"pipelines.kubeflow.org/enabled": "true"},
        {"app.kubernetes.io/part-of": "kubeflow-profile"},
        {**LABELS, "pipelines.kubeflow.org/enabled": "false"},
    ],
)
def test_no_other_namespace_gets_the_login_or_anything_else(ask, labels):
    assert ask(labels) == {}


def test_metacontroller_may_make_every_kind_and_no_other(pipelines):
    made = {(api_version, plural(kind)) for api_version, kind, _ in sync_objects.NAMES}
    assert made == set(sync_objects.ATTACHMENTS)
    role = yaml.safe_load((pipelines.deployment.charm_folder / "src/metacontroller-role.yaml.j2").read_text())
    writable = {
        ("/".join(filter(None, (group, "v1"))), resource)
        for rule in role["cluster"]
        if "delete" in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert writable == made


def test_steps_log_in_to_the_object_store_by_a_secret(ask):
    data = ask()["Secret", "mlpipeline-minio-artifact"]["data"]
    login = {"accesskey": "minio", "secretkey": "key-of-the-object-store"}
    assert login.items() <= {key: base64.b64decode(value).decode() for key, value in data.items()}.items()


def test_launchers_find_the_object_store_wherever_it_is(ask, store):
    data = ask()["ConfigMap", "kfp-launcher"]["data"]
    default = json.loads(data["providers"])["minio"]["default"]
    assert data["defaultPipelineRoot"] == "minio://mlpipeline/private-artifacts/ada/v2/artifacts"
    assert (default["endpoint"], default["disableSSL"], default["region"]) == (
        f"127.0.0.1:{store.port}",
        True,
        "us-east-1",
    )


def test_artefacts_go_where_the_option_says(ask):
    found = ask(default_pipeline_root="s3://team/{namespace}/runs/")
    assert found["ConfigMap", "kfp-launcher"]["data"]["defaultPipelineRoot"] == "s3://team/ada/runs"


def test_argo_and_the_pages_agree_where_logs_are(ask, pipelines):
    repository = json.loads(ask()["ConfigMap", "artifact-repositories"]["data"]["default-namespaced"])
    pages = pipelines.service(pipelines.settle(), "ui").environment
    assert repository["s3"]["keyFormat"] == pages["ARGO_KEYFORMAT"]
    assert repository["s3"]["bucket"] == pages["ARGO_ARCHIVE_BUCKETNAME"]


def test_logs_stay_in_pods_where_the_option_says_so(ask):
    found = ask(argo_archive_logs=False)
    assert json.loads(found["ConfigMap", "artifact-repositories"]["data"]["default-namespaced"])["archiveLogs"] is False


def test_steps_find_the_metadata(ask):
    assert ask()["ConfigMap", "metadata-grpc-configmap"]["data"] == {
        "METADATA_GRPC_SERVICE_HOST": "metadata-grpc-service.edge",
        "METADATA_GRPC_SERVICE_PORT": "8080",
    }


def test_servers_of_a_namespace_can_do_no_more_than_its_users(ask):
    for name in ("ml-pipeline-ui-artifact", "ml-pipeline-visualizationserver"):
        spec = ask()["Deployment", name]["spec"]["template"]["spec"]
        assert spec["serviceAccountName"] == "default-editor"
        assert spec["containers"][0]["securityContext"]["runAsNonRoot"] is True


def test_only_the_charms_pods_reach_the_servers_of_a_namespace(ask):
    (rule,) = ask()["NetworkPolicy", "ml-pipeline-ui-artifact"]["spec"]["ingress"]
    (peer,) = rule["from"]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "edge"}
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "pipelines"}


def test_the_login_is_in_no_pods_specification(ask):
    deployment = ask()["Deployment", "ml-pipeline-ui-artifact"]
    assert "key-of-the-object-store" not in json.dumps(deployment)


def test_images_come_from_a_registry_of_ones_own(ask):
    found = ask(custom_images="{frontend: registry.local/frontend:1}")
    images = {
        name: found["Deployment", name]["spec"]["template"]["spec"]["containers"][0]["image"]
        for name in ("ml-pipeline-ui-artifact", "ml-pipeline-visualizationserver")
    }
    assert images == {
        "ml-pipeline-ui-artifact": "registry.local/frontend:1",
        "ml-pipeline-visualizationserver": "ghcr.io/kubeflow/kfp-visualization-server:2.17.0",
    }


def test_a_small_node_does_without_visualisation_servers(ask):
    assert not [key for key in ask(visualization_servers=False) if key[1] == "ml-pipeline-visualizationserver"]


@pytest.fixture
def address(pipelines) -> Iterator[str]:
    """Yield where the program answers."""
    pipelines.settle()
    settings = json.loads(pipelines.file("profile-sync", "/srv/profile-sync/settings.json"))
    server = sync_server.server({**settings, "port": 0})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    host, port = server.server_address[:2]
    yield f"http://{host}:{port}"
    server.shutdown()
    server.server_close()
    thread.join()


def post(url: str, body: bytes) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, body, method="POST"), timeout=5) as answer:
        return json.load(answer)


def test_metacontrollers_question_is_answered_with_attachments(address):
    answer = post(f"{address}/sync", json.dumps({"object": namespace(), "attachments": {}}).encode())
    assert len(answer["attachments"]) == len(sync_objects.NAMES)


def test_the_program_answers_the_pod_alone(address):
    assert address.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(("path", "body", "code"), [("/sync", b"[]", 400), ("/sync", b"{", 400), ("/", b"{}", 404)])
def test_what_is_no_question_is_refused(address, path, body, code):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        post(f"{address}{path}", body)
    assert refusal.value.code == code
    refusal.value.close()


def test_removal_takes_what_was_made_in_users_namespaces(pipelines):
    state = pipelines.settle()
    pipelines.cluster.add("/api/v1/namespaces/ada", namespace())
    pipelines.cluster.add("/api/v1/namespaces/other", {**namespace({}), "metadata": {"name": "other", "labels": {}}})
    for folder in ("ada", "other"):
        made(pipelines, folder)
    remove(pipelines, state)
    left = [path for path in pipelines.cluster.objects if path.endswith(sync_objects.LOGIN)]
    assert left == [f"/api/v1/namespaces/other/secrets/{sync_objects.LOGIN}"]


def made(pipelines: Any, folder: str) -> None:
    """Put a login into a namespace as Metacontroller does, which marks what it makes."""
    mark = {"metacontroller.k8s.io/decorator-controller": "kubeflow-pipelines-profile-controller"}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": sync_objects.LOGIN, "annotations": mark},
    }
    pipelines.cluster.add(f"/api/v1/namespaces/{folder}/secrets/{sync_objects.LOGIN}", secret)


def remove(pipelines: Any, state: Any) -> None:
    gone = dataclasses.replace(state, planned_units=0)
    pipelines.deployment.run(pipelines.deployment.context.on.stop(), gone)


def test_removal_leaves_a_users_own_object_of_the_same_name(pipelines):
    state = pipelines.settle()
    pipelines.cluster.add("/api/v1/namespaces/ada", namespace())
    path = "/api/v1/namespaces/ada/configmaps/artifact-repositories"
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "artifact-repositories"}}
    pipelines.cluster.add(path, own)
    remove(pipelines, state)
    assert path in pipelines.cluster.objects


def test_removal_of_a_blocked_second_pipelines_leaves_what_the_first_one_made(pipelines):
    state = pipelines.settle()
    pipelines.cluster.add("/api/v1/namespaces/ada", namespace())
    made(pipelines, "ada")
    decorator = pipelines.cluster.find("DecoratorController", "kubeflow-pipelines-profile-controller")
    decorator["metadata"]["labels"] |= {"kubeflow-charms/model": "prod"}
    remove(pipelines, state)
    assert f"/api/v1/namespaces/ada/secrets/{sync_objects.LOGIN}" in pipelines.cluster.objects


def test_nothing_is_asked_for_that_kubernetes_drops(ask):
    for (kind, _), item in ask().items():
        if kind == "Deployment":
            (container,) = item["spec"]["template"]["spec"]["containers"]
            assert all(variable.get("value") != "" for variable in container["env"])
