import importlib
from typing import Any

from kubeflow_charms.storage.object_store import Store

published_services: Any = importlib.import_module("published_services")


def ports(pipelines: Any, name: str) -> dict[int, int]:
    """Return the port of the pod for each port of a Service."""
    spec = pipelines.cluster.find("Service", name)["spec"]
    assert spec["selector"] == {"app.kubernetes.io/name": "pipelines"}
    return {port["port"]: port["targetPort"] for port in spec["ports"]}


def test_the_api_is_found_by_its_name_and_behind_the_gate(pipelines):
    pipelines.settle()
    assert ports(pipelines, "ml-pipeline") == {8888: 8898, 8887: 8897}
    assert ports(pipelines, "ml-pipeline-ui") == {80: 8898}


def test_the_metadata_are_found_by_their_names(pipelines):
    pipelines.settle()
    assert ports(pipelines, "metadata-grpc-service") == {8080: 8090}
    assert ports(pipelines, "metadata-envoy-service") == {9090: 9090}


def test_nothing_draws_visualisations_in_the_pod_of_the_api(pipelines):
    pipelines.settle()
    assert "Service ml-pipeline-visualizationserver" not in pipelines.cluster.kinds()


def test_the_service_of_the_api_has_the_name_and_ports_of_the_options(pipelines):
    pipelines.configured(k8s_service_name="kfp", http_port=8000, grpc_port=8001)
    assert ports(pipelines, "kfp") == {8000: 8898, 8001: 8897, 8887: 8897}


def test_an_object_store_of_the_cluster_is_found_by_its_old_name_at_its_old_port_alone():
    def found(host: str, port: int) -> list[Any]:
        return list(published_services.store(Store(host=host, port=port, secure=False, access_key="a", secret_key="b")))

    assert [part.context for part in found("minio.edge.svc", 9000)] == [
        {"host": "minio.edge.svc", "domain": "cluster.local"}
    ]
    assert found("minio.edge.svc", 9001) == []
    assert found("s3.example.com", 9000) == []


def test_users_roles_are_gathered_by_those_of_profiles(pipelines):
    pipelines.settle()
    role = pipelines.cluster.find("ClusterRole", "aggregate-to-kubeflow-pipelines-edit")
    edit = pipelines.cluster.find("ClusterRole", "kubeflow-pipelines-edit")
    assert edit["metadata"]["labels"]["rbac.authorization.kubeflow.org/aggregate-to-kubeflow-edit"] == "true"
    wanted = edit["aggregationRule"]["clusterRoleSelectors"][0]["matchLabels"]
    assert wanted.items() <= role["metadata"]["labels"].items()


def test_a_program_that_fails_takes_no_other_off_the_network(pipelines):
    pipelines.settle()
    for name in ("ml-pipeline", "metadata-grpc-service"):
        assert pipelines.cluster.find("Service", name)["spec"]["publishNotReadyAddresses"] is True
