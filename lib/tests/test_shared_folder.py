"""A folder that several containers see, and a program that takes its time to end."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.parts import Part, Sandbox, SharedFolder, Workload
from kubeflow_charms.run import Twice
from support.examples import Deploy


def plan(charm: Any) -> Iterator[Part]:
    yield Sandbox(container="app", writable=("/tmp",))
    yield Sandbox(container="page")
    yield SharedFolder("notes", "/run/notes", ("app", "page"))
    yield Workload(container="app", command="run", kill_delay=60)


def test_both_containers_mount_the_same_memory(deploy: Deploy) -> None:
    deployment = deploy(plan, containers={"app": {}, "page": {}})
    deployment.settle(deployment.state())
    spec = deployment.stateful_set["spec"]["template"]["spec"]
    assert {"name": "notes", "emptyDir": {"medium": "Memory"}} in spec["volumes"]
    for container in spec["containers"]:
        mounted = {"name": "notes", "mountPath": "/run/notes"} in container["volumeMounts"]
        assert mounted == (container["name"] in ("app", "page"))


def test_two_folders_of_one_name_are_refused(deploy: Deploy) -> None:
    def twice(charm: Any) -> Iterator[Part]:
        yield from plan(charm)
        yield SharedFolder("notes", "/run/more", ("app",))

    deployment = deploy(twice, containers={"app": {}, "page": {}})
    with pytest.raises(Exception, match="the shared folder notes twice") as raised:
        deployment.settle(deployment.state())
    assert isinstance(raised.value.__cause__, Twice)


def test_a_program_is_given_its_time_to_end(deploy: Deploy) -> None:
    deployment = deploy(plan, containers={"app": {}, "page": {}})
    state = deployment.settle(deployment.state())
    assert state.get_container("app").plan.services["app"].to_dict().get("kill-delay") == "60s"
