"""What the maxima of notebooks keep out of the cluster, and what they let go on."""

from functools import partial
from typing import Any

import pytest
from ops import testing
from support.application import Application
from support.eventually import eventually

GATEWAY = {"gateway_name": "kubeflow-gateway", "gateway_namespace": "mesh"}
NOTEBOOKS = "/apis/kubeflow.org/v1/namespaces/{}/notebooks"
CLAIMS = "/api/v1/namespaces/{}/persistentvolumeclaims"


@pytest.fixture
def profile(notebooks: Application) -> str:
    name = f"{notebooks.model}-ada"
    metadata = {"name": name, "labels": {"app.kubernetes.io/part-of": "kubeflow-profile"}}
    notebooks.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status()
    return name


def limit(notebooks: Application, **options: str) -> None:
    config = {name.replace("_", "-"): value for name, value in options.items()}
    relation = testing.Relation("gateway-info", remote_app_data=GATEWAY)
    state = notebooks.settle(notebooks.state(relations=[relation], config=config))
    assert isinstance(state.unit_status, testing.ActiveStatus)


def server(name: str, limits: dict[str, Any], **more: Any) -> dict[str, Any]:
    containers = [{"name": name, "image": "jupyter", "resources": {"limits": limits}}]
    spec = {"template": {"spec": {"containers": containers}}}
    return {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": {"name": name, **more}, "spec": spec}


def claim(name: str, size: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"metadata": {"name": name}, "spec": spec}


def refusal(notebooks: Application, where: str, item: dict[str, Any]) -> str:
    """Return why an object is refused, once the API server knows of the limits."""
    refused: list[str] = []

    def is_refused() -> bool:
        answer = notebooks.http.post(where, json=item, params={"dryRun": "All"})
        refused.append("" if answer.is_success else answer.json()["message"])
        return not answer.is_success

    eventually(is_refused)
    return refused[-1]


def accepted(notebooks: Application, where: str, item: dict[str, Any]) -> bool:
    return notebooks.http.post(where, json=item, params={"dryRun": "All"}).is_success


def test_a_server_above_the_most_is_refused_with_how_much_is_allowed(notebooks: Application, profile: str) -> None:
    limit(notebooks, cpu_max="2", memory_max="4Gi")
    where = NOTEBOOKS.format(profile)
    message = refusal(notebooks, where, server("big", {"cpu": 4, "memory": "1Gi"}))
    assert "each container of a notebook needs a limit of cpu of at most 2" in message
    message = refusal(notebooks, where, server("big", {"cpu": "500m", "memory": "5Gi"}))
    assert "each container of a notebook needs a limit of memory of at most 4Gi" in message


def test_a_server_that_says_no_limit_is_refused_and_one_within_is_not(notebooks: Application, profile: str) -> None:
    limit(notebooks, cpu_max="2")
    where = NOTEBOOKS.format(profile)
    assert "needs a limit of cpu" in refusal(notebooks, where, server("open", {"memory": "1Gi"}))
    for amount in (2, "2", "1.5", "1500m"):
        fits = server("fits", {"cpu": amount})
        # The API server forgets the limits of another application, which are gone, as late as it learns of new ones.
        assert eventually(partial(accepted, notebooks, where, fits)), amount


def test_a_server_that_was_there_can_be_stopped_but_not_grown(notebooks: Application, profile: str) -> None:
    limit(notebooks)
    where = NOTEBOOKS.format(profile)
    assert eventually(partial(accepted, notebooks, where, server("old", {"cpu": 8})))
    notebooks.http.post(where, json=server("old", {"cpu": 8})).raise_for_status()
    limit(notebooks, cpu_max="2")
    refusal(notebooks, where, server("new", {"cpu": 8}))
    found = notebooks.get(f"{where}/old")
    found["metadata"]["annotations"] = {"kubeflow-resource-stopped": "2026-01-01T00:00:00Z"}
    notebooks.http.put(f"{where}/old", json=found).raise_for_status()
    found = notebooks.get(f"{where}/old")
    found["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] = 16
    assert notebooks.http.put(f"{where}/old", json=found).status_code == 422
    notebooks.http.delete(f"{where}/old").raise_for_status()


def test_a_volume_above_the_most_is_refused_in_users_namespaces_alone(notebooks: Application, profile: str) -> None:
    limit(notebooks, volume_size_max="10Gi")
    where = CLAIMS.format(profile)
    assert "a volume may have at most 10Gi" in refusal(notebooks, where, claim("huge", "1Ti"))
    notebooks.http.post(where, json=claim("fits", "10Gi"), params={"dryRun": "All"}).raise_for_status()
    elsewhere = CLAIMS.format(notebooks.model)
    notebooks.http.post(elsewhere, json=claim("huge", "1Ti"), params={"dryRun": "All"}).raise_for_status()
