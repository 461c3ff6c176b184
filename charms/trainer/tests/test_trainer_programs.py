import base64
import json
import pathlib

import pytest
import yaml
from cryptography import x509
from ops import testing

TRAINER, JOBSET = "trainer-controller", "jobset-controller"
FOLDER = "/tmp/k8s-webhook-server/serving-certs"
ROOT = pathlib.Path(__file__).parent.parent


def test_without_any_relation_the_unit_is_active(trainer):
    assert trainer.settle().unit_status == testing.ActiveStatus()


def test_both_programs_listen_at_ports_of_their_own(trainer):
    state = trainer.settle()
    told = [trainer.configuration(program) for program in ("trainer", "jobset")]
    assert [item["health"]["healthProbeBindAddress"] for item in told] == [":8081", ":8082"]
    assert [item["webhook"]["port"] for item in told] == [9443, 9444]
    assert told[0]["metrics"] == {"bindAddress": ":8080", "secureServing": False}
    assert told[1]["metrics"] == {"bindAddress": "0"}
    assert state.opened_ports == {testing.TCPPort(port) for port in (8080, 9443, 9444)}


@pytest.mark.parametrize(("program", "lease"), [("trainer", "trainer-leader"), ("jobset", "trainer-jobset-leader")])
def test_units_agree_on_one_that_works_by_a_lease_that_goes_with_the_application(trainer, program, lease):
    trainer.settle()
    election = trainer.configuration(program)["leaderElection"]
    assert election.items() >= {"leaderElect": True, "resourceName": lease, "resourceNamespace": "edge"}.items()
    (owner,) = trainer.cluster.find("Lease", lease)["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("StatefulSet", "trainer")
    (rule,) = trainer.cluster.find("Role", f"trainer-{program}-controller")["rules"]
    assert (rule["resourceNames"], rule["verbs"]) == ([lease], ["get", "update"])


@pytest.mark.parametrize(("container", "port"), [(TRAINER, 9443), (JOBSET, 9444)])
def test_the_api_server_trusts_what_each_program_shows_it(trainer, container, port):
    trainer.settle()
    files = trainer.deployment.files[container]
    assert files[f"{FOLDER}/tls.key"].mode == 0o600
    certificate = x509.load_pem_x509_certificate(files[f"{FOLDER}/tls.crt"].text.encode())
    configs = [hook["clientConfig"] for hook in trainer.hooks().values()]
    (*own,) = [config for config in configs if config["service"]["port"] == port]
    assert own
    for config in own:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(base64.b64decode(config["caBundle"])))
        assert (config["service"]["name"], config["service"]["namespace"]) == ("trainer", "edge")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "trainer.edge.svc" in names.get_values_for_type(x509.DNSName)


def test_no_program_makes_certificates_of_its_own(trainer):
    trainer.settle()
    assert trainer.configuration("trainer")["certManagement"] == {"enable": False}
    assert trainer.configuration("jobset")["internalCertManagement"] == {"enable": False}


def test_the_log_level_is_the_option(trainer):
    state = trainer.configured(log_level="error")
    for container in (TRAINER, JOBSET):
        assert "--zap-log-level=error" in trainer.program(state, container).command


def test_threads_are_trainjobs_at_once(trainer):
    trainer.configured(threads=9)
    told = trainer.configuration("trainer")["controller"]["groupKindConcurrency"]
    assert told == {"TrainJob.trainer.kubeflow.org": 9}


@pytest.mark.parametrize("container", [TRAINER, JOBSET])
def test_a_memory_limit_reaches_its_container_alone(trainer, container):
    trainer.configured(memory=f"{container}=300Mi")
    containers = trainer.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
    limited = {item["name"]: item["resources"]["limits"]["memory"] for item in containers if "resources" in item}
    assert limited == {container: "300Mi"}


