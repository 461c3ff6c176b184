"""What was made before the policies that would refuse it today is shown to the operator."""

from typing import Any

import yaml

ADA = "ada@example.com"


def add(profiles: Any, plural: str, namespace: str = "ada", metadata: Any = None, **item: Any) -> None:
    """Have an object whose name is that of its kind in a namespace."""
    group = "/apis/rbac.authorization.k8s.io/v1" if plural.startswith("role") else "/api/v1"
    name = f"{plural}-{len(profiles.cluster.objects)}"
    whole = {"metadata": {"name": name, "namespace": namespace, **(metadata or {})}, **item}
    profiles.cluster.add(f"{group}/namespaces/{namespace}/{plural}/{name}", whole)


def shown(profiles: Any) -> Any:
    return yaml.safe_load(profiles.act("list-profiles").get("refused-by-now", "{}"))


def namespace(profiles: Any, name: str) -> None:
    metadata = {"name": name, "labels": {"app.kubernetes.io/part-of": "kubeflow-profile"}}
    profiles.cluster.add(f"/api/v1/namespaces/{name}", {"metadata": metadata})


def test_a_profile_with_a_name_of_the_clusters_is_shown(profiles):
    for name in ("ada", "svc"):
        profiles.profile(name, ADA)
    assert shown(profiles) == {"profiles": ["svc"]}


def test_services_that_lead_to_other_than_pods_of_the_profile_are_shown(profiles):
    namespace(profiles, "ada")
    selector = {"app": "a"}
    for spec in ({}, {"type": "NodePort", "selector": selector}, {"externalIPs": ["8.8.8.8"], "selector": selector}):
        add(profiles, "services", spec=spec)
        add(profiles, "services", namespace="elsewhere", spec=spec)
    add(profiles, "services", spec={"selector": selector})
    add(profiles, "services", metadata={"ownerReferences": [{"kind": "InferenceService"}]}, spec={})
    found = shown(profiles)
    assert list(found) == ["services"]
    assert len(found["services"]) == 3
    assert all(place.startswith("ada/") for place in found["services"])


def test_bindings_by_which_the_dashboard_would_be_confused_are_shown(profiles):
    namespace(profiles, "ada")
    annotations = {"annotations": {"user": "ben@example.com", "role": "edit"}}
    add(profiles, "rolebindings", metadata=annotations)
    add(profiles, "rolebindings", metadata=annotations, subjects=[{"name": "ben@example.com"}, {"name": ADA}])
    add(profiles, "rolebindings", metadata=annotations, subjects=[{"name": "ben@example.com"}])
    add(profiles, "rolebindings", subjects=[])
    found = shown(profiles)
    assert list(found) == ["rolebindings"]
    assert len(found["rolebindings"]) == 2
