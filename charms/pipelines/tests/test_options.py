import importlib
import json
import pathlib
from typing import Any

import pytest
import yaml

pipelines_options: Any = importlib.import_module("pipelines_options")
CONFIGURATION = "/etc/kubeflow-pipelines/config.json"


def api(pipelines: Any, **options: Any) -> dict[str, Any]:
    """Return the API's configuration with these options."""
    pipelines.configured(**options)
    return json.loads(pipelines.file("api-server", CONFIGURATION))


@pytest.mark.parametrize(
    ("option", "value", "key", "written"),
    [
        ("cache_enabled", False, "CacheEnabled", "false"),
        ("auto_update_default_version", False, "AUTO_UPDATE_PIPELINE_DEFAULT_VERSION", "false"),
        ("runner_sa", "runner", "DEFAULTPIPELINERUNNERSERVICEACCOUNT", "runner"),
        ("init_connection_timeout", "90s", "InitConnectionTimeout", "90s"),
        ("log_archive_filename", "step.log", "ARCHIVE_CONFIG_LOG_FILE_NAME", "step.log"),
        ("log_archive_prefix", "/logs/old", "ARCHIVE_CONFIG_LOG_PATH_PREFIX", "/logs/old"),
        ("timezone", "Europe/Vienna", "CRON_SCHEDULE_TIMEZONE", "Europe/Vienna"),
        ("k8s_service_name", "kfp", "ML_PIPELINE_SERVICE_NAME", "kfp"),
    ],
)
def test_an_option_reaches_the_api(pipelines, option, value, key, written):
    assert api(pipelines, **{option: value})[key] == written


def test_the_bucket_is_the_options(pipelines):
    found = api(pipelines, object_store_bucket_name="artefacts")
    assert found["ObjectStoreConfig"]["BucketName"] == "artefacts"


def test_driver_and_launcher_come_from_a_registry_of_ones_own(pipelines):
    state = pipelines.configured(driver_image="registry.local:5000/driver:2", launcher_image="registry.local/launcher")
    found = pipelines.service(state, "api-server").environment
    assert (found["V2_DRIVER_IMAGE"], found["V2_LAUNCHER_IMAGE"]) == (
        "registry.local:5000/driver:2",
        "registry.local/launcher",
    )


def test_a_registry_of_ones_own_has_what_came_from_a_public_one(pipelines):
    state = pipelines.configured(image_registry="registry.site:5000", launcher_image="registry.local/launcher:1")
    found = pipelines.service(state, "api-server").environment
    assert found["V2_DRIVER_IMAGE"] == "registry.site:5000/kubeflow/kfp-driver:2.17.0"
    assert found["V2_LAUNCHER_IMAGE"] == "registry.local/launcher:1"


def test_without_options_they_are_upstreams(pipelines):
    found = pipelines.service(pipelines.settle(), "api-server").environment
    assert found["V2_DRIVER_IMAGE"] == "ghcr.io/kubeflow/kfp-driver:2.17.0"
    assert found["V2_LAUNCHER_IMAGE"] == "ghcr.io/kubeflow/kfp-launcher:2.17.0"


def test_every_image_that_is_handed_out_is_listed_for_mirrors():
    listed = yaml.safe_load((pathlib.Path(__file__).parent.parent / "images.yaml").read_text())
    assert listed == {
        "driver-image": pipelines_options.DRIVER_IMAGE,
        "launcher-image": pipelines_options.LAUNCHER_IMAGE,
        "custom-images": pipelines_options.IMAGES,
    }


def test_steps_run_as_the_user_of_the_option(pipelines):
    state = pipelines.configured(pipeline_run_as_user=1000)
    found = pipelines.service(state, "api-server").environment
    assert found["PIPELINE_RUN_AS_USER"] == found["DEFAULT_SECURITY_CONTEXT_RUN_AS_USER"] == "1000"


def test_by_default_as_the_user_of_their_image(pipelines):
    found = pipelines.service(pipelines.settle(), "api-server").environment
    assert not [name for name in found if name.endswith("RUN_AS_USER")]


@pytest.mark.parametrize(
    ("option", "value", "variable", "written"),
    [
        ("hide_sidenav", False, "HIDE_SIDENAV", "false"),
        ("disable_gke_metadata", False, "DISABLE_GKE_METADATA", "false"),
        ("allow_custom_visualizations", False, "ALLOW_CUSTOM_VISUALIZATIONS", "false"),
        ("argo_archive_logs", False, "ARGO_ARCHIVE_LOGS", "false"),
    ],
)
def test_an_option_reaches_the_pages(pipelines, option, value, variable, written):
    state = pipelines.configured(**{option: value})
    assert pipelines.service(state, "ui").environment[variable] == written


