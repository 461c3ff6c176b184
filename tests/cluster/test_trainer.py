"""Trainer's and JobSet's real programs, with the rights, certificates and definitions that the charm gives them.

No node is there: what a Job of Kubernetes comes to, the tests say.
"""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support import admission, katib_controller, objects, programs, samples
from support.apiserver import ApiServer, Object, answers, await_answer, free_ports, program
from support.eventually import eventually
from support.objects import Deployed
from support.related import Described

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "trainer"
KATIB = ROOT.parent / "katib"
CERTIFICATES = "k8s-webhook-server/serving-certs"
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
TRAINJOBS = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/{}/trainjobs"
JOBSETS = "/apis/jobset.x-k8s.io/v1alpha2/namespaces/{}/jobsets"
JOBS = "/apis/batch/v1/namespaces/{}/jobs"
TUNED = {**PROFILE, "katib.kubeflow.org/metrics-collector-injection": "enabled"}
EXPERIMENTS = "/apis/kubeflow.org/v1beta1/namespaces/{}/experiments"
SUGGESTIONS = "/apis/kubeflow.org/v1beta1/namespaces/{}/suggestions"
TRIALS = "/apis/kubeflow.org/v1beta1/namespaces/{}/trials"
MERGE = {"Content-Type": "application/merge-patch+json"}
GOES = "the TrainJob is being deleted"
"""Why Trainer may not make again what Kubernetes has just taken away."""
NOW = "2026-01-01T00:00:00Z"
COMPLETE = {
    "startTime": NOW,
    "completionTime": NOW,
    "succeeded": 2,
    "conditions": [{"type": kind, "status": "True"} for kind in ("SuccessCriteriaMet", "Complete")],
}
FAILED = {
    "startTime": NOW,
    "failed": 1,
    "conditions": [
        {"type": kind, "status": "True", "reason": "BackoffLimitExceeded"} for kind in ("FailureTarget", "Failed")
    ],
}


