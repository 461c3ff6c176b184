"""What Kubernetes keeps Katib from, whoever asks it, and how it lets go of experiments."""

import dataclasses
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from ops import testing
from support import samples
from support.apiserver import ApiServer
from support.application import Application, deployed_on
from support.charms import load_charm
from support.deployment import deployed
from support.eventually import eventually

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "katib"
DATABASE = {
    "endpoints": "mysql-primary.edge.svc.cluster.local:3306",
    "database": "katib",
    "username": "u",
    "password": "w",
}
EXPERIMENTS = "/apis/kubeflow.org/v1beta1/namespaces/{}/experiments"
TRIALS = "/apis/kubeflow.org/v1beta1/namespaces/{}/trials"
JOBS = "/apis/batch/v1/namespaces/{}/jobs"
WANTED = {"app.kubernetes.io/part-of": "kubeflow-profile", "katib.kubeflow.org/metrics-collector-injection": "enabled"}
ACCOUNTS = "/api/v1/namespaces/{}/serviceaccounts"
PODS = "/api/v1/namespaces/{}/pods"
MERGE = {"Content-Type": "application/merge-patch+json"}


@dataclasses.dataclass
class Katib:
    """The application, and the state of its unit."""

    application: Application
    state: testing.State

    @property
    def http(self) -> httpx2.Client:
        return self.application.http

    def namespace(self, name: str, **labels: str) -> str:
        """Make a namespace, and return its name."""
        metadata = {"name": f"{self.application.model}-{name}", "labels": labels}
        self.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status()
        return metadata["name"]

    def refusal(self, where: str, item: dict[str, Any]) -> str:
        """Return why an administrator's object is refused; nothing if it is not."""
        answer = self.http.post(where, json=item, params={"dryRun": "All"})
        return "" if answer.is_success else answer.json()["message"]


@pytest.fixture
def katib(
    collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Iterator[Katib]:
    samples.define(collected, samples.kinds())
    with deployed(load_charm(ROOT).Katib, ROOT, monkeypatch, tmp_path) as deployment:
        for application in deployed_on(apiserver, collected, deployment, monkeypatch):
            relation = testing.Relation("relational-db", remote_app_name="mysql", remote_app_data=DATABASE)
            state = application.settle(application.state(relations=[relation]))
            # No program runs that could answer for the webhooks.
            for kind in ("mutating", "validating"):
                name = f"katib-{application.model}"
                collected.delete(f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/{name}")
            yield Katib(application, state)
            application.run(dataclasses.replace(state, planned_units=0), "stop")


def job() -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "python"}]}
    return {"metadata": {"name": "trial"}, "spec": {"template": {"spec": pod}}}


def experiment(**source: str) -> dict[str, Any]:
    spec = {"trialTemplate": {"configMap": source} if source else {}}
    kind = {"apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment"}
    return {**kind, "metadata": {"name": "tune"}, "spec": spec}


def test_the_controller_makes_jobs_in_profiles_that_want_katib_alone(katib: Katib) -> None:
    wants = katib.namespace("ada", **WANTED)
    plain = katib.namespace("plain")
    profile = katib.namespace("ben", **{"app.kubernetes.io/part-of": "kubeflow-profile"})
    with katib.application.workload("katib-controller") as controller:
        for namespace in (plain, profile, katib.application.model):

            def refused(namespace: str = namespace) -> bool:
                answer = controller.post(JOBS.format(namespace), json=job(), params={"dryRun": "All"})
                return answer.status_code == 422 and "namespaces of profiles" in answer.json()["message"]

            assert eventually(refused), namespace
        controller.post(JOBS.format(wants), json=job()).raise_for_status()
        controller.delete(f"{JOBS.format(wants)}/trial").raise_for_status()
        katib.http.post(JOBS.format(plain), json=job()).raise_for_status()
        assert controller.delete(f"{JOBS.format(plain)}/trial").status_code == 422


