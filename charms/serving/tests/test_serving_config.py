import pathlib
from typing import Any

import pytest
import yaml
from ops import testing

ROOT = pathlib.Path(__file__).parent.parent
KNATIVE = {"gateway_name": "mesh", "gateway_namespace": "edge"}


def test_the_list_of_images_is_the_one_that_the_charm_hands_out(serving):
    listed = yaml.safe_load((ROOT / "images.yaml").read_text())["custom-images"]
    serving.settle()
    handed_out = {
        container["image"]
        for item in serving.cluster.objects.values()
        if item["kind"] == "ClusterServingRuntime"
        for container in item["spec"]["containers"]
    }
    sections = ("agent", "batcher", "logger", "router", "storageInitializer")
    art = serving.section("explainers")["art"]
    handed_out |= {serving.section(name)["image"] for name in sections}
    handed_out.add(f"{art['image']}:{art['defaultImageVersion']}")
    assert handed_out == set(listed.values())


def test_a_registry_takes_the_place_of_the_public_ones_but_not_of_what_is_named(serving):
    serving.configured(
        image_registry="registry.site:5000/mirror",
        custom_images="{serving_runtimes__kserve_mlserver: 'elsewhere.site/mlserver:2'}",
    )
    triton = serving.runtime("kserve-tritonserver")["containers"][0]["image"]
    assert triton == "registry.site:5000/mirror/nvidia/tritonserver:23.05-py3"
    assert serving.runtime("kserve-mlserver")["containers"][0]["image"] == "elsewhere.site/mlserver:2"
    assert serving.section("router")["image"] == "registry.site:5000/mirror/kserve/router:v0.15.2"


def test_no_model_server_is_root(serving):
    serving.settle()
    runtimes = [item for item in serving.cluster.objects.values() if item["kind"] == "ClusterServingRuntime"]
    assert runtimes
    for item in runtimes:
        context = item["spec"]["containers"][0]["securityContext"]
        assert (context["runAsNonRoot"], context["allowPrivilegeEscalation"]) == (True, False)
        assert context["capabilities"] == {"drop": ["ALL"]}


def test_pytorch_is_served_by_triton(serving):
    serving.settle()
    formats = serving.runtime("kserve-tritonserver")["supportedModelFormats"]
    assert {"name": "pytorch", "version": "1", "autoSelect": True, "priority": 1} in formats


def test_a_runtime_that_is_disabled_is_not_chosen_and_others_are(serving):
    serving.configured(runtimes_disabled="kserve-sklearnserver")
    assert serving.runtime("kserve-sklearnserver")["disabled"] is True
    assert serving.runtime("kserve-mlserver")["disabled"] is False


@pytest.mark.parametrize(
    ("said", "related", "mode"),
    [
        ("auto", False, "RawDeployment"),
        ("auto", True, "Serverless"),
        ("Standard", True, "RawDeployment"),
        ("Knative", False, "Serverless"),
        ("serverless", True, "Serverless"),
    ],
)
def test_a_model_that_says_nothing_runs_as_the_operator_says_or_else_by_knative_where_that_is_related(
    serving, said: str, related: bool, mode: str
):
    serving.settle(config={"deployment-mode": said}, databags={"local-gateway": KNATIVE if related else None})
    assert serving.section("deploy") == {"defaultDeploymentMode": mode}
    policy = serving.cluster.find("ValidatingAdmissionPolicy", "serving-canary-edge")["spec"]
    assert f'"{mode}"))' in policy["validations"][0]["expression"]


def test_knatives_configuration_is_looked_for_where_knative_says_that_it_is(serving):
    def place(**databags: Any) -> str:
        program = serving.program(serving.settle(databags=databags), "kserve-controller")
        return program.environment["KNATIVE_CONFIG_AUTOSCALER_NAMESPACE"]

    assert place() == "edge"
    assert place(**{"local-gateway": {**KNATIVE, "gateway_namespace": "knative-serving"}}) == "knative-serving"


def test_kserve_starts_anew_when_knative_comes_so_that_it_watches_its_services(serving):
    started = [
        serving.program(
            serving.settle(config={"deployment-mode": "Standard"}, databags={"local-gateway": databag}),
            "kserve-controller",
        ).summary
        for databag in (None, KNATIVE)
    ]
    assert started[0] != started[1]


