"""A program is restarted if and only if its command, environment or a file changed, and ready when its checks pass."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ops
import pytest
from kubeflow_charms.parts import File, HttpCheck, Part, TcpCheck, Workload
from ops import pebble, testing
from support.deployment import Deployment, passing
from support.examples import Deploy
from support.filesystem import Written

CONFIG = "/etc/app/config.yaml"
OPTIONS: dict[str, Any] = {
    name: {"type": "string", "default": "1"} for name in ("command", "variable", "file", "unused")
}
OPTIONS["more"] = {"type": "string", "default": ""}
OPTIONS["mode"] = {"type": "int", "default": 0o600}


def workload(config: Mapping[str, Any]) -> Workload:
    return Workload(
        container="app",
        command=f"run {config['command']}",
        environment={"VARIABLE": config["variable"]},
        files={
            CONFIG: File(config["file"], config["mode"]),
            **{f"/etc/app/more/{name}": File(name) for name in config.get("more", "").split()},
        },
        checks={"http": HttpCheck(8080, "/healthz"), "tcp": TcpCheck(9090)},
        folder="/srv",
    )


def plan(charm: Any) -> Iterator[Part]:
    yield workload(charm.config)


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    return deploy(plan, config={"options": OPTIONS})


@pytest.fixture
def replans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    original = ops.Container.replan
    monkeypatch.setattr(ops.Container, "replan", lambda self: (found.append(self.name), original(self)))
    return found


def settled(deployment: Deployment) -> testing.State:
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    return deployment.run(deployment.context.on.config_changed(), passing(state))


def test_the_program_runs_with_its_command_environment_files_and_checks(example: Deployment) -> None:
    state = settled(example)
    container = state.get_container("app")
    service = container.plan.services["app"]
    assert (service.command, service.environment, service.working_dir) == ("run 1", {"VARIABLE": "1"}, "/srv")
    assert container.plan.checks["http"].http == {"url": "http://localhost:8080/healthz"}
    assert container.plan.checks["tcp"].tcp == {"port": 9090}
    written = example.files["app"][CONFIG]
    assert (written.text, written.mode) == ("1", 0o600)
    assert container.service_statuses == {"app": pebble.ServiceStatus.ACTIVE}
    assert state.unit_status == ops.ActiveStatus()


@pytest.mark.parametrize("changed", [{"command": "2"}, {"variable": "2"}, {"file": "2"}, {"mode": 0o644}])
def test_the_program_is_restarted_when_what_it_runs_on_changes(
    example: Deployment, replans: list[str], changed: dict[str, Any]
) -> None:
    state = settled(example)
    before = state.get_container("app").plan.services["app"]
    replans.clear()
    state = example.run(example.context.on.config_changed(), dataclasses.replace(state, config=changed))
    assert replans == ["app"]
    assert state.get_container("app").plan.services["app"] != before


@pytest.mark.parametrize("event", ["config_changed", "update_status", "leader_elected"])
def test_the_program_is_not_restarted_otherwise(example: Deployment, replans: list[str], event: str) -> None:
    state = settled(example)
    replans.clear()
    state = dataclasses.replace(state, config={"unused": "2"})
    example.run(getattr(example.context.on, event)(), state)
    assert replans == []


def configured(deployment: Deployment, state: testing.State, **config: Any) -> testing.State:
    return deployment.run(deployment.context.on.config_changed(), dataclasses.replace(state, config=config))


def test_a_file_that_the_plan_no_longer_has_goes_and_the_program_is_restarted(
    example: Deployment, replans: list[str]
) -> None:
    state = configured(example, settled(example), more="a b")
    assert example.files["app"].keys() == {CONFIG, "/etc/app/more/a", "/etc/app/more/b"}
    replans.clear()
    configured(example, state, more="b")
    assert example.files["app"].keys() == {CONFIG, "/etc/app/more/b"}
    assert replans == ["app"]


def test_a_file_goes_that_a_container_still_had_when_it_started_anew(example: Deployment) -> None:
    state = configured(example, settled(example), more="a")
    fresh = dataclasses.replace(state, containers={testing.Container("app", can_connect=True)})
    configured(example, fresh, more="")
    assert example.files["app"].keys() == {CONFIG}


def test_a_file_goes_whose_removal_failed_in_the_hook_before(
    example: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = configured(example, settled(example), more="a b")
    with monkeypatch.context() as patch:
        patch.setattr(ops.Container, "remove_path", raising(pebble.PathError("generic-file-error", "busy")))
        failed = configured(example, state, more="")
    assert isinstance(failed.unit_status, ops.WaitingStatus)
    assert configured(example, failed, more="").unit_status != failed.unit_status
    assert example.files["app"].keys() == {CONFIG}


def test_what_somebody_else_wrote_and_what_is_gone_already_is_no_obstacle(example: Deployment) -> None:
    state = configured(example, settled(example), more="a")
    example.files["app"].pop("/etc/app/more/a")
    example.files["app"]["/etc/app/theirs"] = Written("theirs", 0o600)
    configured(example, state, more="")
    assert example.files["app"].keys() == {CONFIG, "/etc/app/theirs"}


def test_a_changed_file_is_written_before_the_program_is_restarted(example: Deployment) -> None:
    state = settled(example)
    example.run(example.context.on.config_changed(), dataclasses.replace(state, config={"file": "2"}))
    assert example.files["app"][CONFIG].text == "2"


def test_no_text_of_a_file_is_in_the_layer(example: Deployment) -> None:
    state = dataclasses.replace(example.state(), config={"file": "password-of-somebody"})
    state = example.run(example.context.on.config_changed(), state)
    assert "password-of-somebody" not in state.get_container("app").plan.to_yaml()


def test_a_container_that_has_not_started_is_waited_for(example: Deployment) -> None:
    state = example.state(containers={testing.Container("app", can_connect=False)})
    state = example.run(example.context.on.config_changed(), state)
    assert state.unit_status == ops.WaitingStatus("waiting for container app to start")


def test_a_restarted_container_gets_its_files_and_program_again(example: Deployment) -> None:
    settled(example)
    example.files.clear()
    container = testing.Container("app", can_connect=True)
    state = example.run(example.context.on.pebble_ready(container), example.state(containers={container}))
    assert state.get_container("app").service_statuses == {"app": pebble.ServiceStatus.ACTIVE}
    assert example.files["app"][CONFIG].text == "1"


def test_a_program_that_stopped_is_started_again(example: Deployment, replans: list[str]) -> None:
    state = settled(example)
    replans.clear()
    stopped = dataclasses.replace(state.get_container("app"), service_statuses={"app": pebble.ServiceStatus.INACTIVE})
    state = example.run(example.context.on.update_status(), dataclasses.replace(state, containers={stopped}))
    assert replans == ["app"]
    assert state.get_container("app").service_statuses == {"app": pebble.ServiceStatus.ACTIVE}


def with_check(state: testing.State, name: str, **fields: Any) -> testing.State:
    container = state.get_container("app")
    infos = {dataclasses.replace(info, **fields) if info.name == name else info for info in container.check_infos}
    return dataclasses.replace(state, containers={dataclasses.replace(container, check_infos=infos)})


@pytest.mark.parametrize(
    "fields",
    [{"status": pebble.CheckStatus.DOWN, "failures": 3}, {"status": pebble.CheckStatus.UP, "successes": 0}],
    ids=["down", "not yet run"],
)
def test_a_program_whose_check_does_not_pass_is_waited_for(example: Deployment, fields: dict[str, Any]) -> None:
    state = example.run(example.context.on.config_changed(), example.state())
    state = example.run(example.context.on.config_changed(), with_check(passing(state), "http", **fields))
    assert state.unit_status == ops.WaitingStatus("waiting for app to answer")


def test_a_program_that_has_answered_is_asked_less_often_and_counts_as_up_meanwhile(example: Deployment) -> None:
    state = example.run(example.context.on.config_changed(), example.state())
    assert {check.period for check in state.get_container("app").plan.checks.values()} == {"3s"}
    state = example.run(example.context.on.config_changed(), passing(state))
    assert {check.period for check in state.get_container("app").plan.checks.values()} == {"10s"}
    # Pebble begins to count anew where a check is another.
    state = example.run(example.context.on.config_changed(), with_check(state, "http", successes=0))
    assert state.unit_status == ops.ActiveStatus()


def test_a_changed_program_has_to_answer_soon_again(example: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    state = dataclasses.replace(settled(example), config={"command": "2"})
    periods: list[Any] = []
    original = ops.Container.replan
    monkeypatch.setattr(
        ops.Container,
        "replan",
        lambda self: (periods.extend(check.period for check in self.get_plan().checks.values()), original(self)),
    )
    example.run(example.context.on.config_changed(), state)
    assert periods == ["3s", "3s"]


def test_a_failed_check_and_its_recovery_reach_the_status(example: Deployment) -> None:
    state = with_check(settled(example), "tcp", status=pebble.CheckStatus.DOWN, failures=3)
    container = state.get_container("app")
    info = next(item for item in container.check_infos if item.name == "tcp")
    state = example.run(example.context.on.pebble_check_failed(container, info), state)
    assert isinstance(state.unit_status, ops.WaitingStatus)
    state = with_check(state, "tcp", status=pebble.CheckStatus.UP, failures=0, successes=1)
    container = state.get_container("app")
    info = next(item for item in container.check_infos if item.name == "tcp")
    state = example.run(example.context.on.pebble_check_recovered(container, info), state)
    assert state.unit_status == ops.ActiveStatus()


def raising(error: Exception) -> Callable[..., Any]:
    def refuse(*arguments: Any, **fields: Any) -> None:
        raise error

    return refuse


@pytest.mark.parametrize("method", ["push", "add_layer", "replan", "get_plan", "stop_checks", "get_checks"])
@pytest.mark.parametrize(
    "error",
    [
        pebble.ConnectionError("the pod is going"),
        pebble.APIError({}, 500, "internal", "broken"),
        pebble.TimeoutError("timed out"),
        pebble.PathError("generic-file-error", "no space left on device"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_pebble_that_fails_is_waited_for_and_tried_again(
    example: Deployment, monkeypatch: pytest.MonkeyPatch, method: str, error: Exception
) -> None:
    state = settled(example)
    with monkeypatch.context() as patch:
        patch.setattr(ops.Container, method, raising(error))
        changed = dataclasses.replace(state, config={"file": "2"})
        broken = example.run(example.context.on.config_changed(), changed)
    if (method, type(error)) != ("stop_checks", pebble.APIError):
        assert isinstance(broken.unit_status, ops.WaitingStatus)
    mended = example.run(example.context.on.update_status(), broken)
    mended = example.run(example.context.on.update_status(), passing(mended))
    assert mended.unit_status == ops.ActiveStatus()
    assert example.files["app"][CONFIG].text == "2"


def test_a_program_that_ends_at_once_blocks_with_the_command_that_shows_why(
    example: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    change: Any = None
    monkeypatch.setattr(ops.Container, "replan", raising(pebble.ChangeError("exited quickly", change)))
    state = example.run(example.context.on.config_changed(), example.state())
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert "kubectl logs -n edge example-0 -c app" in state.unit_status.message


def test_one_container_that_waits_does_not_keep_the_next_from_running(deploy: Deploy) -> None:
    def two(charm: Any) -> Iterator[Part]:
        yield Workload(container="first", command="run")
        yield Workload(container="second", command="run")

    deployment = deploy(two, containers={"first": {}, "second": {}})
    containers = {testing.Container("first", can_connect=False), testing.Container("second", can_connect=True)}
    state = deployment.run(deployment.context.on.update_status(), deployment.state(containers=containers))
    assert state.get_container("second").service_statuses == {"second": pebble.ServiceStatus.ACTIVE}
    assert state.unit_status == ops.WaitingStatus("waiting for container first to start")
