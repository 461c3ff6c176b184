import pathlib

import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent
PUBLISHED = "ghcr.io/kubeflow/katib"
ALGORITHMS = {
    "random": "suggestion-hyperopt",
    "tpe": "suggestion-hyperopt",
    "grid": "suggestion-optuna",
    "multivariate-tpe": "suggestion-optuna",
    "hyperband": "suggestion-hyperband",
    "bayesianoptimization": "suggestion-skopt",
    "cmaes": "suggestion-goptuna",
    "sobol": "suggestion-goptuna",
    "enas": "suggestion-enas",
    "darts": "suggestion-darts",
    "pbt": "suggestion-pbt",
}
COLLECTORS = {
    "StdOut": "file-metrics-collector",
    "File": "file-metrics-collector",
    "TensorFlowEvent": "tfevent-metrics-collector",
}


def handed_out() -> dict[str, str]:
    return yaml.safe_load((ROOT / "images.yaml").read_text())["custom-images"]


def images(katib) -> set[str]:
    """Return every image that the charm hands out."""
    entries = [item["image"] for section in katib.runtime().values() for item in section]
    templates = katib.cluster.find("ConfigMap", "trial-templates")["data"].values()
    pods = [line.strip() for text in templates for line in text.splitlines()]
    return {*entries, *(line.partition("image: ")[2] for line in pods if "image: " in line)}


def test_every_algorithm_stopper_and_collector_has_its_image(katib):
    katib.settle()
    found = {item["algorithmName"]: item["image"] for item in katib.runtime()["suggestions"]}
    assert found == {name: f"{PUBLISHED}/{image}:v0.19.0" for name, image in ALGORITHMS.items()}
    collectors = {item["kind"]: item["image"] for item in katib.runtime()["metricsCollectors"]}
    assert collectors == {kind: f"{PUBLISHED}/{image}:v0.19.0" for kind, image in COLLECTORS.items()}
    (stopper,) = katib.runtime()["earlyStoppings"]
    assert (stopper["algorithmName"], stopper["image"]) == (
        "medianstop",
        f"{PUBLISHED}/earlystopping-medianstop:v0.19.0",
    )


def test_the_list_of_images_has_all_that_the_charm_hands_out(katib):
    katib.settle()
    assert images(katib) == set(handed_out().values())


def test_every_image_of_the_list_can_be_replaced_by_its_key(katib):
    replaced = {key: f"registry.site/{key}:1" for key in handed_out()}
    katib.configured(custom_images=yaml.safe_dump(replaced))
    assert images(katib) == set(replaced.values())


def test_all_of_them_come_from_a_registry_of_the_site_but_for_those_that_an_option_names(katib):
    katib.configured(image_registry="registry.site:5000", custom_images="suggestion__random=elsewhere/random:1")
    assert katib.entry("suggestions", "random")["image"] == "elsewhere/random:1"
    rest = images(katib) - {"elsewhere/random:1"}
    assert all(image.startswith("registry.site:5000/kubeflow/katib/") for image in rest)


def test_an_entry_is_changed_without_the_others(katib):
    katib.configured(
        katib_config="{suggestions: [{algorithmName: enas, resources: {limits: {cpu: '2'}}, serviceAccountName: nas}]}"
    )
    enas = katib.entry("suggestions", "enas")
    assert enas["image"] == f"{PUBLISHED}/suggestion-enas:v0.19.0"
    assert enas["resources"] == {"limits": {"memory": "400Mi", "cpu": "2"}}
    assert enas["serviceAccountName"] == "nas"
    assert len(katib.runtime()["suggestions"]) == len(ALGORITHMS)


def test_an_algorithm_and_a_collector_of_the_site_are_added(katib):
    katib.configured(
        katib_config="{suggestions: [{algorithmName: ours, image: 'site/ours:1'}], "
        "metricsCollectors: [{kind: PrometheusMetric, image: 'site/prometheus:1'}]}"
    )
    assert katib.entry("suggestions", "ours") == {"algorithmName": "ours", "image": "site/ours:1"}
    assert katib.entry("metricsCollectors", "PrometheusMetric")["image"] == "site/prometheus:1"


def test_what_would_not_start_in_a_hundred_megabytes_gets_more(katib):
    katib.settle()
    for name, image in ALGORITHMS.items():
        resources = katib.entry("suggestions", name).get("resources")
        assert resources == (None if image == "suggestion-goptuna" else {"limits": {"memory": "400Mi"}}), name
    assert katib.entry("earlyStoppings", "medianstop")["resources"] == {"limits": {"memory": "400Mi"}}
    assert katib.entry("metricsCollectors", "TensorFlowEvent")["resources"] == {"limits": {"memory": "1Gi"}}


def test_an_experiment_begins_as_soon_as_its_algorithm_answers(katib):
    katib.settle()
    for name in ALGORITHMS:
        probe = katib.entry("suggestions", name)["readinessProbe"]
        assert "initialDelaySeconds" not in probe
        assert probe["grpc"] == {"port": 6789, "service": "manager.v1beta1.Suggestion"}
        assert probe["periodSeconds"] * probe["failureThreshold"] == 30


def test_a_collector_that_waits_for_its_file_leaves_the_processor_to_trials(katib):
    katib.settle()
    for kind in ("StdOut", "File"):
        assert katib.entry("metricsCollectors", kind)["resources"] == {"limits": {"cpu": "100m"}}
    katib.configured(collector_limits="cpu=1")
    assert katib.entry("metricsCollectors", "File")["resources"] == {"limits": {"cpu": "1"}}


