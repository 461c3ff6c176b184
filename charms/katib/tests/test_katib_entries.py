"""Entries of `katib-config` that Katib could not read, or of which no pod could be made, are refused."""

import pytest


def of_tpe(fields: str) -> str:
    """Return an option with an entry of one algorithm."""
    return f"{{suggestions: [{{algorithmName: tpe, {fields}}}]}}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("words", "it has other parts than suggestions, earlyStoppings, metricsCollectors, expected for example"),
        ("{algorithms: []}", "it has other parts than suggestions"),
        ("{suggestions: {}}", "suggestions: expected a list, got a mapping, expected for example {suggestions: ["),
        ("{suggestions: }", "suggestions: expected a list, got nothing"),
        ("{suggestions: [tpe]}", "suggestions[0]: expected a mapping, got text"),
        ("{suggestions: [{image: a}]}", "suggestions[0]: lacks algorithmName"),
        ("{metricsCollectors: [{kind: 3}]}", "metricsCollectors[0].kind: expected text, got a number"),
        ("{suggestions: [{algorithmName: ''}]}", "suggestions[0] has an empty algorithmName"),
        (
            "{suggestions: [{algorithmName: tpe}, {algorithmName: tpe}]}",
            "suggestions[1] has an empty algorithmName or one",
        ),
        ("{suggestions: [{algorithmName: ours}]}", "suggestions[0] is none of Katib's own, expected an image with it"),
    ],
)
def test_what_is_no_list_of_entries_says_what_is_expected(katib, value, message):
    assert f"option katib-config: {message}" in katib.blocked(katib_config=value)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ("image: 7", "image: expected text, got a number"),
        ("command: python", "command: expected a list, got text"),
        ("env: {SEED: '1'}", "env: expected a list, got a mapping"),
        ("env: [{name: SEED, value: 1}]", "env[0].value: expected text, got a number"),
        ("env: [{value: '1'}]", "env[0]: lacks name"),
        ("resources: 2", "resources: expected a mapping, got a number"),
        ("resources: {limits: cpu=2}", "resources.limits: expected a mapping, got text"),
        ("ports: [{containerPort: http}]", "ports[0].containerPort: expected a number, got text"),
        ("readinessProbe: {periodSeconds: soon}", "readinessProbe.periodSeconds: expected a number, got text"),
        ("tty: maybe", "tty: expected true or false, got text"),
        ("persistentVolumeClaimSpec: 5Gi", "persistentVolumeClaimSpec: expected a mapping, got text"),
        (
            "persistentVolumeClaimSpec: {accessModes: ReadWriteMany}",
            "persistentVolumeClaimSpec.accessModes: expected a list",
        ),
    ],
)
def test_a_value_of_another_type_is_named_by_its_place(katib, fields, place):
    assert f"option katib-config: suggestions[0].{place}" in katib.blocked(katib_config=of_tpe(fields))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (of_tpe("imagee: a"), "suggestions[0] has an unknown field, expected some of algorithmName, args, command"),
        (
            of_tpe("resources: {limit: {cpu: 1}}"),
            "suggestions[0].resources has an unknown field, expected some of claims",
        ),
        (of_tpe("env: [{name: SEED, text: a}]"), "suggestions[0].env[0] has an unknown field, expected some of name"),
        (
            "{metricsCollectors: [{kind: File, command: [a]}]}",
            "metricsCollectors[0] has an unknown field, expected some of image, imagePullPolicy, kind, resources, wait",
        ),
        (of_tpe("persistentVolumeSpec: {}"), "suggestions[0] has persistentVolumeSpec, expected persistentVolumeClaim"),
    ],
)
def test_a_field_that_katib_would_pass_over_is_refused(katib, value, message):
    assert f"option katib-config: {message}" in katib.blocked(katib_config=value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("resources: {limits: {memory: much}}", "it is no quantity, expected for example 256Mi or 500m"),
        ("resources: {requests: {memory: 1GB}}", "it is no quantity"),
        ("resources: {limits: {cpu: true}}", "is no quantity"),
        ("resources: {limits: {cpu: [1]}}", "is no quantity"),
        ("persistentVolumeClaimSpec: {resources: {requests: {storage: large}}}", "it is no quantity"),
        ("image: 'an image'", "it is no image, expected for example"),
        ("imagePullPolicy: Sometimes", "it is unknown, expected one of Always, IfNotPresent, Never"),
    ],
)
def test_what_kubernetes_would_refuse_in_a_users_namespace_is_refused_here(katib, fields, message):
    said = katib.blocked(katib_config=of_tpe(fields))
    assert "option katib-config: suggestions[0]: " in said
    assert message in said


