"""What a new plan no longer has goes, but only what the plan surely no longer has, and never a CRD."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms import Waiting
from kubeflow_charms.parts import Crds, Manifests, Part
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ name }}}\n"
MANY = "{% for name in names %}---\n" + MANIFEST + "{% endfor %}"
CRDS = "group: example.com\nkinds:\n  Thing: {plural: things, versions: {v1: {storage: true}}}\n"
OPTIONS = {
    "names": {"type": "string", "default": "a b c"},
    "crds": {"type": "boolean", "default": True},
    "stop": {"type": "boolean", "default": False},
}


def plan(charm: Any) -> Iterator[Part]:
    if charm.config["crds"]:
        yield Crds("crds.yaml", version="1")
    if charm.config["stop"]:
        raise Waiting("the moon")
    yield Manifests("many", "many.yaml.j2", {"names": charm.config["names"].split()})


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    return deploy(plan, sources={"many.yaml.j2": MANY, "crds.yaml": CRDS}, config={"options": OPTIONS})


def configured(deployment: Deployment, state: testing.State, **config: Any) -> testing.State:
    return deployment.run(deployment.context.on.config_changed(), dataclasses.replace(state, config=config))


def maps(deployment: Deployment) -> list[str]:
    return [name.split()[1] for name in deployment.cluster.kinds() if name.startswith("ConfigMap")]


def test_an_object_that_the_plan_no_longer_has_is_deleted(example: Deployment) -> None:
    state = configured(example, example.state())
    assert maps(example) == ["a", "b", "c"]
    configured(example, state, names="a c")
    assert maps(example) == ["a", "c"]


def test_a_part_that_the_plan_no_longer_has_is_deleted(example: Deployment) -> None:
    configured(example, configured(example, example.state()), names="")
    assert maps(example) == []


def test_nothing_is_deleted_while_the_plan_stops_halfway(example: Deployment) -> None:
    state = configured(example, configured(example, example.state()), stop=True)
    assert maps(example) == ["a", "b", "c"]
    configured(example, state, names="a")
    assert maps(example) == ["a"]


def test_a_crd_that_the_plan_no_longer_has_stays(example: Deployment) -> None:
    configured(example, configured(example, example.state()), crds=False)
    assert "CustomResourceDefinition things.example.com" in example.cluster.kinds()


def test_what_another_made_under_the_same_kind_stays(example: Deployment) -> None:
    path = "/api/v1/namespaces/edge/configmaps/theirs"
    example.cluster.add(path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "theirs"}})
    configured(example, configured(example, example.state()), names="a")
    assert maps(example) == ["a", "theirs"]


def test_what_was_pruned_once_is_not_ours_when_another_makes_it_later(example: Deployment) -> None:
    state = configured(example, configured(example, example.state()), names="a")
    path = "/api/v1/namespaces/edge/configmaps/b"
    theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}
    example.cluster.add(path, theirs, manager="helm")
    state = configured(example, state, names="a b")
    assert "ConfigMap b belongs to helm" in state.unit_status.message
    example.run(example.context.on.stop(), dataclasses.replace(state, planned_units=0))
    assert maps(example) == ["b"]


def test_a_deletion_that_failed_is_made_up_for(example: Deployment) -> None:
    state = configured(example, example.state())
    example.cluster.refuse = lambda request: 503 if request.method == "DELETE" else None
    state = configured(example, state, names="a")
    assert isinstance(state.unit_status, ops.WaitingStatus)
    example.cluster.refuse = lambda request: None
    state = configured(example, state, names="a")
    assert maps(example) == ["a"]
    assert state.unit_status == ops.ActiveStatus()


def test_the_next_leader_prunes_what_the_one_before_it_made(example: Deployment) -> None:
    state = configured(example, example.state())
    (example.charm_folder / ".applied").unlink()
    configured(example, state, names="b")
    assert maps(example) == ["b"]


def test_what_was_begun_when_the_hook_failed_is_pruned_all_the_same(example: Deployment) -> None:
    def stop_at_b(request: httpx2.Request) -> Any:
        return 503 if request.method == "PATCH" and request.url.path.endswith("/b") else None

    example.cluster.refuse = stop_at_b
    state = configured(example, example.state())
    assert maps(example) == ["a"]
    example.cluster.refuse = lambda request: None
    configured(example, state, names="c")
    assert maps(example) == ["c"]


def test_a_spoilt_record_only_costs_applying_again(example: Deployment) -> None:
    state = configured(example, example.state())
    example.stateful_set["metadata"]["annotations"]["kubeflow-charms/applied"] = "spoilt"
    (example.charm_folder / ".applied").unlink()
    state = configured(example, state)
    assert state.unit_status == ops.ActiveStatus()
    assert maps(example) == ["a", "b", "c"]