def test_what_models_ask_for_and_may_use_is_the_operators(serving):
    serving.configured(model_requests="cpu=100m", model_limits="cpu=2,memory=4Gi")
    resources = serving.runtime("kserve-mlserver")["containers"][0]["resources"]
    assert resources == {"requests": {"cpu": "100m"}, "limits": {"cpu": "2", "memory": "4Gi"}}
    told = serving.section("inferenceService")["resource"]
    assert told == {"cpuRequest": "100m", "memoryRequest": "", "cpuLimit": "2", "memoryLimit": "4Gi"}


def test_what_fetches_models_goes_through_the_models_proxy(serving, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy.site:3128")
    serving.settle()
    container = serving.cluster.find("ClusterStorageContainer", "default")["spec"]["container"]
    assert {"name": "HTTPS_PROXY", "value": "http://proxy.site:3128"} in container["env"]


def test_what_fetches_models_has_the_operators_limits(serving):
    serving.configured(storage_initializer_limits="cpu=2,memory=8Gi")
    container = serving.cluster.find("ClusterStorageContainer", "default")["spec"]["container"]
    assert container["resources"]["limits"] == {"cpu": "2", "memory": "8Gi"}
    assert serving.section("storageInitializer")["memoryLimit"] == "8Gi"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("custom-images", "{serving_runtimes__none: a/b:1}", "expected some of configmap__agent"),
        ("image-registry", "http://registry", "image-registry"),
        ("runtimes-disabled", "kserve-none", "expected some of kserve-huggingfaceserver"),
        ("model-requests", "gpu=1", "expected some of cpu, memory"),
        ("model-limits", "cpu=", "expected for example cpu=1"),
        ("storage-initializer-limits", "cpu=1", "does not say how much memory"),
        ("gpu-resources", "gpu", "expected for example nvidia.com/mig-1g.5gb"),
        ("memory", "nobody=1Gi", "memory"),
        ("domain", "*.example.com", "expected for example models.example.com"),
        ("deployment-mode", "ModelMesh", "expected auto, Standard or Knative"),
        ("max-replicas", -1, "expected from 0 to 10000"),
        ("monitoring-namespace", "Watch", "expected small letters, digits and hyphens"),
    ],
)
def test_a_bad_option_is_named_and_what_runs_goes_on(serving, option, value, said):
    before = serving.settle()
    after = serving.reconfigure(before, **{option.replace("-", "_"): value})
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert option in after.unit_status.message
    assert said in after.unit_status.message
    for container in ("kserve-controller", "model-routes", "models-web-app"):
        assert serving.program(after, container).summary == serving.program(before, container).summary


def test_a_prometheus_finds_the_metrics_where_the_server_shows_them(serving):
    serving.settle()
    for name, port in (("kserve-mlserver", "8082"), ("kserve-tritonserver", "8002"), ("kserve-sklearnserver", "8080")):
        annotations = serving.runtime(name)["annotations"]
        assert (annotations["prometheus.io/scrape"], annotations["prometheus.io/port"]) == ("true", port)
    # KServe would replace them.
    assert serving.section("metricsAggregator")["enablePrometheusScraping"] == "false"


@pytest.mark.parametrize("name", ["kserve-mlserver", "kserve-tritonserver"])
def test_a_server_is_asked_only_once_its_model_is_loaded(serving, name):
    serving.settle()
    probe = serving.runtime(name)["containers"][0]["readinessProbe"]
    assert probe["httpGet"] == {"path": "/v2/health/ready", "port": 8080}


def test_a_model_can_be_taken_out_of_a_triton_with_several_and_put_back(serving):
    serving.settle()
    arguments = serving.runtime("kserve-tritonserver")["containers"][0]["args"]
    # In the mode that Triton has by itself it answers: explicit model load / unload is not allowed.
    assert {"--model-control-mode=explicit", "--load-model=*"} <= set(arguments)


def test_the_ports_of_models_have_a_name_that_knative_takes(serving):
    serving.settle()
    runtimes = [item for item in serving.cluster.objects.values() if item["kind"] == "ClusterServingRuntime"]
    ports = [item["spec"]["containers"][0]["ports"] for item in runtimes]
    assert ports == [[{"name": "http1", "containerPort": 8080, "protocol": "TCP"}]] * len(runtimes)