def test_limits_are_those_of_the_options(katib):
    katib.configured(suggestion_limits="cpu=2,memory=1Gi", collector_limits="memory=2Gi")
    assert katib.entry("suggestions", "random")["resources"] == {"limits": {"cpu": "2", "memory": "1Gi"}}
    assert katib.entry("earlyStoppings", "medianstop")["resources"] == {"limits": {"cpu": "2", "memory": "1Gi"}}
    assert katib.entry("metricsCollectors", "TensorFlowEvent")["resources"] == {"limits": {"memory": "2Gi"}}


def test_a_volume_is_one_that_a_single_node_has_unless_the_option_says_else(katib):
    katib.settle()
    claim = katib.entry("suggestions", "pbt")["persistentVolumeClaimSpec"]
    assert claim == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}}
    katib.configured(volume_access_mode="ReadWriteMany", volume_class="shared")
    claim = katib.entry("suggestions", "pbt")["persistentVolumeClaimSpec"]
    assert (claim["accessModes"], claim["storageClassName"]) == (["ReadWriteMany"], "shared")


def test_the_resume_policy_of_experiments_that_say_none_is_the_options(katib):
    def default() -> str:
        versions = katib.cluster.find("CustomResourceDefinition", "experiments.kubeflow.org")["spec"]["versions"]
        fields = versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        return fields["resumePolicy"].get("default", "Katib's")

    before = katib.settle()
    assert default() == "Katib's"
    katib.reconfigure(before, resume_policy="LongRunning")
    assert default() == "LongRunning"


def test_templates_are_found_by_their_label_and_those_of_the_site_are_among_them(katib):
    ours = "apiVersion: batch/v1\nkind: Job\nspec: {template: {}}\n"
    katib.configured(trial_templates=yaml.safe_dump({"ours.yaml": ours}))
    templates = katib.cluster.find("ConfigMap", "trial-templates")
    assert templates["metadata"]["labels"]["katib.kubeflow.org/component"] == "trial-templates"
    assert templates["data"]["ours.yaml"] == ours
    own = {"defaultTrialTemplate.yaml", "enasCPUTemplate", "pytorchJobTemplate", "trainJobTemplate"}
    assert own < templates["data"].keys()


@pytest.mark.parametrize("name", ["defaultTrialTemplate.yaml", "enasCPUTemplate"])
def test_a_trial_of_a_template_has_no_sidecar_that_outlives_it(katib, name):
    katib.settle()
    pod = yaml.safe_load(katib.cluster.find("ConfigMap", "trial-templates")["data"][name])["spec"]["template"]
    assert pod["metadata"]["labels"] == {"sidecar.istio.io/inject": "false"}
    assert "${trialParameters." in str(pod["spec"]["containers"][0]["command"])


def test_a_further_kind_of_trial_is_watched_and_made_where_the_cluster_knows_it(katib):
    katib.define("rayjobs.ray.io")
    katib.configured(trial_resources="RayJob.v1.ray.io")
    assert "RayJob.v1.ray.io" in katib.initial()["controller"]["trialResources"]
    rules = katib.cluster.find("ClusterRole", "edge-katib-katib-controller")["rules"]
    (rule,) = [rule for rule in rules if rule["apiGroups"] == ["ray.io"]]
    assert (rule["resources"], rule["verbs"]) == (["rayjobs"], ["get", "list", "watch", "create", "delete"])
    policy = katib.cluster.find("ValidatingAdmissionPolicy", "katib-controller-edge")["spec"]
    confined = [rule["resources"] for rule in policy["matchConstraints"]["resourceRules"]]
    assert ["rayjobs"] in confined


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("image_registry", "no registry", "option image-registry: it is no registry"),
        ("custom_images", "{suggestion__best: 'a:1'}", "there is no image"),
        ("custom_images", "{suggestion__random: 'an image'}", "option custom-images: it is no image"),
        ("katib_config", "[", "option katib-config: no YAML"),
        ("suggestion_limits", "gpu=1", "is not limited, expected some of cpu, memory, ephemeral-storage"),
        ("collector_limits", "memory=much", "option collector-limits: it is no quantity"),
        ("collector_limits", "memory=", "memory has no amount"),
        ("collector_limits", "cpu=20m", "cpu=20m is less than Katib asks for, expected at least cpu=50m"),
        ("suggestion_limits", "ephemeral-storage=100Mi", "expected at least ephemeral-storage=500Mi"),
        ("trial_resources", "rayjobs", "option trial-resources: it is no kind, expected Kind.version.group"),
        ("trial_templates", "[a]", "option trial-templates: expected a map of names"),
        ("trial_templates", "{mine: 'kind: Job'}", "is no object with apiVersion, kind and spec"),
        ("volume_access_mode", "ReadWriteTwice", "expected one of ReadWriteOnce, ReadWriteMany"),
        ("volume_class", "My Class", "option volume-class: it is no storage class"),
        ("resume_policy", "Always", "expected one of Never, LongRunning, FromVolume"),
        ("experiment_ttl", "long", "option experiment-ttl: it is no age, expected for example 12h or 30d"),
        ("database_timeout", "soon", "option database-timeout: it is no duration"),
        ("database_timeout", "5s", "option database-timeout: it is too short for a look, expected at least 10s"),
        ("memory", "katib=1Gi", "there is no program"),
        ("memory", "katib-ui=much", "option memory: it is no quantity"),
    ],
)
def test_a_bad_option_blocks_naming_it_and_what_is_expected(katib, option, value, message):
    assert message in katib.blocked(**{option: value})


def test_a_bad_option_leaves_what_runs(katib):
    before = katib.settle()
    katib.reconfigure(before, database_timeout="soon")
    assert len(katib.runtime()["suggestions"]) == len(ALGORITHMS)
    assert katib.initial()["controller"]["trialResources"] == ["Job.v1.batch"]