def test_nobody_closes_a_circle_of_owners_which_katib_would_follow_for_ever(katib: Katib) -> None:
    where = katib.namespace("kim", **WANTED)
    binding = {
        "metadata": {"name": "editors"},
        "subjects": [{"kind": "User", "name": "kim", "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    }
    bindings = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{where}/rolebindings"
    katib.http.post(bindings, json=binding).raise_for_status()
    for path in (f"/api/v1/namespaces/{where}/configmaps", JOBS.format(where)):
        item = {**job(), "metadata": {"name": "round"}} if path.endswith("jobs") else {"metadata": {"name": "round"}}
        made = katib.http.post(path, json=item).raise_for_status().json()
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "round", "uid": made["metadata"]["uid"]}
        change = {"metadata": {"ownerReferences": [owner]}}

        def answer(path: str = path, change: Any = change, **more: str) -> httpx2.Response:
            headers, dry = MERGE | more, {"dryRun": "All"}
            return katib.http.patch(f"{path}/round", json=change, params=dry, headers=headers)

        user = {"Impersonate-User": "kim"}
        assert eventually(lambda answer=answer, user=user: "when it is made" in answer(**user).text), path
        assert answer().is_success
        assert answer(change={"metadata": {"labels": {"a": "b"}}}, **user).is_success


def pod(owner: str, **labels: str) -> dict[str, Any]:
    """Return a pod of the job of a trial."""
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": owner, "uid": "7"}
    containers = [{"name": "main", "image": "python"}]
    metadata = {"name": "pod", "labels": labels, "ownerReferences": [reference]}
    return {"metadata": metadata, "spec": {"containers": containers}}


def trial(name: str, **spec: Any) -> dict[str, Any]:
    kind = {"apiVersion": "kubeflow.org/v1beta1", "kind": "Trial"}
    return {**kind, "metadata": {"name": name}, "spec": {"primaryContainerName": "main", **spec}}


def test_no_trial_runs_without_its_collector_while_katib_cannot_be_asked(katib: Katib) -> None:
    ada, ben = katib.namespace("ada", **WANTED), katib.namespace("ben", **WANTED)
    where = PODS.format(ada)
    katib.http.post(TRIALS.format(ada), json=trial("tune-1")).raise_for_status()
    assert eventually(lambda: "without the collector" in katib.refusal(where, pod("tune-1")))
    of_a_train_job = pod("tune-1-node-0", **{"jobset.sigs.k8s.io/jobset-name": "tune-1"})
    assert "without the collector" in katib.refusal(where, of_a_train_job)
    for allowed in (
        pod("tune-1", **{"katib.kubeflow.org/trial": "tune-1"}),
        pod("a-job-of-her-own"),
        {**pod(""), "metadata": {"name": "alone"}},
    ):
        assert katib.refusal(where, allowed) == ""
    assert katib.refusal(PODS.format(ben), pod("tune-1")) == ""


def test_what_ends_trials_early_may_say_so_by_the_account_that_katib_gives_it_and_nowhere_else(katib: Katib) -> None:
    ada, ben, name = katib.namespace("ada", **WANTED), katib.namespace("ben", **WANTED), "tune-random"
    rules = [{"apiGroups": ["kubeflow.org"], "resources": ["trials", "trials/status"], "verbs": ["*"]}]
    bound = {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": ada}],
    }
    metadata = {"metadata": {"name": name}}
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{ada}"
    with katib.application.workload("katib-controller") as controller:
        controller.post(ACCOUNTS.format(ada), json=metadata).raise_for_status()
        controller.post(f"{rbac}/roles", json={**metadata, "rules": rules}).raise_for_status()
        controller.post(f"{rbac}/rolebindings", json={**metadata, **bound}).raise_for_status()
    for namespace in (ada, ben):
        katib.http.post(TRIALS.format(namespace), json=trial("tune-1")).raise_for_status()
    made = katib.http.post(f"{ACCOUNTS.format(ada)}/{name}/token", json={"spec": {}}).raise_for_status()
    own = {"Authorization": f"Bearer {made.json()['status']['token']}"}
    found = katib.http.get(f"{TRIALS.format(ada)}/tune-1", headers=own).raise_for_status().json()
    now = "2026-01-01T00:00:00Z"
    ended = {"type": "EarlyStopped", "status": "True", "lastUpdateTime": now, "lastTransitionTime": now}
    whole = {**found, "status": {"conditions": [ended]}}
    where = f"{TRIALS.format(ada)}/tune-1/status"
    told = katib.http.patch(where, json=whole, headers={**own, **MERGE}).raise_for_status().json()
    assert [item["type"] for item in told["status"]["conditions"]] == ["EarlyStopped"]
    assert katib.http.get(f"{TRIALS.format(ben)}/tune-1", headers=own).status_code == 403


def test_a_template_of_another_namespace_is_not_read_for_whoever_names_it(katib: Katib) -> None:
    ada, ben, model = katib.namespace("ada", **WANTED), katib.namespace("ben", **WANTED), katib.application.model
    where = EXPERIMENTS.format(ada)
    theirs = experiment(configMapName="private", configMapNamespace=ben, templatePath="a")
    assert eventually(lambda: "of the experiment's own namespace" in katib.refusal(where, theirs))
    inner = experiment(configMapName="katib-config", configMapNamespace=model, templatePath="a")
    assert "or from trial-templates" in katib.refusal(where, inner)
    for name, namespace in (("mine", ada), ("trial-templates", model)):
        own = experiment(configMapName=name, configMapNamespace=namespace, templatePath="a")
        assert katib.refusal(where, own) == ""
    assert katib.refusal(where, experiment()) == ""


def test_an_experiment_has_the_trials_of_its_own_namespace_alone_whatever_anybody_writes(katib: Katib) -> None:
    ada, ben = katib.namespace("ada", **WANTED), katib.namespace("ben", **WANTED)
    key = "katib.kubeflow.org/namespace"

    def labels(answer: httpx2.Response) -> dict[str, str]:
        return answer.raise_for_status().json()["metadata"].get("labels", {})

    dry = {"dryRun": "All"}
    # A policy counts shortly after it is there.
    assert eventually(
        lambda: labels(katib.http.post(EXPERIMENTS.format(ada), json=experiment(), params=dry)) == {key: ada}
    )
    for where, item in ((EXPERIMENTS, experiment()), (TRIALS, trial("tune-1"))):
        item["metadata"]["labels"] = {"team": "blue", key: ben}
        assert labels(katib.http.post(where.format(ada), json=item)) == {"team": "blue", key: ada}
        place = f"{where.format(ada)}/{item['metadata']['name']}"
        for labelled in ({key: ben}, {key: None}, None):
            change = {"metadata": {"labels": labelled}}
            for end in ("", "/status"):
                assert labels(katib.http.patch(f"{place}{end}", json=change, headers=MERGE))[key] == ada


def test_purge_leaves_nothing_that_waits_for_a_controller_that_is_gone(
    katib: Katib, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubeflow_charms.parts.left_behind.PATIENCE", 1)
    ada = katib.namespace("ada", **WANTED)
    held = {"name": "tune-1", "finalizers": ["clean-metrics-in-db"]}
    trial = {"apiVersion": "kubeflow.org/v1beta1", "kind": "Trial", "metadata": held, "spec": {}}
    katib.http.post(TRIALS.format(ada), json=trial).raise_for_status()
    katib.http.post(EXPERIMENTS.format(ada), json=experiment()).raise_for_status()
    state = katib.application.run(dataclasses.replace(katib.state, config={"purge": True}))
    katib.application.run(dataclasses.replace(state, planned_units=0), "stop")
    for where in (TRIALS, EXPERIMENTS):
        answer = katib.http.get(where.format(ada))
        assert answer.status_code == 404 or answer.json()["items"] == []
