"""Katib tunes in a user's namespace, with the rights that the charms give her and no others.

Katib is deployed beside kubeflow-lite and removed in the end; the tests are in order.
"""

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import kubernetes
import pytest
import yaml
from support import katib_sdk
from support.eventually import LATE, eventually
from support.kubeflow import ECHO, MODEL, Kubeflow, offer
from support.kubernetes import cluster_scoped, kubectl, look_up
from support.leftovers import CRD, definitions
from support.workspace import ACCOUNT, IMAGE, Workspace, workspace
from tune import documents

from testbed.workloads import OPEN_MPI

Object = dict[str, Any]
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile", "katib.kubeflow.org/metrics-collector-injection": "enabled"}
RELATIONS = (
    ("katib:relational-db", "mysql:database"),
    ("katib:ingress", "istio-pilot:ingress"),
    ("katib:dashboard-links", "kubeflow-dashboard:links"),
    ("katib:role-bindings", "kubeflow-profiles:role-bindings"),
)
EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "katib-fashion-mnist"
GOPTUNA = "ghcr.io/kubeflow/katib/suggestion-goptuna:v0.19.0"
"""It knows random search as well; upstream's image for that is Python's, which no registry of packages has."""

TRAIN = """sleep 5; python -c "rate = ${trialParameters.rate}; print('accuracy=%.4f' % (1 - abs(rate - 0.05)))" """
"""A training that does best with a rate of 0.05, and does not end before its collector has begun."""

INTO_A_FILE = """sleep 5; python -c "rate = ${trialParameters.rate}; print('accuracy=%.4f' % rate)" > /numbers/file """
FILE = {
    "collector": {"kind": "File"},
    "source": {"fileSystemPath": {"path": "/numbers/file", "kind": "File"}},
}
ON_A_WORKER = """mpirun --allow-run-as-root --bind-to none -np 1 \\
    python3 -c "import time; time.sleep(2); print('accuracy=${trialParameters.rate}')" """
TRAINING = {
    "PyTorchJob": ("pytorchReplicaSpecs", "pytorch", "Master"),
    "TFJob": ("tfReplicaSpecs", "tensorflow", "Worker"),
    "XGBoostJob": ("xgbReplicaSpecs", "xgboost", "Master"),
    "MPIJob": ("mpiReplicaSpecs", "mpi", "Launcher"),
}
"""Of each kind the field with its replicas, the name that a container has to have, and the role that runs the trial."""

FAIL = "exit 1 # ${trialParameters.rate}"
WAIT = "sleep 600 # ${trialParameters.rate}"
BY_THE_SDK = """
import json, sys, tune
made = json.loads(sys.argv[1])
assert tune.run(made, timeout=600)["rate"]
"""

KINDS = "experiments.kubeflow.org,suggestions.kubeflow.org,trials.kubeflow.org"


@pytest.fixture(scope="module")
def katib(kubeflow: Kubeflow, echo: str) -> Iterator[Kubeflow]:
    """The deployment with Katib, whose random search comes from the small image."""
    if "katib" not in kubeflow.juju.status().apps:
        offer("katib")
        kubeflow.juju.deploy("katib", trust=True, config={"custom-images": f"{{suggestion__random: '{GOPTUNA}'}}"})
        for one, other in RELATIONS:
            kubeflow.juju.integrate(one, other)
    kubeflow.settle("katib", ECHO, changing=["katib"])
    yield kubeflow
    if "katib" in kubeflow.juju.status().apps:
        kubeflow.juju.remove_application("katib", force=True)


@pytest.fixture(scope="module")
def ada(katib: Kubeflow) -> Iterator[Workspace]:
    with katib.host_access(), workspace("ada-tunes", PROFILE) as made:
        user = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": katib.credentials.user}
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "user", "namespace": made.name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubeflow-edit"},
            "subjects": [user],
        }
        kubectl("apply", "-f", "-", given=json.dumps(binding))
        yield made
        let_go(made)


@pytest.fixture(scope="module")
def ben(katib: Kubeflow) -> Iterator[Workspace]:
    with workspace("ben-tunes", PROFILE) as made:
        yield made


