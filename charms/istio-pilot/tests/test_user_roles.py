"""What users of Kubeflow's namespaces may do with the mesh."""

import pytest

KEYS = {"authorizationpolicies", "virtualservices"}
"""What holds the keys with which the gateway asks models that Knative runs."""


@pytest.mark.parametrize(("who", "sees_keys"), [("view", False), ("edit", True)])
def test_users_write_nothing_of_the_mesh_and_who_may_only_look_sees_no_keys(pilot, who: str, sees_keys: bool):
    pilot.settle(pilot.gatekeeper())
    role = pilot.found("ClusterRole")[f"edge-istio-pilot-users-{who}"]
    assert role["metadata"]["labels"] == role["metadata"]["labels"] | {
        f"rbac.authorization.kubeflow.org/aggregate-to-kubeflow-{who}": "true"
    }
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    seen = {resource for rule in role["rules"] for resource in rule["resources"]}
    assert bool(seen & KEYS) == sees_keys
    assert "*" not in seen
