import json
from typing import Any

from ops import testing

CONFIGURATION = "/etc/kubeflow-pipelines/config.json"


def configuration(pipelines: Any) -> Any:
    return json.loads(pipelines.file("api-server", CONFIGURATION))


def test_drivers_and_launchers_are_told_where_the_api_is_in_a_model_of_any_name(pipelines):
    pipelines.settle()
    found = configuration(pipelines)
    names = ("ML_PIPELINE_SERVICE_NAME", "POD_NAMESPACE", "CLUSTER_DOMAIN")
    assert [found[name] for name in names] == ["ml-pipeline", "edge", "cluster.local"]


def test_workflows_are_what_the_api_makes_them(pipelines):
    pipelines.settle()
    assert configuration(pipelines)["COMPILED_PIPELINE_SPEC_PATCH"] == "{}"


def test_the_api_starts_before_its_service_has_an_address(pipelines):
    pipelines.cluster.react = lambda item: None
    assert isinstance(pipelines.settle().unit_status, testing.ActiveStatus)


def test_a_store_without_regions_gets_one_as_the_api_refuses_to_sign_without(pipelines):
    pipelines.settle()
    assert configuration(pipelines)["ObjectStoreConfig"]["Region"] == "us-east-1"


def test_pipelines_may_be_fetched_from_hosts_of_the_site_as_well(pipelines):
    pipelines.settle(config={"pipeline-url-domains": "git.example.com, *.example.org"})
    assert configuration(pipelines)["PIPELINE_URL_ALLOWED_DOMAINS"] == "git.example.com,*.example.org"
