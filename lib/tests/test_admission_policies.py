"""What Kubernetes itself refuses: policies by name, with their bindings."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.parts import AdmissionPolicies, Part
from ops import testing
from support.examples import Deploy

TEMPLATE = """
models: {validations: [{expression: {{ in_a_profile | tojson }}, message: "{{ said }}"}]}
{% if more %}
---
pods: {failurePolicy: Ignore, binding: {paramRef: {selector: {}, parameterNotFoundAction: Allow}}}
{% endif %}
{% if built_in %}
---
names: {paramKind: {apiVersion: v1, kind: ConfigMap}}
{% endif %}
"""
POLICY, BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"


def deployed(deploy: Deploy, **context: Any) -> Any:
    def plan(charm: Any) -> Iterator[Part]:
        yield AdmissionPolicies(
            "confinement", "confinement.yaml.j2", {"said": "no", "more": False, "built_in": False, **context}
        )

    deployment = deploy(plan, sources={"confinement.yaml.j2": TEMPLATE})
    deployment.run(deployment.context.on.update_status(), deployment.state())
    return deployment.cluster


def test_a_policy_is_the_applications_and_the_models_fails_closed_and_denies(deploy: Deploy) -> None:
    cluster = deployed(deploy)
    specification = cluster.find(POLICY, "example-models-edge")["spec"]
    assert specification["failurePolicy"] == "Fail"
    assert specification["validations"][0]["message"] == "no"
    binding = cluster.find(BINDING, "example-models-edge")["spec"]
    assert binding == {"policyName": "example-models-edge", "validationActions": ["Deny"]}
    assert f"{POLICY} example-pods-edge" not in cluster.kinds()


def test_a_policy_knows_how_to_tell_a_profile(deploy: Deploy) -> None:
    (validation,) = deployed(deploy).find(POLICY, "example-models-edge")["spec"]["validations"]
    label = 'labels[?"app.kubernetes.io/part-of"].orValue(\'\') == "kubeflow-profile"'
    assert validation["expression"].startswith("namespaceObject != null && ")
    assert validation["expression"].endswith(label)


def test_a_policy_may_fail_open_and_have_parameters(deploy: Deploy) -> None:
    cluster = deployed(deploy, more=True)
    assert cluster.find(POLICY, "example-pods-edge")["spec"] == {"failurePolicy": "Ignore"}
    reference = cluster.find(BINDING, "example-pods-edge")["spec"]["paramRef"]
    assert reference == {"selector": {}, "parameterNotFoundAction": "Allow"}


def test_its_parameters_are_of_no_kind_whose_changes_kubernetes_may_miss(deploy: Deploy) -> None:
    with pytest.raises(
        testing.errors.UncaughtCharmError,
        match="policy names: its parameters must be of a kind of a CustomResourceDefinition",
    ):
        deployed(deploy, built_in=True)
