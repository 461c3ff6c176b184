"""One unit holds the data: a Service leads to it alone, and no other unit passes for it."""

from collections.abc import Iterator
from typing import Any

import ops
from kubeflow_charms.parts import FirstUnit, Part
from support.examples import Deploy


def plan(charm: Any) -> Iterator[Part]:
    yield FirstUnit({"api": 9000})


def test_a_service_leads_to_the_first_units_pod(deploy: Deploy) -> None:
    deployment = deploy(plan)
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert state.unit_status == ops.ActiveStatus()
    spec = deployment.cluster.find("Service", "example-primary")["spec"]
    assert spec["selector"] == {"statefulset.kubernetes.io/pod-name": "example-0"}
    assert spec["ports"] == [{"name": "api", "port": 9000, "targetPort": 9000}]


def test_another_unit_is_blocked_with_what_to_type(deploy: Deploy) -> None:
    deployment = deploy(plan)
    deployment.context.unit_id = 1
    state = deployment.run(deployment.context.on.config_changed(), deployment.state(leader=False, planned_units=2))
    assert state.unit_status == ops.BlockedStatus(
        "example keeps its data on the storage of example/0 and runs only there, run: juju scale-application example 1"
    )
