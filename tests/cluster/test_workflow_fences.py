"""What Kubernetes keeps whoever edits one profile from doing to another's runs, schedules and locks."""

import contextlib
import copy
import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support import rights, samples
from support.apiserver import ApiServer
from support.application import Application, deployed_on
from support.deployment import deployed
from support.eventually import eventually
from support.related import Described

CHARMS = pathlib.Path(__file__).parents[2] / "charms"
ARGO = "/apis/argoproj.io/v1alpha1"
SCHEDULES = "/apis/kubeflow.org/v1beta1/namespaces/eve/scheduledworkflows"
RUN = "pipeline/runid"
MERGE = {"Content-Type": "application/merge-patch+json"}
EVE = "eve@example.com"
ACCOUNT = "system:serviceaccount:eve:default-editor"
CONTROLLER = "system:serviceaccount:elsewhere:any-workflow-controller"
NEVER = (
    "0 0 30 2 *",
    "0 0 030 2 *",
    "0 0 +30 feb *",
    "0 0 31 4,6-6 ?",
    "0 0 29 2 */7",
    "0 0 */31 2 1",
    "0 0 *-1/31 2 1",
    "",
)
AT_TIMES = (
    "* * * * *",
    "*/5 8-18 * * MON-FRI",
    " 0 0 1,15 * * ",
    "0 0 30 4,6,9,11 *",
    "0 0 31 */2 ?",
    "0 0 31 2,Mar *",
    "0 0 30 2 1",
    "0 0 */2 2 *",
    "@every 1h",
    "@weekly",
)
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/namespaces/eve/rolebindings"


@pytest.fixture(scope="module", autouse=True)
def _profile(collected: httpx2.Client) -> Iterator[None]:
    """Let Eve and the account of her pods do all in her profile, and a controller change all workflows."""
    samples.define(collected, samples.kinds())
    labels = {"app.kubernetes.io/part-of": "kubeflow-profile"}
    collected.post("/api/v1/namespaces", json={"metadata": {"name": "eve", "labels": labels}}).raise_for_status()
    subjects = [{"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"} for name in (EVE, ACCOUNT)]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    binding = {"metadata": {"name": "editors"}, "subjects": subjects, "roleRef": role}
    collected.post(BINDINGS, json=binding).raise_for_status()
    with rights.everything(collected, CONTROLLER):
        yield
    collected.delete("/api/v1/namespaces/eve")


@contextlib.contextmanager
def running(
    name: str, server: ApiServer, http: httpx2.Client, monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path
) -> Iterator[Application]:
    """Deploy a charm with all that it asks for, and remove it afterwards."""
    described = Described.load(CHARMS / name)
    with deployed(described.charm_type, described.root, monkeypatch, folder) as deployment:
        for application in deployed_on(server, http, deployment, monkeypatch):
            relations, secrets = described.relations("ours", "published")
            state = application.settle(application.state(relations=relations, secrets=secrets))
            yield application
            application.run(dataclasses.replace(state, planned_units=0), "stop")


@dataclasses.dataclass
class Asking:
    """Somebody who asks Kubernetes; nothing that is only tried is kept."""

    http: httpx2.Client
    user: str

    def refusal(self, method: str, path: str, item: dict[str, Any], dry: bool = True) -> str:
        """Return why it is refused; nothing if it is not."""
        headers = {"Impersonate-User": self.user} | (MERGE if method == "PATCH" else {})
        parameters = {"dryRun": "All"} if dry else {}
        answer = self.http.request(method, path, json=item, params=parameters, headers=headers)
        return "" if answer.is_success else answer.json()["message"]


def kind(name: str, **changes: Any) -> dict[str, Any]:
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": name, "metadata": {"name": "w"}, "spec": {}, **changes}


def in_eves(plural: str) -> str:
    return f"{ARGO}/namespaces/eve/{plural}"