def test_the_sdk_reads_which_release_it_talks_to(trainer):
    trainer.settle()
    resources = yaml.safe_load((ROOT / "charmcraft.yaml").read_text())["resources"]
    _, _, tag = resources["trainer-controller-image"]["upstream-source"].rpartition(":")
    assert trainer.cluster.find("ConfigMap", "kubeflow-trainer-public")["data"] == {"kubeflow_trainer_version": tag}
    (subject,) = trainer.cluster.find("RoleBinding", "kubeflow-trainer-public")["subjects"]
    assert subject["name"] == "system:authenticated"


def test_another_unit_serves_webhooks_too(trainer):
    leaders = trainer.settle()
    follower = trainer.settle(leader=False, secrets=leaders.secrets)
    assert follower.unit_status == testing.ActiveStatus()
    assert all(trainer.program(follower, container) for container in (TRAINER, JOBSET))


def test_an_unchanged_configuration_asks_kubernetes_nothing(trainer):
    state = trainer.settle()
    trainer.cluster.calls.clear()
    trainer.deployment.run(trainer.deployment.context.on.update_status(), state)
    assert trainer.cluster.calls == []


def test_where_kubernetes_authorises_nobody_nothing_starts(trainer):
    trainer.cluster.authorises = False
    state = trainer.settle()
    assert "any account may read all Secrets" in state.unit_status.message
    assert not [container for container in state.containers if container.plan.services]


def test_the_dashboard_is_sent_a_link_to_the_documentation(trainer):
    state = trainer.settle(databags={"dashboard-links": {}})
    (link,) = json.loads(trainer.sent(state, "dashboard-links")["dashboard_links"])
    assert (link["location"], link["link"]) == (
        "documentation",
        "https://www.kubeflow.org/docs/components/trainer/",
    )


def test_prometheus_warns_of_jobs_whose_pods_cannot_be_made(trainer):
    told = trainer.sent(trainer.settle(databags={"metrics-endpoint": {}}), "metrics-endpoint")
    rules = {rule["alert"]: rule["expr"] for rule in json.loads(told["alert_rules"])["groups"][0]["rules"]}
    assert rules.keys() == {"KubeflowProgramDown", "TrainJobsCannotBeWorkedOn"}
    assert 'controller="trainjob_controller",juju_model="edge"' in rules["TrainJobsCannotBeWorkedOn"]
    (job,) = json.loads(told["scrape_jobs"])
    assert job["static_configs"][0]["targets"] == ["*:8080"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("image_registry", "a registry", "option image-registry: it is no registry"),
        (
            "custom_images",
            "{torch: a/b:1}",
            "option custom-images: there is no image it, expected some of torch-distri",
        ),
        ("custom_images", "{torchtune: an image}", "option custom-images: it is no image"),
        ("runtimes_disabled", "torch", "option runtimes-disabled: there is no runtime it, expected some of torch-dist"),
        ("extra_runtimes", "torch-small", "option extra-runtimes: expected a map of names to runtimes"),
        ("extra_runtimes", "{torch-small: {}}", "option extra-runtimes: the runtime it lacks something"),
        (
            "extra_runtimes",
            "{torch-small: {framework: torch, template: {spec: {replicatedJobs: []}}}}",
            "option extra-runtimes: the runtime it has no template.spec.replicatedJobs",
        ),
        (
            "extra_runtimes",
            "{torch-distributed: {framework: torch, template: {}}}",
            "option extra-runtimes: it is a built-in runtime, expected another name",
        ),
        ("gang_scheduler", "My Scheduler", "option gang-scheduler: it is no name"),
        ("threads", 0, "option threads: 0 is no number of threads, expected 1 to 100"),
        ("log_level", "loud", "option log-level: it is unknown, expected one of debug, info, error"),
        ("memory", "trainer=1Gi", "option memory: there is no program it, expected some of trainer-controller"),
    ],
)
def test_a_bad_option_blocks_naming_it_and_what_is_expected(trainer, option, value, message):
    assert message in trainer.blocked(**{option: value})


def test_a_bad_option_leaves_what_runs(trainer):
    before = trainer.settle()
    after = trainer.reconfigure(before, threads=0)
    for container in (TRAINER, JOBSET):
        assert trainer.program(after, container) == trainer.program(before, container)
    assert trainer.hooks()
