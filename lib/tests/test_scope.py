"""Workloads run on every unit; only the leader writes for the application."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import msgspec
import ops
from kubeflow_charms import Charm, Interface, Provides, Waiting
from kubeflow_charms.parts import Manifests, Part, Ports, TcpCheck, Workload
from kubeflow_charms.relations.codecs import Flat
from ops import testing
from support.deployment import Deployment, passing
from support.examples import Deploy


class Address(msgspec.Struct):
    url: str


ADDRESS = Interface("address", provider=Flat(Address), requirer=Flat(Address))


def plan(charm: Any) -> Iterator[Part]:
    yield Manifests("settings", "settings.yaml.j2")
    yield Ports(8080)
    yield charm.address.send(Address("http://here"))
    yield Workload(container="app", command="run", checks={"up": TcpCheck(8080)})


def example(deploy: Deploy) -> tuple[Deployment, testing.Relation]:
    deployment = deploy(
        plan, attributes={"address": Provides("address", ADDRESS)}, provides={"address": {"interface": "address"}}
    )
    return deployment, testing.Relation("address")


def test_a_unit_that_does_not_lead_makes_no_kubernetes_call(deploy: Deploy) -> None:
    deployment, relation = example(deploy)
    state = deployment.state(leader=False, relations={relation})
    deployment.run(deployment.context.on.config_changed(), state)
    assert deployment.cluster.calls == []


def test_a_unit_that_does_not_lead_writes_no_application_databag(deploy: Deploy) -> None:
    deployment, relation = example(deploy)
    state = deployment.state(leader=False, relations={relation})
    state = deployment.run(deployment.context.on.relation_changed(relation), state)
    assert state.get_relation(relation.id).local_app_data == {}


def test_a_new_unit_starts_no_workload_before_juju_has_told_it_of_its_relations(deploy: Deploy) -> None:
    deployment, _ = example(deploy)
    state = deployment.run(deployment.context.on.install(), deployment.state(leader=False))
    assert state.get_container("app").service_statuses == {}
    assert state.unit_status == ops.WaitingStatus("waiting for Juju to tell of the relations")


def test_a_unit_that_does_not_lead_runs_its_workload_and_opens_its_ports(deploy: Deploy) -> None:
    deployment, relation = example(deploy)
    state = deployment.state(leader=False, relations={relation})
    state = deployment.run(deployment.context.on.config_changed(), state)
    state = deployment.run(deployment.context.on.config_changed(), passing(state))
    assert state.get_container("app").service_statuses["app"] == ops.pebble.ServiceStatus.ACTIVE
    assert {port.port for port in state.opened_ports} == {8080}
    assert state.unit_status == ops.ActiveStatus()


def test_the_leader_writes_the_application_databag(deploy: Deploy) -> None:
    deployment, relation = example(deploy)
    state = deployment.state(relations={relation})
    state = deployment.run(deployment.context.on.relation_changed(relation), state)
    assert state.get_relation(relation.id).local_app_data == {"url": "http://here"}


def test_nobody_is_told_of_what_the_cluster_does_not_have_yet(deploy: Deploy) -> None:
    deployment, relation = example(deploy)
    state = deployment.state(relations={relation})
    state = deployment.run(deployment.context.on.relation_created(relation), state)
    assert state.get_relation(relation.id).local_app_data == {}
    state = deployment.run(deployment.context.on.leader_elected(), state)
    assert state.get_relation(relation.id).local_app_data == {"url": "http://here"}


def test_the_leader_takes_back_what_it_no_longer_says(deploy: Deploy) -> None:
    deployment, _ = example(deploy)
    relation = testing.Relation("address", local_app_data={"url": "http://old", "stale": "yes"})
    state = deployment.state(relations={relation})
    state = deployment.run(deployment.context.on.relation_changed(relation), state)
    assert state.get_relation(relation.id).local_app_data == {"url": "http://here"}


def test_a_follower_with_a_new_secret_goes_on(deploy: Deploy) -> None:
    def secretive(charm: Charm) -> Iterator[Part]:
        content = charm.secrets.ensure("login", lambda: {"password": "made"})
        yield Workload(container="app", command=f"run {content['password']}")

    deployment = deploy(secretive)
    state = deployment.run(deployment.context.on.config_changed(), deployment.state(leader=False))
    assert state.unit_status == ops.WaitingStatus(f"waiting for {Waiting('the leader to make the secret login')}")
    secret = testing.Secret({"password": "first"}, owner="app", label="login")
    state = dataclasses.replace(state, secrets={secret})
    state = deployment.run(deployment.context.on.config_changed(), state)
    assert state.get_container("app").plan.services["app"].command == "run first"
