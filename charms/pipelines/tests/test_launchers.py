import json
import re
from typing import Any

import pytest
from ops import testing

CONFIGURATION = "/etc/kubeflow-pipelines/config.json"


def configuration(pipelines: Any) -> Any:
    return json.loads(pipelines.file("api-server", CONFIGURATION))


def test_drivers_and_launchers_are_told_where_the_api_is_in_a_model_of_any_name(pipelines):
    pipelines.settle()
    found = configuration(pipelines)
    names = ("ML_PIPELINE_SERVICE_NAME", "POD_NAMESPACE", "CLUSTER_DOMAIN")
    assert [found[name] for name in names] == ["ml-pipeline", "edge", "cluster.local"]


def patch(pipelines: Any) -> Any:
    pipelines.settle()
    return json.loads(configuration(pipelines)["COMPILED_PIPELINE_SPEC_PATCH"])


def test_what_a_driver_and_a_launcher_last_say_reaches_argo(pipelines):
    (main,) = json.loads(patch(pipelines)["podSpecPatch"])["containers"]
    assert main == {"name": "main", "terminationMessagePolicy": "FallbackToLogsOnError"}


def test_steps_are_tried_again_for_longer_than_a_pod_takes_to_be_replaced(pipelines):
    strategy = patch(pipelines)["retryStrategy"]
    assert strategy["backoff"] == {"duration": "5s", "factor": 2, "cap": "1m"}
    waits = [min(5 * 2**number, 60) for number in range(strategy["limit"])]
    assert 300 < sum(waits) < 600


def test_steps_run_on_nodes_for_which_upstream_has_a_driver_and_a_launcher_unless_an_option_says_else(pipelines):
    assert patch(pipelines)["nodeSelector"] == {"kubernetes.io/arch": "amd64"}
    state = pipelines.settle(config={"step-architecture": "arm64"})
    assert json.loads(configuration(pipelines)["COMPILED_PIPELINE_SPEC_PATCH"])["nodeSelector"] == {
        "kubernetes.io/arch": "arm64"
    }
    pipelines.reconfigure(state, step_architecture="any")
    assert "nodeSelector" not in json.loads(configuration(pipelines)["COMPILED_PIPELINE_SPEC_PATCH"])


HEAD = "main: Error (exit code 1): "
DRIVER = (
    "F1129 12:01:02.345678      17 main.go:127] KFP driver: driver.Container(pipelineName=p, runID=r) failed: "
    "failed to list tasks: rpc error: code = Unavailable desc = name resolver error: produced zero addresses"
)
LAUNCHER = (
    "I1129 12:01:02.345678      17 launcher_v2.go:192] publish success.\n"
    "F1129 12:01:02.345678      17 main.go:59] failed to execute component: failed to create task: rpc error: "
    'code = Unavailable desc = connection error: desc = "transport: Error while dialing"\n'
    'time="2026-11-29T12:01:02.345Z" level=info msg="sub-process exited" argo=true error="<nil>"'
)


@pytest.mark.parametrize(
    ("said", "again"),
    [
        (DRIVER, True),
        (LAUNCHER, True),
        ("F1129 12:01:02.345678 17 main.go:59] failed to execute component: exit status 1", False),
        ("F1129 12:01:02.345678 17 main.go:59] failed: rpc error: code = PermissionDenied desc = no", False),
        ("grpc._channel._InactiveRpcError: code = Unavailable\nF1129 12:01:02.3 17 main.go:59] exit status 1", False),
        ("requests.exceptions.ConnectionError: connect: connection refused", False),
        ("", False),
    ],
)
def test_a_step_is_tried_again_for_this_failure_alone(said, again, pipelines):
    """Argo's operator `matches` is Go's regexp.MatchString, with which Python agrees on what this pattern uses."""
    expression = patch(pipelines)["retryStrategy"]["expression"]
    pattern = expression.removeprefix("lastRetry.message matches '").removesuffix("'")
    assert bool(re.search(pattern, f"{HEAD}{said}")) == again


def test_the_api_starts_before_its_service_has_an_address(pipelines):
    pipelines.cluster.react = lambda item: None
    assert isinstance(pipelines.settle().unit_status, testing.ActiveStatus)


def test_a_store_without_regions_gets_one_as_the_api_refuses_to_sign_without(pipelines):
    pipelines.settle()
    assert configuration(pipelines)["ObjectStoreConfig"]["Region"] == "us-east-1"


def test_pipelines_may_be_fetched_from_hosts_of_the_site_as_well(pipelines):
    pipelines.settle(config={"pipeline-url-domains": "git.example.com, *.example.org"})
    assert configuration(pipelines)["PIPELINE_URL_ALLOWED_DOMAINS"] == "git.example.com,*.example.org"