def let_go(owner: Workspace) -> None:
    """Take Katib's hold off what is in a namespace: it is gone, and nobody else would."""
    for name in kubectl("get", KINDS, "-n", owner.name, "-o", "name").split():
        kubectl("patch", name, "-n", owner.name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')


def experiment(name: str, command: str = TRAIN, algorithm: str = "random", **spec: Any) -> Object:
    """Return an experiment over a plain program."""
    program = {"name": "main", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", command]}
    pod = {"restartPolicy": "Never", "containers": [program]}
    job = {"backoffLimit": 0, "template": {"spec": pod}}
    rates = {"parameterType": "double", "feasibleSpace": {"min": "0.01", "max": "0.1"}}
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name},
        "spec": {
            "objective": {"type": "maximize", "objectiveMetricName": "accuracy"},
            "algorithm": {"algorithmName": algorithm},
            "parallelTrialCount": 3,
            "maxTrialCount": 6,
            "maxFailedTrialCount": 2,
            "parameters": [{"name": "rate", **rates}, {"name": "momentum", **rates}],
            "trialTemplate": {
                "primaryContainerName": "main",
                "trialParameters": [
                    {"name": "rate", "reference": "rate"},
                    {"name": "momentum", "reference": "momentum"},
                ],
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "metadata": {"annotations": {"momentum": "${trialParameters.momentum}"}},
                    "spec": job,
                },
            },
            **spec,
        },
    }


def in_training(name: str, kind: str) -> Object:
    """Return an experiment over a training job of a kind, of one trial."""
    item = small(name)
    template = item["spec"]["trialTemplate"]
    pod = template["trialSpec"]["spec"]["template"]
    field, container, role = TRAINING[kind]
    program = pod["spec"]["containers"][0]
    program["name"] = template["primaryContainerName"] = container
    replicas = {role: {"replicas": 1, "restartPolicy": "OnFailure", "template": pod}}
    if kind == "MPIJob":
        program |= {"image": OPEN_MPI, "command": ["sh", "-c", ON_A_WORKER]}
        waiting = {key: program[key] for key in ("name", "image", "imagePullPolicy")}
        replicas["Worker"] = {"replicas": 1, "template": {"spec": {"containers": [waiting]}}}
    template["trialSpec"] = {
        "apiVersion": "kubeflow.org/v1",
        "kind": kind,
        "metadata": template["trialSpec"]["metadata"],
        "spec": {field: replicas},
    }
    return item


def small(name: str, command: str = TRAIN, **spec: Any) -> Object:
    """Return an experiment of one trial."""
    return experiment(
        name, command, algorithm="cmaes", maxTrialCount=1, parallelTrialCount=1, maxFailedTrialCount=1, **spec
    )


