import pytest
from ops import testing

from .conftest import PROGRAMS, SYSTEM


def test_programs_find_all_their_configuration_in_both_namespaces(knative):
    knative.settle()
    names = {
        namespace: {
            item["metadata"]["name"]
            for path, item in knative.cluster.objects.items()
            if path.startswith(f"/api/v1/namespaces/{namespace}/configmaps/")
        }
        for namespace in ("edge", SYSTEM)
    }
    assert names["edge"] == names[SYSTEM]
    assert {"config-autoscaler", "config-defaults", "config-deployment", "config-domain"} < names["edge"]
    assert knative.configuration("config-network") == knative.configuration("config-network", SYSTEM)


def test_without_a_domain_services_are_asked_in_the_cluster_alone(knative):
    knative.settle()
    assert knative.configuration("config-domain") == {"svc.cluster.local": ""}


def test_with_a_domain_services_have_host_names(knative):
    knative.configured(domain="models.example.com", domain_template="{{.Name}}-{{.Namespace}}.{{.Domain}}")
    assert knative.configuration("config-domain") == {"models.example.com": ""}
    assert knative.configuration("config-network")["domain-template"] == "{{.Name}}-{{.Namespace}}.{{.Domain}}"


def test_the_autoscaler_does_as_the_operator_says(knative):
    knative.configured(
        scale_to_zero=False,
        scale_to_zero_grace_period="10s",
        stable_window="6s",
        target_concurrency=7,
        target_burst_capacity=-1,
        max_scale=3,
    )
    assert knative.configuration("config-autoscaler") == {
        "enable-scale-to-zero": "false",
        "scale-to-zero-grace-period": "10s",
        "stable-window": "6s",
        "container-concurrency-target-default": "7",
        "target-burst-capacity": "-1",
        "max-scale": "3",
    }


def test_the_proxy_beside_users_pods_has_the_operators_image_and_resources(knative):
    knative.configured(
        custom_images="{queue-proxy: 'registry.site/queue:2'}",
        queue_proxy_requests="cpu=10m,memory=32Mi",
        queue_proxy_limits="memory=64Mi",
        progress_deadline="20m",
    )
    deployment = knative.configuration("config-deployment")
    assert deployment["queue-sidecar-image"] == "registry.site/queue:2"
    assert (deployment["queue-sidecar-cpu-request"], deployment["queue-sidecar-memory-request"]) == ("10m", "32Mi")
    assert (deployment["queue-sidecar-memory-limit"], deployment["progress-deadline"]) == ("64Mi", "20m")


def test_an_air_gaps_registry_has_the_images_and_is_not_asked_for_digests(knative):
    knative.configured(image_registry="registry.site:5000/mirror", registries_skipping_tag_resolving="other.site")
    deployment = knative.configuration("config-deployment")
    assert deployment["registries-skipping-tag-resolving"] == "other.site,registry.site:5000"
    mirrored = "registry.site:5000/mirror/knative-releases/knative.dev/serving/cmd"
    assert deployment["queue-sidecar-image"].startswith(f"{mirrored}/queue:")
    pod = knative.cluster.find("Deployment", "knative-autoscaler")["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"].startswith(f"{mirrored}/autoscaler:")
    assert pod["imagePullSecrets"] == [{"name": "knative-knative-controller-secret"}]


def test_the_autoscalers_public_image_is_had_without_a_login(knative):
    knative.settle()
    pod = knative.cluster.find("Deployment", "knative-autoscaler")["spec"]["template"]["spec"]
    assert "imagePullSecrets" not in pod


def test_docker_hub_is_known_by_its_other_name_too(knative):
    knative.configured(registries_skipping_tag_resolving="docker.io")
    skipped = knative.configuration("config-deployment")["registries-skipping-tag-resolving"]
    assert skipped == "docker.io,index.docker.io"


def test_a_container_that_says_nothing_gets_what_the_operator_says(knative):
    knative.configured(revision_requests="cpu=100m", revision_limits="memory=1Gi", revision_timeout_seconds=900)
    defaults = knative.configuration("config-defaults")
    assert (defaults["revision-cpu-request"], defaults["revision-memory-limit"]) == ("100m", "1Gi")
    assert (defaults["revision-timeout-seconds"], defaults["max-revision-timeout-seconds"]) == ("900", "900")


def test_users_may_set_the_fields_that_the_operator_names(knative):
    knative.configured(features="kubernetes.podspec-tolerations, kubernetes.podspec-init-containers")
    assert knative.configuration("config-features") == {
        "kubernetes.podspec-tolerations": "enabled",
        "kubernetes.podspec-init-containers": "enabled",
    }


def test_routes_are_for_sidecars_alone_as_the_gateway_would_ask_who_looks_for_them_to_log_in(knative):
    knative.settle()
    assert knative.configuration("config-istio") == {"external-gateways": "[]", "local-gateways": "[]"}


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("domain", "*.example.com", "expected for example models.example.com"),
        ("domain-template", "{{.Name}}.{{.Domain}}", "lacks {{.Namespace}}"),
        ("scale-to-zero-grace-period", "1s", "expected at least 6s"),
        ("stable-window", "2h", "expected from 6s to 1h"),
        ("target-concurrency", 0, "expected from 1"),
        ("max-scale", -1, "expected from 0"),
        ("progress-deadline", "soon", "expected for example 90s"),
        ("revision-timeout-seconds", 0, "expected from 1 to 3600"),
        ("revision-requests", "gpu=1", "expected some of cpu, memory, ephemeral-storage"),
        ("revision-limits", "cpu=", "expected for example cpu=1"),
        ("queue-proxy-requests", "cpu=much", "queue-proxy-requests"),
        ("queue-proxy-limits", "none", "queue-proxy-limits"),
        ("registries-skipping-tag-resolving", "registry.site/mirror", "the registry's host alone"),
        ("features", "kubernetes.podspec-hostnetwork", "expected some of kubernetes.podspec-affinity"),
        ("image-registry", "http://registry", "image-registry"),
        ("custom-images", "{activator: a/b:1}", "expected some of autoscaler, queue-proxy"),
        ("memory", "nobody=1Gi", "memory"),
    ],
)
def test_a_bad_option_is_named_and_what_runs_goes_on(knative, option, value, said):
    before = knative.settle()
    after = knative.reconfigure(before, **{option.replace("-", "_"): value})
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert option in after.unit_status.message
    assert said in after.unit_status.message
    for container in PROGRAMS:
        assert knative.program(after, container).summary == knative.program(before, container).summary