@contextlib.contextmanager
def running(found: Deployed, name: str, configuration: str, folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Run one of the programs with the charm's files, at ports of this machine that are free, and yield its log."""
    executable = programs.find("manager", name)
    files = found.application.deployment.files[f"{name}-controller"]
    told = json.loads(files[f"/etc/{name}/config.yaml"].text)
    webhooks, health = free_ports(2)
    told |= {"webhook": {"port": webhooks}, "health": {"healthProbeBindAddress": f"127.0.0.1:{health}"}}
    told["metrics"] = {"bindAddress": "0"}
    (folder / CERTIFICATES).mkdir(parents=True)
    (folder / "config.yaml").write_text(json.dumps(told))
    for file in ("tls.crt", "tls.key"):
        (folder / CERTIFICATES / file).write_text(files[f"/tmp/{CERTIFICATES}/{file}"].text)
    token = files["/var/run/secrets/kubernetes.io/serviceaccount/token"].text
    (folder / "kubeconfig").write_text(json.dumps(found.application.server.kubeconfig(token)))
    environment = {**os.environ, "KUBECONFIG": str(folder / "kubeconfig"), "TMPDIR": str(folder)}
    command = [executable, f"--config={folder / 'config.yaml'}", "--zap-devel=false"]
    kinds = {hook.configuration for hook in admission.hooks(found) if configuration in hook.configuration}
    log = folder / "manager.log"
    with (
        program(command, folder, environment) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{health}") as http,
        admission.redirected(found, kinds, webhooks),
    ):
        await_answer(process, log, lambda: answers(http, "/readyz"))
        yield log


@pytest.fixture(scope="module")
def trainer(
    apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """The application, with both programs; none is ever refused something but what it should not make again."""
    for name in ("trainer", "jobset"):
        programs.find("manager", name)
    samples.define(collected, samples.kinds())
    for found in objects.running(apiserver, collected, Described.load(ROOT), tmp_path_factory):
        service = admission.hooks(found)[0].service
        with (
            admission.local(found, service),
            running(found, "jobset", "trainer-jobset-", tmp_path_factory.mktemp("jobset")) as jobset,
            running(found, "trainer", f"trainer-{found.application.model}", tmp_path_factory.mktemp("trainer")) as log,
        ):
            (found.application.deployment.charm_folder / ".looked").write_text("0")
            yield found
            lines = [line for file in (jobset, log) for line in file.read_text().splitlines()]
            refused = [line for line in lines if "forbidden" in line and GOES not in line]
            assert not refused, refused[-3:]


@pytest.fixture
def profile(trainer: Deployed, request: pytest.FixtureRequest) -> str:
    """Return the namespace of a profile."""
    return namespace(trainer, PROFILE)


def namespace(trainer: Deployed, labels: Object) -> str:
    metadata = {"generateName": "trains-", "labels": labels}
    return (
        trainer.http.post("/api/v1/namespaces", json={"metadata": metadata})
        .raise_for_status()
        .json()["metadata"]["name"]
    )


def train_job(name: str, runtime: str = "torch-distributed", **spec: Any) -> Object:
    kind = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "metadata": {"name": name}}
    trains = {"numNodes": 2, "image": "registry.site/train:1", "command": ["python", "train.py"]}
    return {**kind, "spec": {"runtimeRef": {"name": runtime}, "trainer": trains, **spec}}


def made(trainer: Deployed, where: str, item: Object) -> Object:
    """Make an object, once the webhooks answer."""

    def post() -> Object:
        answer = trainer.http.post(where, json=item)
        assert answer.is_success, answer.text
        return answer.json()

    return eventually(post)


def seen(trainer: Deployed, path: str) -> Object:
    """Return an object, once it is there."""
    return eventually(lambda: trainer.application.get(path))


def ended(trainer: Deployed, where: str) -> set[str]:
    conditions = trainer.application.get(where).get("status", {}).get("conditions", [])
    return {item["type"] for item in conditions if item["status"] == "True"} & {"Complete", "Failed"}


@pytest.mark.parametrize(("status", "expected"), [(COMPLETE, "Complete"), (FAILED, "Failed")])
def test_a_trainjob_is_one_job_with_a_pod_for_each_node_and_ends_as_that_does(
    trainer: Deployed, profile: str, status: Object, expected: str
) -> None:
    made(trainer, TRAINJOBS.format(profile), train_job("two"))
    job = seen(trainer, f"{JOBS.format(profile)}/two-node-0")
    assert (job["spec"]["parallelism"], job["spec"]["completionMode"]) == (2, "Indexed")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    variables = {item["name"]: item.get("value") for item in container["env"]}
    assert container["image"] == "registry.site/train:1"
    assert (variables["PET_NNODES"], variables["PET_MASTER_ADDR"]) == ("2", "two-node-0-0.two")
    assert seen(trainer, f"/api/v1/namespaces/{profile}/services/two")["spec"]["clusterIP"] == "None"
    answer = trainer.http.patch(
        f"{JOBS.format(profile)}/two-node-0/status", headers=MERGE, content=json.dumps({"status": status})
    )
    assert answer.is_success, answer.text
    assert eventually(lambda: ended(trainer, f"{TRAINJOBS.format(profile)}/two")) == {expected}


def test_a_job_that_goes_after_all_that_it_owns_is_not_made_again(trainer: Deployed, profile: str) -> None:
    where, job = f"{TRAINJOBS.format(profile)}/goes", f"{JOBS.format(profile)}/goes-node-0"
    made(trainer, TRAINJOBS.format(profile), train_job("goes"))
    uid = seen(trainer, job)["metadata"]["uid"]
    trainer.http.delete(where, params={"propagationPolicy": "Foreground"}).raise_for_status()

    def gone() -> bool:
        again = trainer.application.get(job)
        if again and again["metadata"]["uid"] != uid:
            pytest.fail("its pods would start once more")
        return not trainer.application.get(where)

    assert eventually(gone)


def test_a_suspended_trainjob_waits_and_goes_on(trainer: Deployed, profile: str) -> None:
    where = f"{TRAINJOBS.format(profile)}/later"
    made(trainer, TRAINJOBS.format(profile), train_job("later", suspend=True))
    assert seen(trainer, f"{JOBS.format(profile)}/later-node-0")["spec"]["suspend"] is True
    answer = trainer.http.patch(where, headers=MERGE, content=json.dumps({"spec": {"suspend": False}}))
    assert answer.is_success, answer.text
    eventually(lambda: not trainer.application.get(f"{JOBS.format(profile)}/later-node-0")["spec"]["suspend"])


def test_a_job_with_mpi_gets_keys_and_the_names_of_its_nodes(trainer: Deployed, profile: str) -> None:
    made(trainer, TRAINJOBS.format(profile), train_job("mpi", "deepspeed-distributed"))
    secret = seen(trainer, f"/api/v1/namespaces/{profile}/secrets/mpi-mpi-ssh-auth")
    assert secret["type"] == "kubernetes.io/ssh-auth"
    hosts = seen(trainer, f"/api/v1/namespaces/{profile}/configmaps/mpi-mpi-hostfile")["data"]["hostfile"]
    assert hosts.split() == ["mpi-node-0-0.mpi", "slots=1", "mpi-launcher-0-0.mpi", "slots=1"]
    assert seen(trainer, f"{JOBS.format(profile)}/mpi-node-0")


def test_a_fine_tuned_model_has_a_disk(trainer: Deployed, profile: str) -> None:
    item = train_job("tune", "torchtune-qwen2.5-1.5b")
    del item["spec"]["trainer"]
    made(trainer, TRAINJOBS.format(profile), item)
    assert seen(trainer, f"{JOBS.format(profile)}/tune-model-initializer-0")
    claims = f"/api/v1/namespaces/{profile}/persistentvolumeclaims"
    (claim,) = eventually(lambda: trainer.http.get(claims).json()["items"])
    assert claim["spec"]["resources"]["requests"]["storage"] == "20Gi"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (train_job("none", "torch-undistributed"), "specified clusterTrainingRuntime must be created before"),
        (
            train_job("reserved", trainer={"env": [{"name": "PET_NNODES", "value": "3"}]}),
            "must not have reserved envs",
        ),
        (train_job("data", initializer={"dataset": {"storageUri": "hf://a/b"}}), "must have dataset-initializer job"),
    ],
)
def test_a_trainjob_that_could_not_run_is_refused_in_words(
    trainer: Deployed, profile: str, item: Object, message: str
) -> None:
    def refused() -> bool:
        answer = trainer.http.post(TRAINJOBS.format(profile), json=item, params={"dryRun": "All"})
        assert message in answer.json().get("message", ""), answer.text
        return True

    assert eventually(refused)