def workflow(labels: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    return kind("Workflow", metadata={"name": "w", "labels": labels or {}}, **changes)


@pytest.fixture
def pipelines(
    collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Iterator[Application]:
    with running("pipelines", apiserver, collected, monkeypatch, tmp_path) as application:
        eve = Asking(collected, EVE)
        assert eventually(lambda: eve.refusal("POST", in_eves("workflows"), workflow({RUN: "x"})))
        yield application


@pytest.fixture
def argo(
    collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Iterator[Application]:
    with running("argo-controller", apiserver, collected, monkeypatch, tmp_path) as application:
        lock = {"synchronization": {"mutex": {"name": "m", "namespace": "ada"}}}
        admin = Asking(collected, EVE)
        assert eventually(lambda: admin.refusal("POST", in_eves("workflows"), workflow(spec=lock)))
        yield application


def program(application: Application, container: str) -> str:
    return f"system:serviceaccount:{application.model}:{application.deployment.charm}-{container}"


def test_no_user_says_what_a_run_has_done(pipelines: Application) -> None:
    http, path = pipelines.http, in_eves("workflows")
    eve, pods = Asking(http, EVE), Asking(http, ACCOUNT)
    for who in (eve, pods):
        assert "for Kubeflow Pipelines to say" in who.refusal("POST", path, workflow({RUN: "of-ada"}))
        assert who.refusal("POST", path, workflow({"team": "a"}, status={"phase": "Failed"})) == ""
    assert eve.refusal("POST", path, workflow(), dry=False) == ""
    for change in ({"labels": {RUN: "of-ada"}}, {"labels": {RUN: ""}}):
        assert "for Kubeflow Pipelines to say" in eve.refusal("PATCH", f"{path}/w", {"metadata": change})
    assert eve.refusal("PATCH", f"{path}/w", {"status": {"phase": "Failed"}}) == ""
    assert http.delete(f"{path}/w", headers={"Impersonate-User": EVE}).is_success


def test_a_users_own_run_goes_on_ends_and_is_deleted(pipelines: Application) -> None:
    http, path = pipelines.http, in_eves("workflows")
    api, eve = Asking(http, program(pipelines, "api-server")), Asking(http, EVE)
    assert api.refusal("POST", path, workflow({RUN: "of-eve"}), dry=False) == ""
    for container in ("api-server", "scheduled-workflow", "metadata-writer"):
        change = {"metadata": {"labels": {"pipeline/persistedFinalState": "true"}}}
        assert Asking(http, program(pipelines, container)).refusal("PATCH", f"{path}/w", change) == ""
    controller = Asking(http, CONTROLLER)
    assert controller.refusal("PATCH", f"{path}/w", {"status": {"phase": "Running"}}, dry=False) == ""
    assert "not for users to say" in eve.refusal("PATCH", f"{path}/w", {"status": {"phase": "Succeeded"}})
    owner = {"apiVersion": "kubeflow.org/v1beta1", "kind": "ScheduledWorkflow", "name": "s", "uid": "of-ada"}
    assert "not for users to say" in eve.refusal("PATCH", f"{path}/w", {"metadata": {"ownerReferences": [owner]}})
    for label in ("of-ada", None):
        assert "leave the label" in eve.refusal("PATCH", f"{path}/w", {"metadata": {"labels": {RUN: label}}})
    assert eve.refusal("PATCH", f"{path}/w", {"spec": {"shutdown": "Terminate"}}) == ""
    assert eve.refusal("PATCH", f"{path}/w", {"metadata": {"labels": {"team": "a"}}}) == ""
    assert http.delete(f"{path}/w", headers={"Impersonate-User": EVE}).is_success


def test_argo_does_not_set_the_label_for_a_user(pipelines: Application) -> None:
    http = pipelines.http
    by_name = {"workflowMetadata": {"labels": {RUN: "of-ada"}}}
    computed = {"workflowMetadata": {"labelsFrom": {RUN: {"expression": "'of-ada'"}}}}
    later = {"workflowMetadata": {"labels": {"{{workflow.parameters.key}}": "of-ada"}}}
    harmless = {"workflowMetadata": {"labels": {"team": "a"}}}
    for user in (EVE, program(pipelines, "api-server")):
        asking = Asking(http, user)
        for spec in (by_name, computed, later):
            assert "workflowMetadata" in asking.refusal("POST", in_eves("workflows"), workflow(spec=spec))
            stored = workflow(status={"storedWorkflowTemplateSpec": spec})
            assert "workflowMetadata" in asking.refusal("POST", in_eves("workflows"), stored)
        assert asking.refusal("POST", in_eves("workflows"), workflow(spec=harmless)) == ""
    eve = Asking(http, EVE)
    for spec in (by_name, computed, later):
        template = kind("WorkflowTemplate", spec=spec)
        assert "workflowMetadata" in eve.refusal("POST", in_eves("workflowtemplates"), template)
        for cron in ({"workflowSpec": spec}, {"workflowSpec": {}, **spec}):
            item = kind("CronWorkflow", spec={"schedules": ["* * * * *"], **cron})
            assert "workflowMetadata" in eve.refusal("POST", in_eves("cronworkflows"), item)
    cron = kind("CronWorkflow", spec={"schedules": ["* * * * *"], "workflowSpec": harmless, **harmless})
    assert eve.refusal("POST", in_eves("cronworkflows"), cron) == ""


def test_recurring_runs_are_made_and_changed_by_pipelines_alone(pipelines: Application) -> None:
    http = pipelines.http
    spec = {"experimentId": "of-ada", "enabled": True}
    item = {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "ScheduledWorkflow",
        "metadata": {"name": "s"},
        "spec": spec,
        "status": {},
    }
    eve = Asking(http, EVE)
    assert "made and changed by Kubeflow Pipelines" in eve.refusal("POST", SCHEDULES, item)
    assert "made and changed by Kubeflow Pipelines" in Asking(http, ACCOUNT).refusal("POST", SCHEDULES, item)
    assert Asking(http, program(pipelines, "api-server")).refusal("POST", SCHEDULES, item, dry=False) == ""
    for change in ({"spec": spec}, {"spec": {"enabled": False}}, {"status": {"a": 1}}):
        found = eve.refusal("PATCH", f"{SCHEDULES}/s", change)
        assert "made and changed by Kubeflow Pipelines" in found or change == {"spec": spec}
        assert Asking(http, program(pipelines, "scheduled-workflow")).refusal("PATCH", f"{SCHEDULES}/s", change) == ""
    for method in ("GET", "DELETE"):
        assert http.request(method, f"{SCHEDULES}/s", headers={"Impersonate-User": EVE}).is_success


def test_the_times_of_recurring_runs_come_or_nobodys_would_run(pipelines: Application) -> None:
    api = Asking(pipelines.http, program(pipelines, "api-server"))

    def recurring(**schedule: str) -> dict[str, Any]:
        spec = {"trigger": {"cronSchedule": schedule}, "noCatchup": True}
        return {**kind("ScheduledWorkflow", spec=spec, status={}), "apiVersion": "kubeflow.org/v1beta1"}

    for schedule in NEVER:
        assert "a day that comes" in api.refusal("POST", SCHEDULES, recurring(cron=f"0 {schedule}")), schedule
    for times in ("* * * * * *", "0 0 0 30 2", "0 0 0 29 2"):
        assert "the second a number" in api.refusal("POST", SCHEDULES, recurring(cron=times)), times
    for times in (*(f"0 {schedule}".replace("0 @", "@") for schedule in AT_TIMES), "0 0 0 31 1", "30 0 8 ? * MON"):
        assert api.refusal("POST", SCHEDULES, recurring(cron=times)) == "", times
    early = recurring(cron="0 * * * * ?", startTime="0001-01-01T00:00:00Z")
    assert "after the year 2019" in api.refusal("POST", SCHEDULES, early)


def locks(namespace: str) -> list[dict[str, Any]]:
    lock = {"name": "m", "namespace": namespace}
    semaphore = {"namespace": namespace, "configMapKeyRef": {"name": "c", "key": "k"}}
    return [{"mutex": lock}, {"mutexes": [{"name": "a"}, lock]}, {"semaphore": semaphore}, {"semaphores": [semaphore]}]


def places(synchronization: dict[str, Any]) -> list[dict[str, Any]]:
    """Return specifications that have a lock, in each place that may."""
    holding = {"synchronization": synchronization}
    return [
        holding,
        {"templateDefaults": holding},
        {"templates": [{"name": "a"}, {"name": "b", **holding}]},
        {"templates": [{"name": "a", "steps": [[{"name": "s", "inline": holding}]]}]},
        {"templates": [{"name": "a", "dag": {"tasks": [{"name": "s", "inline": holding}]}}]},
    ]


def test_nobody_takes_a_lock_of_another_namespace(argo: Application) -> None:
    http, eve = argo.http, Asking(argo.http, EVE)
    path = in_eves("workflows")
    for namespace, refused in (("ada", True), ("{{workflow.parameters.n}}", True), ("eve", False), ("", False)):
        for lock in locks(namespace):
            for spec in places(lock):
                found = eve.refusal("POST", path, workflow(spec=spec))
                assert ("its own namespace" in found) == refused, (spec, found)
    (lock, *_) = locks("ada")
    for spec in places(lock):
        cron = kind("CronWorkflow", spec={"schedules": ["* * * * *"], "workflowSpec": spec})
        stored = {"storedTemplates": {"a": spec["templates"][-1]}} if "templates" in spec else {}
        for plural, item in (
            ("workflowtemplates", kind("WorkflowTemplate", spec=spec)),
            ("cronworkflows", cron),
            ("workflows", workflow(status={"storedWorkflowTemplateSpec": spec})),
            *([("workflows", workflow(status=stored))] if stored else []),
        ):
            assert "its own namespace" in eve.refusal("POST", in_eves(plural), item), (plural, spec)
    cluster = kind("ClusterWorkflowTemplate", spec=places(lock)[0])
    answer = http.post(f"{ARGO}/clusterworkflowtemplates", json=cluster, params={"dryRun": "All"})
    assert "its own namespace" in answer.text
    cluster = kind("ClusterWorkflowTemplate", spec={"synchronization": {"mutex": {"name": "m"}}})
    http.post(f"{ARGO}/clusterworkflowtemplates", json=cluster, params={"dryRun": "All"}).raise_for_status()
    third = {"templates": [{"name": "a", "steps": [[{"inline": {"steps": [[{"inline": {}}]]}}]]}]}
    assert "no third one" in eve.refusal("POST", path, workflow(spec=third))
    assert eve.refusal("POST", path, workflow(), dry=False) == ""
    assert "its own namespace" in eve.refusal("PATCH", f"{path}/w", {"spec": places(lock)[0]})
    http.delete(f"{path}/w").raise_for_status()


@pytest.mark.parametrize(
    "many",
    [
        {"count": "2000000"},
        {"count": 2000000},
        {"start": "0", "end": "100000"},
        {"count": "{{=100000000}}"},
        {"count": 9, "format": "%01000000d"},
    ],
)
def test_no_step_is_repeated_beyond_the_controllers_memory(argo: Application, many: dict[str, Any]) -> None:
    eve, path = Asking(argo.http, EVE), in_eves("workflows")
    assert eventually(lambda: "counts to 99999" in eve.refusal("POST", path, workflow(spec=repeated(many))))
    for place in ("steps", "dag"):
        inline = {"templates": [within(place, {"name": "a", "inline": repeated(many)["templates"][0]})]}
        assert "counts to 99999" in eve.refusal("POST", path, workflow(spec=inline))
    believed = {"storedWorkflowTemplateSpec": repeated(many)}
    assert "counts to 99999" in eve.refusal("POST", path, workflow(status=believed))
    few: list[dict[str, Any]] = [{"count": 99999}, {"start": "10", "end": "-1"}, {"count": "{{inputs.parameters.n}}"}]
    few.append({"count": 3, "format": "user-%02X"})
    for fit in few:
        assert eve.refusal("POST", path, workflow(spec=repeated(fit))) == ""


def repeated(many: dict[str, Any]) -> dict[str, Any]:
    return {"templates": [within("steps", {"name": "a", "template": "s", "withSequence": many})]}


def within(place: str, step: dict[str, Any]) -> dict[str, Any]:
    """Return a template that has a step, as one of steps or of a graph."""
    return {"name": "t", "steps": [[step]]} if place == "steps" else {"name": "t", "dag": {"tasks": [step]}}


def test_which_locks_are_held_is_for_the_controller_to_say(argo: Application) -> None:
    http, path = argo.http, in_eves("workflows")
    eve, controller = Asking(http, EVE), Asking(http, CONTROLLER)
    held = {"synchronization": {"mutex": {"holding": [{"mutex": "ada/Mutex/m", "holder": "w"}]}}}
    assert eventually(lambda: "for the controller to say" in eve.refusal("POST", path, workflow(status=held)))
    assert "for the controller to say" in controller.refusal("POST", path, workflow(status=held))
    assert eve.refusal("POST", path, workflow(status={"synchronization": {"mutex": {}}})) == ""
    assert eve.refusal("POST", path, workflow(), dry=False) == ""
    assert "for the controller to say" in eve.refusal("PATCH", f"{path}/w", {"status": held})
    assert controller.refusal("PATCH", f"{path}/w", {"status": held}, dry=False) == ""
    freed = copy.deepcopy(held)
    freed["synchronization"]["mutex"]["holding"] = []
    assert "for the controller to say" in eve.refusal("PATCH", f"{path}/w", {"status": freed})
    assert eve.refusal("PATCH", f"{path}/w", {"spec": {"suspend": True}}) == ""
    http.delete(f"{path}/w").raise_for_status()


def test_no_workflow_has_the_controller_read_another_namespaces_configuration(argo: Application) -> None:
    http, path = argo.http, in_eves("workflows")
    eve, controller = Asking(http, EVE), Asking(http, CONTROLLER)

    def says(namespace: str) -> dict[str, Any]:
        return {"artifactRepositoryRef": {"namespace": namespace, "configMap": "controller-configmap", "key": "k"}}

    assert eventually(lambda: "names no other" in eve.refusal("POST", path, workflow(status=says("ada"))))
    for namespace in ("ada", "controller-cloud"):
        assert "names no other" in eve.refusal("POST", path, workflow(status=says(namespace)))
        assert "names no other" in controller.refusal("POST", path, workflow(status=says(namespace)))
    assert eve.refusal("POST", path, workflow(status=says("eve"))) == ""
    assert eve.refusal("POST", path, workflow(), dry=False) == ""
    assert "names no other" in eve.refusal("PATCH", f"{path}/w", {"status": says("ada")})
    assert controller.refusal("PATCH", f"{path}/w", {"status": says("ada")}) == ""
    http.delete(f"{path}/w").raise_for_status()


def test_a_large_workflow_is_taken(argo: Application) -> None:
    step = {"name": "s", "inline": {"container": {"image": "a"}}}
    templates = [{"name": f"t{number}", "steps": [[step] * 5]} for number in range(1000)]
    assert Asking(argo.http, EVE).refusal("POST", in_eves("workflows"), workflow(spec={"templates": templates})) == ""


@pytest.mark.parametrize("schedule", ["TZ=UTC", "CRON_TZ=UTC", "TZ=Europe/Oslo 0 0 * * *"])
def test_no_schedule_has_a_time_zone_at_which_the_controller_ends(argo: Application, schedule: str) -> None:
    eve, path = Asking(argo.http, EVE), in_eves("cronworkflows")
    spec = {"workflowSpec": {}, "timezone": "Europe/Oslo"}
    for more in ({"schedules": ["* * * * *", schedule]}, {"schedule": schedule}):
        assert "timezone" in eve.refusal("POST", path, kind("CronWorkflow", spec={**spec, **more}))
    assert eve.refusal("POST", path, kind("CronWorkflow", spec={**spec, "schedules": ["0 0 * * *"]})) == ""
    zone = {**spec, "timezone": "UTC 0 0 30 2 *", "schedules": [""]}
    assert "timezone" in eve.refusal("POST", path, kind("CronWorkflow", spec=zone))


def test_the_day_of_a_schedule_comes_or_the_controller_would_count_for_ever(argo: Application) -> None:
    eve, path = Asking(argo.http, EVE), in_eves("cronworkflows")
    cron = kind("CronWorkflow", spec={"workflowSpec": {}})
    for schedule in NEVER:
        cron["spec"]["schedules"] = ["* * * * *", schedule]
        assert "a day that comes" in eve.refusal("POST", path, cron), schedule
    cron["spec"]["schedules"] = list(AT_TIMES)
    assert eve.refusal("POST", path, cron) == ""


def test_when_a_schedule_ran_last_is_for_the_controller_to_say(argo: Application) -> None:
    eve, path = Asking(argo.http, EVE), in_eves("cronworkflows")
    cron = kind("CronWorkflow", spec={"workflowSpec": {}, "schedules": ["* * * * *"]})
    last = {"status": {"lastScheduledTime": "0001-01-01T00:00:00Z"}}
    assert "for the controller to say" in eve.refusal("POST", path, cron | last)
    assert eve.refusal("POST", path, cron, dry=False) == ""
    assert "for the controller to say" in eve.refusal("PATCH", f"{path}/w", last)
    assert Asking(argo.http, CONTROLLER).refusal("PATCH", f"{path}/w", last) == ""
    argo.http.delete(f"{path}/w").raise_for_status()
