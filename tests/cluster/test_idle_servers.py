"""Which servers the notebook controller may stop, and whom that hinders."""

from functools import partial
from typing import Any

import httpx2
from kubeflow_charms.sandbox import confinement
from ops import testing
from support.application import Application
from support.eventually import eventually

GATEWAY = {"gateway_name": "kubeflow-gateway", "gateway_namespace": "mesh"}
NOTEBOOKS = "/apis/kubeflow.org/v1/namespaces/{}/notebooks"
TYPE, STOPPED = "notebooks.kubeflow.org/server-type", "kubeflow-resource-stopped"
SINCE = {"notebooks.kubeflow.org/last-activity": "2026-01-01T00:00:00Z"}
A_DAY, A_WEEK = "2026-01-02T00:00:01Z", "2026-01-08T01:00:01+01:00"


def cull(notebooks: Application, **options: int) -> None:
    config = {"enable-culling": True, **{name.replace("_", "-"): value for name, value in options.items()}}
    relations = [
        testing.Relation("gateway-info", remote_app_data=GATEWAY),
        testing.Relation("authorization-policies", remote_app_name="kubeflow-profiles"),
    ]
    state = notebooks.settle(notebooks.state(relations=relations, config=config))
    assert isinstance(state.unit_status, testing.ActiveStatus)


def server(name: str, annotations: dict[str, str]) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": [{"name": name, "image": "jupyter"}]}}}
    metadata = {"name": name, "annotations": {**SINCE, **annotations}}
    return {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": metadata, "spec": spec}


def in_a_profile(notebooks: Application) -> str:
    """Make the namespace of a profile, and return the path of its servers: the controller works nowhere else."""
    metadata = {"name": f"{notebooks.model}-ada", "labels": confinement.NAMESPACES["profiles"]}
    notebooks.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status()
    return NOTEBOOKS.format(metadata["name"])


def stop(client: httpx2.Client, path: str, at: str) -> httpx2.Response:
    """Try to stop a server, without doing it."""
    found = client.get(path).raise_for_status().json()
    found["metadata"]["annotations"][STOPPED] = at
    return client.put(path, json=found, params={"dryRun": "All"})


def refused(client: httpx2.Client, path: str, at: str) -> bool:
    answer = stop(client, path, at)
    return answer.status_code == 422 and "nobody knows whether this server is idle" in answer.text


def test_the_controller_stops_only_servers_that_it_can_ask(notebooks: Application) -> None:
    cull(notebooks)
    where = in_a_profile(notebooks)
    kinds = {"lab": {TYPE: "jupyter"}, "code": {TYPE: "group-one"}, "studio": {TYPE: "group-two"}, "made": {}}
    for name, annotations in kinds.items():
        notebooks.http.post(where, json=server(name, annotations)).raise_for_status()
    with notebooks.workload("notebook-controller") as controller:
        for name in ("code", "studio", "made"):
            assert eventually(partial(refused, controller, f"{where}/{name}", A_WEEK))
        assert stop(controller, f"{where}/lab", A_DAY).is_success
        found = controller.get(f"{where}/code").json()
        found["metadata"]["annotations"]["notebooks.kubeflow.org/last_activity_check_timestamp"] = A_DAY
        assert controller.put(f"{where}/code", json=found).is_success
    found = notebooks.get(f"{where}/code")
    found["metadata"]["annotations"][STOPPED] = A_DAY
    notebooks.http.put(f"{where}/code", json=found).raise_for_status()
    with notebooks.workload("notebook-controller") as controller:
        again = controller.get(f"{where}/code").json()
        del again["metadata"]["annotations"]["notebooks.kubeflow.org/last-activity"]
        assert controller.put(f"{where}/code", json=again).is_success  # as it does to one that is stopped


def test_the_others_are_stopped_after_a_time_of_their_own(notebooks: Application) -> None:
    cull(notebooks, cull_others_time=7 * 24 * 60)
    where = in_a_profile(notebooks)
    notebooks.http.post(where, json=server("code", {TYPE: "group-one"})).raise_for_status()
    with notebooks.workload("notebook-controller") as controller:
        assert eventually(partial(refused, controller, f"{where}/code", A_DAY))
        assert stop(controller, f"{where}/code", A_WEEK).is_success