def with_packages(made: list[Object]) -> list[Object]:
    """Let trials of the example find NumPy where these tests have it."""
    pod = made[1]["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    mount(pod, {"/packages": pathlib.Path(kubernetes.__file__).parents[1]})
    pod["containers"][0]["imagePullPolicy"] = "IfNotPresent"
    return made


def mount(pod: Object, folders: dict[str, pathlib.Path]) -> None:
    """Give the first container of a pod folders of the node, which Python looks for modules in."""
    container = pod["containers"][0]
    container["env"] = [{"name": "PYTHONPATH", "value": ":".join(folders)}]
    for number, (place, folder) in enumerate(folders.items()):
        volume = {"name": f"folder-{number}", "hostPath": {"path": str(folder), "type": "Directory"}}
        pod.setdefault("volumes", []).append(volume)
        mounted = {"name": volume["name"], "mountPath": place, "readOnly": True}
        container.setdefault("volumeMounts", []).append(mounted)


def ended(owner: Workspace, name: str) -> Object:
    """Return what an experiment has come to, once it ended, with how as `end`.

    Raises:
        AssertionError: it goes on.
    """
    status = owner.get("experiments", name).get("status") or {}
    conditions = [item["type"] for item in status.get("conditions") or [] if item["status"] == "True"]
    assert {"Succeeded", "Failed"} & set(conditions), f"{name}: {json.dumps(status)[-600:]}"
    return {**status, "end": "Failed" if "Failed" in conditions else "Succeeded"}


def best(status: Object) -> tuple[float, float]:
    """Return the best trial's rate and accuracy."""
    found = status["currentOptimalTrial"]
    (metric,) = [item for item in found["observation"]["metrics"] if item["name"] == "accuracy"]
    (rate,) = [item["value"] for item in found["parameterAssignments"] if item["name"] == "rate"]
    return float(rate), float(metric["latest"])


@pytest.fixture(scope="module")
def tuned(katib: Kubeflow, ada: Workspace) -> dict[str, Object]:
    """What experiments came to that ran beside each other, by name."""
    # Kubernetes hears of webhooks, roles and policies a moment later.
    eventually(lambda: ada.apply(experiment("by-chance")) is None)
    others = (
        experiment("by-evolution", algorithm="cmaes"),
        experiment("in-vain", FAIL),
        *(in_training(f"in-{kind.lower()}", kind) for kind in TRAINING),
        small("from-a-file", INTO_A_FILE, metricsCollectorSpec=FILE),
        small("goes-further", resumePolicy="LongRunning"),
    )
    ada.apply(*others)
    names = ("by-chance", *(item["metadata"]["name"] for item in others))
    return {name: eventually(lambda name=name: ended(ada, name)) for name in names}


@pytest.mark.parametrize("name", ["by-chance", "by-evolution"])
def test_an_experiment_succeeds_and_shows_its_best_trial(tuned: dict[str, Object], ada: Workspace, name: str):
    status = tuned[name]
    assert (status["end"], status["trialsSucceeded"]) == ("Succeeded", 6)
    rate, accuracy = best(status)
    assert accuracy == pytest.approx(1 - abs(rate - 0.05), abs=0.0002)
    trials = look_up("trials", "-n", ada.name, "-l", f"katib.kubeflow.org/experiment={name}")["items"]
    reached = [float(item["status"]["observation"]["metrics"][0]["latest"]) for item in trials]
    assert accuracy == max(reached)
    assert len(reached) == 6


@pytest.mark.parametrize("name", [*(f"in-{kind.lower()}" for kind in TRAINING), "from-a-file"])
def test_a_training_job_and_a_file_give_their_numbers_as_well(tuned: dict[str, Object], name: str):
    assert (tuned[name]["end"], tuned[name]["trialsSucceeded"]) == ("Succeeded", 1)
    assert best(tuned[name])[1] > 0


def test_one_whose_trials_may_be_more_later_goes_on(tuned: dict[str, Object], ada: Workspace):
    more = json.dumps({"spec": {"maxTrialCount": 2}})
    user = f"system:serviceaccount:{ada.name}:{ACCOUNT}"
    kubectl("patch", "experiment", "goes-further", "-n", ada.name, "--as", user, "--type=merge", "-p", more)

    def further() -> bool:
        status = ended(ada, "goes-further")
        assert status["trialsSucceeded"] == 2, status
        return True

    assert eventually(further, timeout=LATE)


def test_the_sdk_runs_the_example_with_the_token_that_a_pod_of_hers_has(ada: Workspace, tuned: dict[str, Object]):
    made = with_packages(documents(trials=2, parallel=2, image=IMAGE))
    command = ["python", "-c", BY_THE_SDK, json.dumps(made)]
    pod: Object = {
        "serviceAccountName": ACCOUNT,
        "restartPolicy": "Never",
        "containers": [{"name": "main", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": command}],
    }
    mount(pod, {"/example": EXAMPLE, **katib_sdk.folders(), "/packages": pathlib.Path(kubernetes.__file__).parents[1]})
    ada.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "notebook"}, "spec": pod})

    def said() -> str:
        phase = ada.get("pod", "notebook")["status"]["phase"]
        assert phase in ("Succeeded", "Failed"), phase
        return ada.log("notebook", "main")

    text = eventually(said, timeout=LATE)
    assert "the best of 2 trials is fashion-mnist-" in text, text[-1000:]
    kubectl("delete", "experiment", "fashion-mnist", "-n", ada.name)


def test_one_whose_trials_fail_ends_with_as_many_as_it_allows(tuned: dict[str, Object]):
    assert tuned["in-vain"]["end"] == "Failed"
    assert tuned["in-vain"]["trialsFailed"] >= 2


def test_an_operator_sees_it_without_a_browser(katib: Kubeflow, tuned: dict[str, Object], ada: Workspace):
    results = katib.juju.run("katib/leader", "list-experiments", {"namespace": ada.name}).results
    rows = {row["name"]: row for row in yaml.safe_load(results["experiments"])}
    assert rows.keys() == tuned.keys()
    assert rows["by-chance"]["state"] == "Succeeded"
    assert float(rows["by-chance"]["metric"]["accuracy"]) == best(tuned["by-chance"])[1]


