"""A program that elects no leader among several of its kind runs on the unit that leads."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms import Waiting
from kubeflow_charms.parts import Part, Program, TcpCheck, Workload
from ops import pebble, testing
from support.deployment import Deployment, passing
from support.examples import Deploy


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    def plan(charm: Any) -> Iterator[Part]:
        if charm.config["stop"]:
            raise Waiting("the moon")
        yield Workload(container="app", command="run", checks={"app": TcpCheck(8080)})

    options = {"stop": {"type": "boolean", "default": False}}
    return deploy(plan, programs=(Program("app", leader_only=True),), config={"options": options})


def run(deployment: Deployment, state: testing.State) -> testing.State:
    deployment.run(deployment.context.on.config_changed(), deployment.state())
    deployment.roll()
    return deployment.run(deployment.context.on.config_changed(), state)


def service(state: testing.State) -> pebble.ServiceStatus | None:
    return state.get_container("app").service_statuses.get("app")


def test_a_unit_that_never_led_runs_nothing(deployment: Deployment) -> None:
    state = run(deployment, deployment.state(leader=False))
    assert state.get_container("app").plan.services == {}
    assert state.unit_status == testing.ActiveStatus()


def test_a_unit_that_leads_no_longer_stops_the_program_and_its_checks(deployment: Deployment) -> None:
    led = passing(run(deployment, deployment.state()))
    state = run(deployment, dataclasses.replace(led, leader=False))
    assert service(state) == pebble.ServiceStatus.INACTIVE
    assert [check.status for check in state.get_container("app").check_infos] == [pebble.CheckStatus.INACTIVE]


def test_it_stops_the_program_even_where_the_plan_does_not_get_there(deployment: Deployment) -> None:
    led = passing(run(deployment, deployment.state()))
    state = run(deployment, dataclasses.replace(led, leader=False, config={"stop": True}))
    assert service(state) == pebble.ServiceStatus.INACTIVE


def test_a_unit_that_leads_again_starts_it_again(deployment: Deployment) -> None:
    led = passing(run(deployment, deployment.state()))
    idle = run(deployment, dataclasses.replace(led, leader=False))
    state = run(deployment, dataclasses.replace(idle, leader=True))
    assert service(state) == pebble.ServiceStatus.ACTIVE


def test_a_container_that_is_not_up_is_not_waited_for(deployment: Deployment) -> None:
    state = deployment.state(leader=False, containers={testing.Container("app", can_connect=False)})
    assert run(deployment, state).unit_status == testing.ActiveStatus()
