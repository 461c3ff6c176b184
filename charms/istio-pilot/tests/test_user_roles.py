"""What users of Kubeflow's namespaces may do with the mesh."""


def test_whoever_may_view_a_namespace_sees_its_routes_and_policies_and_may_write_none(pilot):
    pilot.settle(pilot.gatekeeper())
    role = pilot.found("ClusterRole")["edge-istio-pilot-users-view"]
    assert role["metadata"]["labels"]["rbac.authorization.kubeflow.org/aggregate-to-kubeflow-view"] == "true"
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