def refusal(owner: Workspace, item: Object) -> str:
    """Return why an experiment is refused."""
    with pytest.raises(AssertionError) as refused:
        owner.apply(item)
    return str(refused.value)


def test_one_that_could_not_run_is_refused_in_words(ada: Workspace, tuned: dict[str, Object]):
    unknown = refusal(ada, experiment("unknown", algorithm="best"))
    assert "failed to find suggestion config for algorithm: best" in unknown
    amiss = refusal(ada, experiment("amiss", command="echo accuracy=1"))
    assert "parameter name: rate in spec.trialParameters not found in spec.trialTemplate" in amiss


def test_what_a_template_elsewhere_holds_is_not_shown(ada: Workspace, tuned: dict[str, Object]):
    item = experiment("elsewhere")
    template = item["spec"]["trialTemplate"]
    del template["trialSpec"]
    template["configMap"] = {"configMapName": "katib-config", "configMapNamespace": MODEL, "templatePath": "none"}
    told = refusal(ada, item)
    assert "a trial's template comes from a ConfigMap of the experiment's own namespace" in told
    assert GOPTUNA not in told


def test_where_nobody_asked_for_katib_an_experiment_is_refused(katib: Kubeflow, tuned: dict[str, Object]):
    with workspace("carl-does-not") as carl:
        # The controller hears of a new namespace a moment later.
        assert eventually(lambda: "the namespace lacks label" in refusal(carl, experiment("nowhere")))


def test_another_user_gets_nothing_of_it_by_kubectl(ada: Workspace, ben: Workspace, tuned: dict[str, Object]):
    other = f"system:serviceaccount:{ben.name}:{ACCOUNT}"
    for verb, kind in (("get", "experiments"), ("delete", "trials"), ("create", "experiments")):
        with pytest.raises(AssertionError):
            kubectl("auth", "can-i", verb, f"{kind}.kubeflow.org", "-n", ada.name, "--as", other)
    with pytest.raises(AssertionError, match="forbidden"):
        kubectl("get", "experiments", "-n", ada.name, "--as", other)


def test_nor_by_the_page_through_the_gateway(katib: Kubeflow, ada: Workspace, ben: Workspace, tuned: dict[str, Object]):
    with katib.session() as browser:
        own = eventually(lambda: browser.open(f"/katib/fetch_experiments/?namespace={ada.name}").raise_for_status())
        assert {item["name"] for item in own.json()} == tuned.keys()
        for path in (
            f"fetch_experiments/?namespace={ben.name}",
            f"fetch_experiment/?experimentName=by-chance&namespace={ben.name}",
            f"fetch_hp_job_info/?experimentName=by-chance&namespace={ben.name}",
            f"delete_experiment/?experimentName=by-chance&namespace={ben.name}",
            f"fetch_nas_job_info/?experimentName=by-chance&namespace={ben.name}",
        ):
            assert browser.open(f"/katib/{path}").status_code == 403, path


def test_removal_leaves_running_jobs_experiments_and_their_definitions(
    katib: Kubeflow, ada: Workspace, tuned: dict[str, Object]
):
    ada.apply(experiment("goes-on", WAIT, maxTrialCount=3, parallelTrialCount=1))
    running = eventually(lambda: [it for it in jobs(ada, "goes-on") if it["status"].get("active")])
    katib.juju.remove_application("katib")
    eventually(lambda: "katib" not in katib.juju.status().apps)

    def only_definitions() -> bool:
        mine = {name for name in cluster_scoped() if "katib" in name.partition("/")[2]}
        assert mine == set(), mine
        return True

    assert eventually(only_definitions)
    kept = {f"{CRD}{name}.kubeflow.org" for name in ("experiments", "suggestions", "trials")}
    assert kept <= definitions(cluster_scoped())
    left = {item["metadata"]["name"] for item in jobs(ada, "goes-on") if item["status"].get("active")}
    assert {item["metadata"]["name"] for item in running} <= left
    assert ada.get("experiments", "by-chance")["status"]["trialsSucceeded"] == 6


def jobs(owner: Workspace, name: str) -> list[Object]:
    """Return the jobs of an experiment's trials."""
    items = look_up("jobs", "-n", owner.name)["items"]
    return [item for item in items if item["metadata"]["name"].startswith(f"{name}-")]