def test_programs_make_things_in_profiles_alone_and_jobs_are_nowhere_else(trainer: Deployed, profile: str) -> None:
    elsewhere = namespace(trainer, {})
    config = {"metadata": {"name": "mpi-hostfile"}}
    service = {"metadata": {"name": "two"}, "spec": {"clusterIP": "None", "selector": {"a": "b"}, "ports": []}}
    for container, where, item in (
        ("trainer-controller", "/api/v1/namespaces/{}/configmaps", config),
        ("jobset-controller", "/api/v1/namespaces/{}/services", service),
    ):
        with trainer.application.workload(container) as client:
            answer = client.post(where.format(elsewhere), json=item)
            assert "only in the namespace of a profile" in answer.json()["message"]
            client.post(where.format(profile), json=item, params={"dryRun": "All"}).raise_for_status()
    jobset = {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "metadata": {"name": "elsewhere"}}
    for where, item in (
        (TRAINJOBS, train_job("elsewhere")),
        (JOBSETS, {**jobset, "spec": {"replicatedJobs": []}}),
    ):
        answer = trainer.http.post(where.format(elsewhere), json=item)
        assert "in the namespaces of profiles alone" in answer.json()["message"]


def test_trainer_changes_no_secret_but_those_of_trainjobs(trainer: Deployed, profile: str) -> None:
    where = f"/api/v1/namespaces/{profile}/secrets"
    trainer.http.post(where, json={"metadata": {"name": "login"}}).raise_for_status()
    owner = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "name": "mpi", "uid": "7"}
    taken = {"metadata": {"ownerReferences": [owner]}, "stringData": {"password": "mine"}}
    with trainer.application.workload("trainer-controller") as client:
        for answer in (
            client.post(where, json={"metadata": {"name": "own"}}),
            client.patch(f"{where}/login", headers=MERGE, content=json.dumps(taken)),
        ):
            assert "of Secrets only those of TrainJobs" in answer.json()["message"]


