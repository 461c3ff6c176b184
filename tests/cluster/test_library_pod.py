"""The application's pod, which is Juju's and gets identities, mounts and limits; and what its tokens open."""

from typing import Any

import ops
from support.apiserver import Object
from support.application import Application
from support.eventually import eventually
from support.library import Paths, pass_quarter, settled, with_data


def test_containers_stay_in_the_order_in_which_juju_has_them(application: Application) -> None:
    """Juju may write the StatefulSet again; were the order another one then, the pod would be replaced for nothing."""
    path = f"/apis/apps/v1/namespaces/{application.model}/statefulsets/example"

    def order() -> list[str]:
        return [item["name"] for item in application.get(path)["spec"]["template"]["spec"]["containers"]]

    juju = order()
    assert juju != sorted(juju)
    state = settled(application, "a=1")
    assert order() == juju
    generation = application.get(path)["metadata"]["generation"]
    application.run(with_data(state, "a=2"))
    assert (order(), application.get(path)["metadata"]["generation"]) == (juju, generation)


def test_the_pod_keeps_what_juju_wants_of_it(application: Application) -> None:
    settled(application)
    pod = application.get(application.stateful_set)["spec"]["template"]
    containers = {item["name"]: item for item in pod["spec"]["containers"]}
    assert containers["app"]["image"] == "app"
    mounts = {name: {mount["mountPath"] for mount in item["volumeMounts"]} for name, item in containers.items()}
    assert mounts["app"] == {"/charm", "/etc/app", "/var/run/secrets/kubernetes.io/serviceaccount"}
    assert mounts["charm"] == {"/charm", "/var/run/kubeflow-charms"}
    assert containers["app"]["resources"]["limits"] == {"memory": "64Mi"}
    assert pod["metadata"]["labels"] == {"app.kubernetes.io/name": "example", "own": "label"}


def test_juju_can_go_on_to_update_the_pod(application: Application) -> None:
    state = settled(application)
    before = application.get(application.stateful_set)

    def update(item: Object) -> None:
        item["spec"]["template"]["spec"]["containers"][0]["image"] = "newer"

    application.edit(application.stateful_set, "juju", update)
    assert application.run(state, "upgrade_charm").unit_status == ops.ActiveStatus()
    update(before)
    assert application.get(application.stateful_set)["spec"]["template"] == before["spec"]["template"]


def constrain(application: Application, memory: str | None) -> None:
    """Run `juju set-constraints`, as Juju writes it into the StatefulSet; None takes the constraint away."""
    app = {"name": "app", "resources": {"limits": {"memory": memory}}}
    application.http.patch(
        application.stateful_set,
        json={"spec": {"template": {"spec": {"containers": [app]}}}},
        headers={"Content-Type": "application/strategic-merge-patch+json"},
        params={"fieldManager": "juju"},
    ).raise_for_status()


def limit(application: Application) -> Any:
    containers = application.get(application.stateful_set)["spec"]["template"]["spec"]["containers"]
    return next(item for item in containers if item["name"] == "app")["resources"].get("limits")


def test_an_operators_constraint_wins_over_the_charms_limit(application: Application) -> None:
    constrain(application, "4Gi")
    settled(application)
    assert limit(application) == {"memory": "4Gi"}


def test_a_constraint_that_comes_later_wins_and_one_that_goes_gives_way(application: Application) -> None:
    state = settled(application)
    constrain(application, "4Gi")
    state = pass_quarter(application, state)
    assert state.unit_status == ops.ActiveStatus()
    assert limit(application) == {"memory": "4Gi"}
    constrain(application, None)
    state = pass_quarter(application, state)
    assert state.unit_status == ops.ActiveStatus()
    assert limit(application) == {"memory": "64Mi"}


def test_a_container_that_the_charm_has_no_more_is_taken_out_of_the_pod(application: Application) -> None:
    state = settled(application)
    application.run(state, "upgrade_charm")
    containers = [
        item["name"] for item in application.get(application.stateful_set)["spec"]["template"]["spec"]["containers"]
    ]
    assert sorted(containers) == ["app", "charm"]
    old = {"name": "old", "image": "old"}
    patch = {"spec": {"template": {"spec": {"containers": [old]}}}}
    for manager, kind in (("juju", "strategic-merge-patch+json"), ("example.pod", "apply-patch+yaml")):
        metadata = {"name": "example", "annotations": {}}
        body = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, **patch}
        application.http.patch(
            application.stateful_set,
            json=body,
            headers={"Content-Type": f"application/{kind}"},
            params={"fieldManager": manager},
        ).raise_for_status()
    application.run(state, "upgrade_charm")
    containers = [
        item["name"] for item in application.get(application.stateful_set)["spec"]["template"]["spec"]["containers"]
    ]
    assert sorted(containers) == ["app", "charm"]


def test_a_workloads_token_opens_what_its_role_says_and_nothing_else(application: Application, paths: Paths) -> None:
    settled(application)
    with application.workload("app") as client:
        assert client.get(paths.settings).status_code == 200
        assert client.get("/api/v1/nodes").status_code == 200
        assert client.get("/api/v1/secrets").status_code == 403
        assert client.get(f"/api/v1/namespaces/{application.model}/secrets").status_code == 403
        assert client.delete(paths.settings).status_code == 403
        assert client.get("/api/v1/namespaces/default/configmaps").status_code == 403


def test_a_workloads_token_ends_with_the_pod_and_is_in_no_secret(application: Application) -> None:
    settled(application)
    with application.workload("app") as client:
        assert client.get("/api/v1/nodes").status_code == 200
        listed = application.get(f"/api/v1/namespaces/{application.model}/secrets")["items"]
        assert [item["metadata"]["name"] for item in listed if not item.get("data")] == ["example-0-identity"]
        assert not [item for item in listed if item["type"] == "kubernetes.io/service-account-token"]
        application.http.delete(f"/api/v1/namespaces/{application.model}/pods/example-0").raise_for_status()
        eventually(lambda: client.get("/api/v1/nodes").status_code == 401)
