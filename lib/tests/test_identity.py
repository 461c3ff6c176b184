"""A workload's tokens: asked for, bound to the pod, renewed in time, and in no Secret."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.parts import Part, Program, Token, Workload
from kubeflow_charms.sandbox import identity
from kubeflow_charms.sandbox.identity import FOLDER, LIFE
from ops import pebble, testing
from support.deployment import Deployment
from support.examples import Deploy

ROLE = "cluster:\n  - {apiGroups: [''], resources: [nodes], verbs: [get]}\n"
DAY = 86400
PIPELINES = "/var/run/secrets/pipelines/token"


@dataclasses.dataclass
class Clock:
    now: float = 1_800_000_000

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(identity, "time", found)
    return found


def plan(charm: Any) -> Iterator[Part]:
    yield Workload(container="app", command="run")


@pytest.fixture
def example(deploy: Deploy, clock: Clock) -> Deployment:
    program = Program("app", role="role.yaml", tokens=(Token(PIPELINES, "pipelines"),))
    return deploy(plan, programs=(program,), sources={"role.yaml": ROLE})


def later(deployment: Deployment, state: testing.State) -> testing.State:
    return deployment.run(deployment.context.on.update_status(), state)


def token(deployment: Deployment, path: str = f"{FOLDER}/token") -> str:
    return deployment.files["app"][path].text


def test_the_token_is_the_accounts_own_and_ends_with_the_pod(example: Deployment) -> None:
    example.settle(example.state())
    assert token(example).startswith("example-app  until example-0-identity")
    bound = example.cluster.find("Secret", "example-0-identity")
    assert "data" not in bound
    (owner,) = bound["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Pod", example.cluster.find("Pod", "example-0")["metadata"]["uid"])


def test_what_client_libraries_look_for_lies_beside_it_for_the_workload_alone(example: Deployment) -> None:
    example.settle(example.state())
    written = example.files["app"]
    assert (written[f"{FOLDER}/namespace"].text, written[f"{FOLDER}/ca.crt"].text) == (
        "edge",
        "the cluster's authority",
    )
    assert written[f"{FOLDER}/token"].mode == 0o600


def test_a_token_for_another_audience_is_of_the_same_account(example: Deployment) -> None:
    example.settle(example.state())
    assert token(example, PIPELINES).startswith("example-app pipelines until example-0-identity")


def test_no_secret_holds_a_token(example: Deployment) -> None:
    example.settle(example.state())
    assert not [item for item in example.cluster.objects.values() if item["kind"] == "Secret" and item.get("data")]


def test_a_hook_before_half_of_its_life_asks_for_nothing(example: Deployment, clock: Clock) -> None:
    state = example.settle(example.state())
    clock.now += LIFE / 2 - 60
    example.cluster.calls.clear()
    later(example, state)
    assert example.cluster.calls == []


def test_it_is_renewed_when_half_of_its_life_is_over_and_the_program_runs_on(example: Deployment, clock: Clock) -> None:
    state = example.settle(example.state())
    before, plans = token(example), state.get_container("app").plan
    clock.now += LIFE / 2 + 60
    after = later(example, state)
    assert token(example) != before
    assert after.get_container("app").plan == plans
    asked = example.cluster.tokens
    later(example, after)
    assert example.cluster.tokens == asked


def test_a_shorter_life_that_the_cluster_grants_is_minded(
    example: Deployment, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = example.cluster.token
    monkeypatch.setattr(example.cluster, "token", lambda *given: {**answer(*given), "expirationSeconds": 3600})
    state = example.settle(example.state())
    before = token(example)
    clock.now += 1700
    assert token(example) == before
    clock.now += 200
    later(example, state)
    assert token(example) != before


def test_a_charm_that_cannot_run_for_a_day_harms_nobody(example: Deployment, clock: Clock) -> None:
    state = example.settle(example.state())
    clock.now += LIFE / 2 + DAY - 60
    example.cluster.refuse = lambda request: 503
    after = later(example, state)
    assert after.get_container("app").service_statuses == {"app": pebble.ServiceStatus.ACTIVE}
    assert after.unit_status == ops.WaitingStatus("waiting for the Kubernetes API (503 for Pod example-0)")


def test_no_program_starts_without_a_token(example: Deployment) -> None:
    state = example.run(example.context.on.config_changed(), example.state())
    example.roll()
    example.cluster.refuse = lambda request: 503 if request.url.path.endswith("/token") else None
    state = later(example, state)
    assert all(not container.plan.services for container in state.containers)
    assert isinstance(state.unit_status, ops.WaitingStatus)
    example.cluster.refuse = lambda request: None
    assert later(example, state).unit_status == ops.ActiveStatus()


def test_under_another_clock_it_is_renewed(example: Deployment, clock: Clock) -> None:
    state = example.settle(example.state())
    before = token(example)
    clock.now -= 10 * DAY
    later(example, state)
    assert token(example) != before


def test_a_container_that_started_anew_gets_one(example: Deployment) -> None:
    state = example.settle(example.state())
    before = token(example)
    emptied = {testing.Container(name, can_connect=True) for name in example.containers}
    later(example, dataclasses.replace(state, containers=emptied))
    assert token(example) != before


def test_in_another_pod_the_tokens_of_the_one_before_are_ended(example: Deployment) -> None:
    state = example.settle(example.state())
    before = example.cluster.find("Secret", "example-0-identity")["metadata"]["uid"]
    example.marker.unlink()
    example.roll()
    emptied = {testing.Container(name, can_connect=True) for name in example.containers}
    later(example, dataclasses.replace(state, containers=emptied))
    assert example.cluster.find("Secret", "example-0-identity")["metadata"]["uid"] != before


def test_a_unit_that_does_not_lead_asks_for_its_own(example: Deployment) -> None:
    example.settle(example.state())
    example.files.clear()
    example.charm_folder.joinpath(".tokens").unlink()
    example.run(example.context.on.config_changed(), example.state(leader=False))
    assert token(example).startswith("example-app ")