@pytest.fixture(scope="module")
def katib(
    trainer: Deployed, apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """Katib beside it; every trial has reached an accuracy of 0.9, and the controller is never refused something."""
    for found in objects.running(apiserver, collected, Described.load(KATIB), tmp_path_factory):
        with katib_controller.running(found, tmp_path_factory.mktemp("katib"), accuracy="0.9") as log:
            yield found
            refused = [line for line in log.read_text().splitlines() if "forbidden" in line]
            assert not refused, refused[-3:]


def experiment() -> Object:
    """Return an experiment whose trials are TrainJobs."""
    spec = train_job("")["spec"]
    spec["trainer"]["command"].append("--lr=${trialParameters.rate}")
    run = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": spec}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": "tune"},
        "spec": {
            "objective": {"type": "maximize", "objectiveMetricName": "accuracy"},
            "algorithm": {"algorithmName": "random"},
            "parallelTrialCount": 1,
            "maxTrialCount": 1,
            "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.2"}}],
            "trialTemplate": {
                "primaryContainerName": "node",
                "trialParameters": [{"name": "rate", "reference": "lr"}],
                "trialSpec": run,
            },
        },
    }


def trial(defaulted: Object, where: str) -> Object:
    """Return a trial of an experiment, as Katib makes it once an algorithm has said what to try."""
    template = dict(defaulted["trialTemplate"])
    run = template.pop("trialSpec")
    run["spec"]["trainer"]["command"][-1] = "--lr=0.15"
    kept = ("primaryContainerName", "primaryPodLabels", "successCondition", "failureCondition")
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Trial",
        "metadata": {"name": "tune-1", "labels": {"katib.kubeflow.org/experiment": "tune"}},
        "spec": {
            **{key: template[key] for key in kept},
            "objective": defaulted["objective"],
            "parameterAssignments": [{"name": "lr", "value": "0.15"}],
            "metricsCollector": defaulted["metricsCollectorSpec"],
            "runSpec": {**run, "metadata": {"name": "tune-1", "namespace": where}},
        },
    }


def pod(job: Object, index: int) -> Object:
    """Return a pod as Kubernetes makes it of an indexed Job."""
    template = job["spec"]["template"]
    labels = {**template["metadata"]["labels"], "batch.kubernetes.io/job-completion-index": str(index)}
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
    metadata = {"generateName": "node-", "labels": labels, "ownerReferences": [owner | {"controller": True}]}
    return {"metadata": metadata, "spec": template["spec"]}


@pytest.mark.parametrize(("status", "expected"), [(COMPLETE, "Succeeded"), (FAILED, "Failed")])
def test_a_trial_of_katibs_is_a_trainjob_whose_first_pod_has_the_collector_and_ends_as_that_does(
    trainer: Deployed, katib: Deployed, status: Object, expected: str
) -> None:
    where = namespace(trainer, TUNED)
    defaulted = made(katib, EXPERIMENTS.format(where), experiment())
    seen(katib, f"{SUGGESTIONS.format(where)}/tune")
    made(katib, TRIALS.format(where), trial(defaulted["spec"], where))
    job = seen(trainer, f"{JOBS.format(where)}/tune-1-node-0")

    def containers(index: int) -> list[str]:
        answer = katib.http.post(f"/api/v1/namespaces/{where}/pods", json=pod(job, index), params={"dryRun": "All"})
        assert answer.is_success, answer.text
        return [item["name"] for item in answer.json()["spec"]["containers"]]

    assert containers(0) == ["node", "metrics-logger-and-collector"]
    assert containers(1) == ["node"]
    end = {"status": status}
    trainer.http.patch(f"{JOBS.format(where)}/tune-1-node-0/status", headers=MERGE, content=json.dumps(end))

    def ending() -> Object:
        found = trainer.application.get(f"{TRIALS.format(where)}/tune-1")["status"]
        assert expected in {item["type"] for item in found["conditions"] if item["status"] == "True"}, found
        return found

    told = eventually(ending)
    assert expected == "Failed" or told["observation"]["metrics"][0]["latest"] == "0.9"
    assert eventually(lambda: not trainer.application.get(f"{TRAINJOBS.format(where)}/tune-1"))
