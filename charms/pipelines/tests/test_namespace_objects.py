"""What pipelines want in users' namespaces, as kubeflow-profiles is told and as it places it."""

import hashlib
import hmac
import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from ops import testing

namespace_objects: Any = importlib.import_module("namespace_objects")
SECRET = "mlpipeline-minio-artifact"
Found = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
def ask(pipelines) -> Callable[..., Found]:
    """Return what tells the objects that the charm sends, by kind and name."""

    def asked(**options: Any) -> Found:
        _, content = pipelines.placed(pipelines.configured(**options))
        return {(item["kind"], item["metadata"]["name"]): item for item in json.loads(content["manifests"])}

    return asked


def test_kubeflow_profiles_gets_all_that_pipelines_need_in_a_secret(ask):
    servers = ("ml-pipeline-ui-artifact", "ml-pipeline-visualizationserver")
    maps = ("kfp-launcher", "artifact-repositories", "metadata-grpc-configmap", "ml-pipeline-ui-artifact")
    assert set(ask()) == {
        ("PodDefault", "access-ml-pipeline"),
        ("Secret", SECRET),
        *(("ConfigMap", name) for name in maps),
        *((kind, name) for kind in ("Deployment", "Service", "NetworkPolicy") for name in servers),
    }


def test_only_profiles_that_want_pipelines_get_it_and_what_metacontroller_made_is_taken_over(pipelines):
    databag, _ = pipelines.placed(pipelines.settle())
    assert json.loads(databag["namespace_selector"]) == {"pipelines.kubeflow.org/enabled": "true"}
    assert json.loads(databag["takes_over"]) == {
        "metacontroller.k8s.io/decorator-controller": "kubeflow-pipelines-profile-controller"
    }


def test_the_login_and_the_proofs_are_in_the_secret_alone(pipelines):
    state = pipelines.settle()
    databag, content = pipelines.placed(state)
    assert "key-of-the-object-store" in content["manifests"]
    shown = [databag, pipelines.cluster.objects, state.unit_status]
    assert not any(word in str(shown) for word in ("key-of-the-object-store", json.loads(content["keys"])["proofs"]))


def test_the_proof_of_a_namespace_is_what_the_gate_sends(pipelines):
    _, content = pipelines.placed(pipelines.settle())
    (secret,) = [item for item in json.loads(content["manifests"]) if item["kind"] == "Secret"]
    assert secret["stringData"]["artefact-proof"] == "{{ DIGEST proofs }}"
    key = json.loads(content["keys"])["proofs"]
    made = importlib.import_module("artefact_proof").proof(key, "ada")
    assert made == hmac.new(key.encode(), b"ada", hashlib.sha256).hexdigest()
    assert key == json.loads(pipelines.file("authorizer", "/srv/authorizer/settings.json"))["key"]


def test_steps_log_in_to_the_object_store_by_a_secret(ask):
    data = ask()["Secret", SECRET]["stringData"]
    assert {"accesskey": "minio", "secretkey": "key-of-the-object-store"}.items() <= data.items()


@pytest.fixture
def separate(pipelines) -> dict[str, Any]:
    """Return what relates a store that has a login for each profile."""
    seed = testing.Secret({"seed": "of-all-profiles"})
    databag = pipelines.databags()["object-storage"]
    data = {**json.loads(databag["data"]), "profile-logins": seed.id}
    return {"databags": {"object-storage": {**databag, "data": json.dumps(data)}}, "secrets": [seed]}


def test_where_the_store_has_a_login_for_each_profile_steps_use_their_own(pipelines, separate):
    state = pipelines.settle(**separate)
    assert state.unit_status == testing.ActiveStatus("https://kubeflow.example.com/pipeline/")
    _, content = pipelines.placed(state)
    (secret,) = [item for item in json.loads(content["manifests"]) if item["kind"] == "Secret"]
    assert secret["stringData"]["accesskey"] == "{{ ACCESS_KEY store }}"
    assert secret["stringData"]["secretkey"] == "{{ SECRET_KEY store }}"
    assert json.loads(content["keys"])["store"] == "of-all-profiles"
    assert "key-of-the-object-store" not in content["manifests"]


def test_artefacts_elsewhere_than_in_upstreams_folders_need_the_shared_login(pipelines, separate):
    _, content = pipelines.placed(
        pipelines.settle(**separate, config={"default-pipeline-root": "s3://team/{namespace}"})
    )
    assert "key-of-the-object-store" in content["manifests"]
    assert "store" not in json.loads(content["keys"])


def test_servers_start_anew_with_another_login(pipelines, separate):
    def key(**changes: Any) -> str:
        _, content = pipelines.placed(pipelines.settle(**changes))
        (server, _) = [item for item in json.loads(content["manifests"]) if item["kind"] == "Deployment"]
        annotations = server["spec"]["template"]["metadata"]["annotations"]
        assert annotations["kubeflow-charms/login"] == "{{ DIGEST login }}"
        return json.loads(content["keys"])["login"]

    assert key() != key(**separate)


def test_without_the_way_to_profiles_the_command_is_told(pipelines):
    message = pipelines.settle(databags={"pod-defaults": None}).unit_status.message
    assert "run: juju integrate pipelines:pod-defaults kubeflow-profiles:pod-defaults" in message


def test_launchers_find_the_object_store_wherever_it_is(ask, store):
    data = ask()["ConfigMap", "kfp-launcher"]["data"]
    default = json.loads(data["providers"])["minio"]["default"]
    assert data["defaultPipelineRoot"] == "minio://mlpipeline/private-artifacts/{{ NAMESPACE }}/v2/artifacts"
    assert (default["endpoint"], default["disableSSL"], default["region"]) == (
        f"127.0.0.1:{store.port}",
        True,
        "us-east-1",
    )


def test_artefacts_go_where_the_option_says(ask):
    found = ask(default_pipeline_root="s3://team/{namespace}/runs/")
    assert found["ConfigMap", "kfp-launcher"]["data"]["defaultPipelineRoot"] == "s3://team/{{ NAMESPACE }}/runs"


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
    found = ask(custom_images="{frontend: registry.local/frontend:1}", image_registry="registry.site/mirror")
    images = {
        name: found["Deployment", name]["spec"]["template"]["spec"]["containers"][0]["image"]
        for name in ("ml-pipeline-ui-artifact", "ml-pipeline-visualizationserver")
    }
    assert images == {
        "ml-pipeline-ui-artifact": "registry.local/frontend:1",
        "ml-pipeline-visualizationserver": "registry.site/mirror/kubeflow/kfp-visualization-server:2.17.0",
    }


def test_a_small_node_does_without_visualisation_servers(ask):
    assert not [key for key in ask(visualization_servers=False) if key[1] == "ml-pipeline-visualizationserver"]


def test_nothing_is_asked_for_that_kubernetes_drops(ask):
    for (kind, _), item in ask().items():
        if kind == "Deployment":
            (container,) = item["spec"]["template"]["spec"]["containers"]
            assert all(variable.get("value") != "" for variable in container["env"])