@pytest.mark.parametrize("port", ["containerPort: 6789", "{containerPort: 80, name: suggestion-api}"])
def test_a_port_that_katib_adds_itself_is_refused(katib, port):
    fields = f"ports: [{port}]" if port.startswith("{") else f"ports: [{{{port}}}]"
    assert "has the port 6789 or suggestion-api" in katib.blocked(katib_config=of_tpe(fields))


@pytest.mark.parametrize(
    ("options", "resource"),
    [
        ({"katib_config": of_tpe("resources: {requests: {memory: 1Gi}}")}, "memory"),
        ({"katib_config": of_tpe("resources: {limits: {cpu: 20m}}")}, "cpu"),
        ({"katib_config": of_tpe("resources: {requests: {cpu: 1}}"), "suggestion_limits": "cpu=600m"}, "cpu"),
        ({"katib_config": "{metricsCollectors: [{kind: File, resources: {requests: {cpu: 200m}}}]}"}, "cpu"),
    ],
)
def test_an_entry_of_which_no_pod_could_be_made_is_refused(katib, options, resource):
    said = katib.blocked(**options)
    assert f"[0] asks for more {resource} than its limit" in said
    assert "option katib-config: " in said


@pytest.mark.parametrize(
    "fields",
    [
        "resources: {limits: {cpu: 2, memory: 1Gi, ephemeral-storage: '-1'}, requests: {cpu: 0.5}}",
        "resources: {limits: {memory: -1}, requests: {memory: 2Gi}}",
        "resources: {limits: {nvidia.com/gpu: 1}}",
        "env: [{name: SEED, valueFrom: {configMapKeyRef: {name: seeds, key: one}}}]",
        "livenessProbe: {httpGet: {path: /, port: web}}, ports: [{name: web, containerPort: 8080}]",
        "securityContext: {runAsNonRoot: true, capabilities: {drop: [ALL]}}, volumeMountPath: /data",
        "persistentVolumeClaimSpec: {storageClassName: fast, resources: {requests: {storage: 2Gi}}}",
        "serviceAccountName: default-editor, imagePullPolicy: Always, args: [--debug], image: ",
    ],
)
def test_what_a_container_or_a_claim_may_have_reaches_katib(katib, fields):
    katib.configured(katib_config=of_tpe(fields))
    assert katib.entry("suggestions", "tpe").keys() >= {part.partition(":")[0] for part in fields.split(", ")[:1]}


def test_a_refused_entry_leaves_katib_with_those_before(katib):
    before = katib.configured(katib_config=of_tpe("image: 'site/tpe:1'"))
    katib.reconfigure(before, katib_config=of_tpe("image: 'site/tpe:2', resources: 3"))
    assert katib.entry("suggestions", "tpe")["image"] == "site/tpe:1"


def test_a_secret_in_the_wrong_place_is_not_repeated(katib):
    for fields in (
        "s3cret: 1",
        "resources: s3cret",
        "resources: {limits: {s3cret: s3cret}}",
        "imagePullPolicy: s3cret",
    ):
        assert "s3cret" not in katib.blocked(katib_config=of_tpe(fields))