@pytest.mark.parametrize(
    ("option", "value", "program", "argument"),
    [
        ("max_num_viewers", 3, "viewer-controller", "-max_num_viewers=3"),
        ("workflow_ttl_seconds", 3600, "persistence-agent", "--ttlSecondsAfterWorkflowFinish=3600"),
        ("workflow_ttl", 3600, "persistence-agent", "--ttlSecondsAfterWorkflowFinish=3600"),
        ("log_level", "debug", "persistence-agent", "--logLevel=debug"),
        ("log_level", "debug", "scheduled-workflow", "--logLevel=debug"),
        ("log_level", "debug", "api-server", "--logLevel=debug"),
    ],
)
def test_an_option_reaches_a_controller(pipelines, option, value, program, argument):
    state = pipelines.configured(**{option: value})
    assert argument in pipelines.service(state, program).command.split()


def test_recurring_runs_have_the_time_zone_of_the_option(pipelines):
    state = pipelines.configured(timezone="Europe/Vienna")
    assert pipelines.service(state, "scheduled-workflow").environment["CRON_SCHEDULE_TIMEZONE"] == "Europe/Vienna"


def test_memory_limits_are_each_programs_own(pipelines):
    pipelines.configured(memory="api-server=1Gi,ui=256Mi")
    containers = pipelines.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limits = {item["name"]: item["resources"]["limits"]["memory"] for item in containers if "resources" in item}
    assert limits == {"api-server": "1Gi", "ui": "256Mi"}


def test_another_option_restarts_only_what_it_is_for(pipelines):
    before = pipelines.settle()
    after = pipelines.reconfigure(before, max_num_viewers=3)
    changed = [
        name for name in pipelines_options.PROGRAMS if pipelines.service(before, name) != pipelines.service(after, name)
    ]
    assert changed == ["viewer-controller"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("k8s_service_name", "ML_Pipeline", "option k8s-service-name: it is no name"),
        ("http_port", 80, "option http-port: 80 is no usable port"),
        ("http_port", 8887, "option http-port: 8887 is gRPC's, expected another such as 8888"),
        ("grpc_port", 0, "option grpc-port: 0 is no usable port"),
        ("object_store_bucket_name", "My Bucket", "option object-store-bucket-name: it is no bucket's name"),
        ("default_pipeline_root", "mlpipeline/v2", "option default-pipeline-root: it is no root"),
        ("default_pipeline_root", "s3://bucket/{user}", "expected no others than {namespace}"),
        ("runner_sa", "", "option runner-sa: '' is no name"),
        ("driver_image", "no image", "option driver-image: it is no image, expected for example"),
        ("launcher_image", "no image", "option launcher-image: it is no image, expected for example"),
        ("custom_images", "{pages: x}", "option custom-images: expected a map of frontend or visualization"),
        ("custom_images", "{", "option custom-images: it is no mapping in YAML or JSON, expected"),
        ("pipeline_run_as_user", 0, "option pipeline-run-as-user: 0 is too small, expected at least 1, or -1"),
        ("timezone", "Vienna time", "option timezone: it is no time zone, expected for example UTC"),
        ("workflow_ttl_seconds", 0, "option workflow-ttl-seconds: 0 is too small, expected at least 1"),
        ("log_archive_filename", "a/b", "option log-archive-filename: it is no file name"),
        ("log_archive_prefix", "artifacts", "option log-archive-prefix: it is no path"),
        ("max_num_viewers", 0, "option max-num-viewers: 0 is too small, expected at least 1"),
        ("init_connection_timeout", "soon", "option init-connection-timeout: it is no duration"),
        ("log_level", "loud", "option log-level: it is unknown, expected one of debug, info, warning, error"),
        ("memory", "api=1Gi", "option memory: there is no program it, expected some of api-server, api-gate"),
        ("memory", "ui=much", "option memory: it is no quantity"),
    ],
)
def test_a_bad_option_blocks_naming_it_and_what_is_expected(pipelines, option, value, message):
    assert message in pipelines.blocked(**{option: value})


def test_a_bad_option_leaves_what_runs(pipelines):
    before = pipelines.settle()
    after = pipelines.reconfigure(before, log_level="loud")
    assert pipelines.service(after, "api-server") == pipelines.service(before, "api-server")
