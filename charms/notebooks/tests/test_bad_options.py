import pytest

GROUP = "{groupKey: gpu, displayName: GPU nodes, tolerations: [{key: gpu, operator: Exists}]}"
RULE = "{configKey: gpu, displayName: GPU nodes, affinity: {nodeAffinity: {}}}"


@pytest.mark.parametrize("option", ["jupyter-images", "vscode-images", "rstudio-images"])
@pytest.mark.parametrize("value", ["jupyter:1", "{a: b}", "[", "[[a]]", "[1]", "[a b]", "['']"])
def test_images_that_are_no_list_of_images_block_with_an_example(notebooks, option, value):
    message = notebooks.blocked(**{option: value})
    assert message.startswith(f"option {option}: ")
    assert "expected" in message


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("image-registry", "https://registry.site", "is no registry, expected for example registry.site:5000"),
        ("image-pull-policy", "Sometimes", "expected one of Always, IfNotPresent, Never"),
        ("cpu-default", "500m", "it is no number of processors, expected for example 0.5 or 4"),
        ("cpu-default", "0", "expected for example 0.5 or 4"),
        ("cpu-limit-factor", "0.5", "expected a number from 1 such as 1.2, or none"),
        ("cpu-max", "many", "expected for example 0.5 or 4"),
        ("memory-default", "512Mi", "it is no amount of memory in Gi, expected for example 0.5Gi or 4Gi"),
        ("memory-limit-factor", "double", "expected a number from 1 such as 1.2, or none"),
        ("memory-max", "16G", "expected for example 0.5Gi or 4Gi"),
        ("workspace-size", "5", "expected for example 0.5Gi or 4Gi"),
        ("volume-size-max", "1Ti", "expected for example 0.5Gi or 4Gi"),
        ("storage-class", "Fast!", "is no name"),
        ("data-volumes", "[{mount: /data}]", "item 1 needs either a size or a claim"),
        ("data-volumes", "[{mount: /data, size: 1Gi, claim: a}]", "item 1 needs either a size or a claim"),
        ("data-volumes", "[{mount: data, size: 1Gi}]", "expected a path from /"),
        ("data-volumes", "[{mount: /data, size: 1G}]", "expected for example 0.5Gi or 4Gi"),
        ("data-volumes", "[{size: 1Gi}]", "item 1: Object missing required field `mount`"),
        ("gpu-vendors", "[{limitsKey: a/b}]", "item 1: Object missing required field `uiName`"),
        ("gpu-vendors", "nvidia.com/gpu", "no list, expected a YAML list such as"),
        ("gpu-vendors-default", "NVIDIA", "it is no resource, expected for example nvidia.com/gpu"),
        ("gpu-number-default", 3, "3 is not offered, expected 0, 1, 2, 4 or 8"),
        (
            "affinity-options",
            "[{configKey: a, displayName: A, affinity: {nodes: {}}}]",
            "item 1: Invalid enum value it",
        ),
        ("affinity-options", f"[{RULE}, {RULE}]", "two items have the same key"),
        ("affinity-options-default", "gpu", "it is unknown, expected an item of affinity-options, which has none"),
        (
            "tolerations-options",
            "[{groupKey: a, displayName: A, tolerations: [{op: b}]}]",
            "item 1: Object contains an unknown field",
        ),
        (
            "tolerations-options",
            "[{groupKey: a, displayName: A, tolerations: [{effect: b}]}]",
            "Invalid enum value it",
        ),
        ("default-poddefaults", "[access ml]", "it is no label, expected a YAML or JSON list of labels"),
        ("read-only-fields", "cpu,colour", "it is no field, expected any of image-pull-policy, cpu, memory"),
        ("cull-idle-time", 0, "0 is no number of minutes, expected 1 or more"),
        ("idleness-check-period", 2000, "2000 is above cull-idle-time, expected at most 1440"),
        ("volume-viewer-image", "", "is no image"),
        ("tensorboard-image", "a b", "is no image"),
        ("secure-cookies", "maybe", "expected one of auto, true, false"),
        ("cluster-domain", "Cluster!", "is no domain, expected for example cluster.local"),
        ("memory", "much", "is no quantity, expected for example 256Mi"),
    ],
)
def test_a_wrong_option_blocks_saying_what_was_expected(notebooks, option, value, message):
    said = notebooks.blocked(**{option: value})
    assert said.startswith(f"option {option}: ")
    assert message in said


def test_a_default_that_is_none_of_several_blocks_naming_these(notebooks):
    message = notebooks.blocked(tolerations_options=f"[{GROUP}]", tolerations_options_default="spot")
    assert message == "option tolerations-options-default: it is unknown, expected gpu"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cpu_max": "0.5"}, "option cpu-max: 0.5 is below the preselected limit"),
        ({"cpu_max": "8", "cpu_limit_factor": "none"}, "option cpu-limit-factor: none is no limit"),
        ({"memory_max": "1Gi"}, "option memory-max: 1Gi is below the preselected limit"),
        ({"volume_size_max": "4Gi"}, "option workspace-size: 5Gi is above volume-size-max 4Gi"),
        (
            {"volume_size_max": "10Gi", "data_volumes": "[{mount: /data, size: 20Gi}]"},
            "option data-volumes: 20Gi is above volume-size-max 10Gi",
        ),
    ],
)
def test_a_preselection_that_the_limits_forbid_blocks(notebooks, options, message):
    assert message in notebooks.blocked(**options)


def test_a_bad_option_leaves_what_runs(notebooks):
    before = notebooks.settle()
    form = notebooks.form()
    after = notebooks.reconfigure(before, cpu_default="x", enable_culling=False)
    assert notebooks.form() == form
    assert {it.name: it.plan for it in after.containers} == {it.name: it.plan for it in before.containers}


def test_a_corrected_option_makes_the_unit_active_again(notebooks):
    state = notebooks.reconfigure(notebooks.settle(), cpu_default="x")
    assert notebooks.reconfigure(state, cpu_default="2").unit_status.name == "active"
    assert notebooks.form()["cpu"]["value"] == "2"
