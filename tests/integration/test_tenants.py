"""What one user could do to another, or to the cluster, through the gateway, from a pod, and with a workload's token.

Some programs behind the gates are stand-ins here, which answer whatever arrives: what stands in front of them, and what
they could do, is real.
"""

import dataclasses
import json
import urllib.parse
from collections.abc import Iterator

import pytest
from kubeflow_charms.storage.s3_requests import send
from support.browser import Browser
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import Object, kubectl, look_up, processes
from support.workspace import PROFILE, Workspace, workspace

from testbed.workloads import PYTHON

OURS, THEIRS = "tenant-ada", "tenant-bob"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"
JUJUS = {"model-exec"}
"""Juju's own account for `juju exec`: juju/juju, internal/provider/kubernetes/modeloperator.go."""
READERS = {"istio-pilot-istiod"}
"""Who may read Secrets beside the charms; users reach none of them, see docs/security.md."""
WATCHING = {"trainer-trainer-controller"}
"""Who may as well, where the bundle has it: it does not start where it may not."""
IN_PROFILES = {"kubeflow-profiles-profile-manifests"}
"""Who may in profiles, and nowhere else."""
ASK = """
import json, socket, sys, urllib.error, urllib.request
for method, url, headers in json.load(sys.stdin):
    try:
        request = urllib.request.Request(url, headers=headers, method=method, data=b"{}" if method == "POST" else None)
        print(urllib.request.urlopen(request, timeout=4).status)
    except urllib.error.HTTPError as error:
        print(error.code)
    except (OSError, ValueError) as error:
        print("shut")
"""


@dataclasses.dataclass(frozen=True)
class Tenant:
    """Somebody who may edit one namespace, and is logged in.

    Attributes:
        browser: hers.
        own: her namespace.
        other: that of somebody else.
    """

    browser: Browser
    own: Workspace
    other: Workspace

    def status(self, path: str, method: str = "GET") -> int:
        """Return the status of the answer to a request through the gateway, as she sends it."""
        return self.browser.ask(method, path).status_code


@pytest.fixture(scope="module")
def tenant(kubeflow: Kubeflow, echo: str) -> Iterator[Tenant]:
    with workspace(OURS, PROFILE) as own, workspace(THEIRS, PROFILE) as other, kubeflow.session() as browser:
        own.await_pipelines()
        other.await_pipelines()
        binding: Object = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "user", "namespace": OURS},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubeflow-edit"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": kubeflow.credentials.user}],
        }
        kubectl("apply", "-f", "-", given=json.dumps(binding))
        found = Tenant(browser, own, other)
        eventually(lambda: found.status(f"/pipeline/k8s/pod?podname=p&podnamespace={OURS}") != 403)
        yield found


def artefact(whose: str, **more: str) -> str:
    named = {"source": "minio", "bucket": "mlpipeline", "key": f"private-artifacts/{whose}/a", **more}
    return f"/pipeline/artifacts/get?{urllib.parse.urlencode(named)}"


def provider(name: str) -> str:
    parameters = {
        "fromEnv": "false",
        "secretName": name,
        "accessKeyKey": "token",
        "secretKeyKey": "token",
        "endpoint": "http://198.51.100.7",
    }
    return json.dumps({"Provider": "minio", "Params": parameters})


def test_what_is_hers_passes(tenant: Tenant):
    for path in (
        "/pipeline/",
        artefact(OURS, namespace=OURS),
        # It names another store, as a run does that was made before artefacts moved to this one.
        artefact(OURS, namespace=OURS, providerInfo=provider("mlpipeline-minio-artifact")),
        f"/pipeline/artifacts/minio/mlpipeline/private-artifacts/{OURS}/a",
        f"/pipeline/k8s/pod/logs?podname=p&podnamespace={OURS}",
        f"/pipeline/k8s/pod/events?podname=p&podnamespace={OURS}",
        f"/pipeline/apps/tensorboard?logdir=x&namespace={OURS}",
        "/pipeline/apis/v2beta1/healthz",
    ):
        assert tenant.status(path) == 200, path


@pytest.mark.parametrize(
    "path",
    [
        artefact(THEIRS, namespace=THEIRS),
        artefact(THEIRS, namespace=OURS),
        artefact(THEIRS),
        artefact(MODEL, namespace=MODEL),
        artefact(OURS, namespace=OURS, bucket="mysql-backups"),
        artefact(OURS, namespace=OURS, key=f"private-artifacts/{OURS}/../{THEIRS}/a"),
        artefact(OURS, namespace=OURS) + f"&namespace={THEIRS}",
        artefact(OURS, namespace=f"{OURS}@198.51.100.7"),
        *(artefact(OURS, namespace=OURS, source=source) for source in ("s3x", "http", "https", "gcs", "volume")),
        artefact("x", providerInfo=provider("pipelines-ui-token")),
        artefact(THEIRS, namespace=THEIRS, providerInfo=provider("mlpipeline-minio-artifact")),
        f"/pipeline/artifacts/minio/mlpipeline/private-artifacts/{THEIRS}/a?namespace={OURS}",
        f"/pipeline/artifacts/minio/mlpipeline/private-artifacts%2F{THEIRS}%2Fa?namespace={OURS}",
        f"/pipeline/k8s/pod/logs?podname=p&podnamespace={THEIRS}",
        f"/pipeline/k8s/pod?podname=p&podnamespace={THEIRS}",
        f"/pipeline/k8s/pod/events?podname=p&podnamespace={THEIRS}",
        f"/pipeline/k8s/pod?podname=pipelines-0&podnamespace={MODEL}",
        f"/pipeline/k8s/pod/logs?podname=pipelines-0&podnamespace={MODEL}",
        "/pipeline/k8s/pod?podname=pipelines-0",
        f"/pipeline/apps/tensorboard?logdir=x&namespace={THEIRS}",
        "/pipeline/apis/v1beta1/_proxy/http%3A%2F%2F127.0.0.1%3A9902%2Fquitquitquit",
        "/pipeline/apis/v1beta1/_proxy/127.0.0.1:9902/config_dump",
        "/pipeline/apis/v2beta1/_proxy/198.51.100.7/",
        "/pipeline/apis/v1alpha1/tasks",
        "/pipeline/apis/v1beta1/workflows",
    ],
)
def test_what_is_anothers_or_the_clusters_is_refused(tenant: Tenant, path: str):
    assert tenant.status(path) in (400, 403, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/pipeline/apis/v1beta1/visualizations/",
        f"/pipeline/apps/tensorboard?logdir=x&namespace={THEIRS}&image=i",
        "/ml_metadata.MetadataStoreService/PutArtifacts",
        "/pipeline/apis/v1beta1/_proxy/http%3A%2F%2F127.0.0.1%3A8085%2Fsync",
    ],
)
def test_nothing_is_started_or_written_for_others(tenant: Tenant, path: str):
    assert tenant.status(path, "POST") in (400, 403, 404)


def test_her_login_at_the_store_opens_what_is_hers_and_nothing_else(tenant: Tenant):
    repository = tenant.own.repository()
    bucket, ours, theirs = (f"/{repository['bucket']}", tenant.own.store(repository), tenant.other.store(repository))
    assert ours.access_key != theirs.access_key
    hers, own = f"{bucket}/private-artifacts/{THEIRS}/a", f"{bucket}/private-artifacts/{OURS}/a"

    def known() -> bool:
        return send(theirs, "PUT", hers, b"secret")[0] == 200 and send(ours, "PUT", own, b"own")[0] == 200

    eventually(known)
    assert send(ours, "GET", own) == (200, b"own")
    folder = {"list-type": "2", "prefix": f"private-artifacts/{THEIRS}/"}
    refused = [
        *(send(ours, method, hers, b"x" if method == "PUT" else b"")[0] for method in ("GET", "HEAD", "PUT", "DELETE")),
        send(ours, "GET", bucket, query=folder)[0],
        send(ours, "GET", bucket, query={"list-type": "2"})[0],
        send(ours, "PUT", "/her-own-bucket")[0],
        send(ours, "PUT", f"{bucket}/pipelines/a", b"x")[0],
    ]
    assert refused == [403] * len(refused)
    assert send(theirs, "GET", hers) == (200, b"secret")


def test_a_page_named_by_a_referer_is_not_asked(tenant: Tenant):
    lie = "http://x/pipeline/apis/v1beta1/_proxy/http%3A%2F%2F127.0.0.1%3A9902"
    assert tenant.browser.open("/pipeline/anything", referer=lie).status_code == 404


def from_a_pod(questions: list[tuple[str, str, dict[str, str]]]) -> list[str]:
    """Return what a pod in the other's namespace is answered: a status, or `shut`."""
    return kubectl(
        "exec", "-i", "-n", THEIRS, "stranger", "--", "python3", "-c", ASK, given=json.dumps(questions)
    ).split()


@pytest.fixture(scope="module")
def stranger(tenant: Tenant) -> None:
    """A pod of a user in the other's namespace."""
    container = {"name": "stranger", "image": PYTHON, "command": ["python3", "-c", "import time; time.sleep(3600)"]}
    specification = {"containers": [container], "terminationGracePeriodSeconds": 1}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger"}, "spec": specification}
    tenant.other.apply(pod)
    kubectl("wait", "-n", THEIRS, "pod/stranger", "--for=condition=Ready", "--timeout=240s")


def test_a_pod_gets_of_the_api_only_what_its_token_is_good_for(stranger: None):
    api = f"http://ml-pipeline.{MODEL}:8888/apis"
    forged = {"kubeflow-userid": "admin"}
    junk = {"authorization": "Bearer junk"}
    answers = {
        ("GET", f"{api}/v2beta1/healthz", ()): "200",
        ("GET", f"{api}/v2beta1/runs?namespace={OURS}", ()): "401",
        ("GET", f"{api}/v2beta1/runs?namespace={OURS}", tuple(junk.items())): "401",
        ("GET", f"{api}/v2beta1/runs?namespace={OURS}", tuple(forged.items())): "403",
        ("POST", f"{api}/v2beta1/pipelines", ()): "401",
        ("POST", f"{api}/v1beta1/visualizations/", tuple(junk.items())): "403",
        ("GET", f"{api}/v1alpha1/tasks", tuple(junk.items())): "404",
        ("GET", f"http://ml-pipeline-ui.{MODEL}/pipeline/apis/v2beta1/runs", ()): "401",
    }
    assert from_a_pod([(method, url, dict(headers)) for method, url, headers in answers]) == list(answers.values())


def test_a_good_token_of_the_pods_own_account_passes_the_gate(stranger: None):
    audience = "pipelines.kubeflow.org"
    token = kubectl("create", "token", "default-editor", "-n", THEIRS, f"--audience={audience}").strip()
    url = f"http://ml-pipeline.{MODEL}:8888/apis/v2beta1/runs?namespace={THEIRS}"
    assert from_a_pod([("GET", url, {"authorization": f"Bearer {token}"})]) == ["200"]
    other = kubectl("create", "token", "default-editor", "-n", THEIRS).strip()
    assert from_a_pod([("GET", url, {"authorization": f"Bearer {other}"})]) == ["401"]


def test_no_secret_of_the_model_holds_a_token_but_that_of_juju_exec(kubeflow: Kubeflow):
    secrets = look_up("secrets", "-n", MODEL)["items"]
    tokens = {item["metadata"]["name"] for item in secrets if item["type"] == "kubernetes.io/service-account-token"}
    assert tokens <= JUJUS
    ours = [item for item in secrets if item["metadata"]["name"].endswith("-identity")]
    assert ours
    assert [item["metadata"]["name"] for item in ours if item.get("data")] == []


def test_a_stolen_token_dies_with_the_pod(kubeflow: Kubeflow):
    application, container = "argo-controller", "workflow-controller"
    token = processes(MODEL, f"{application}-0", container)[0].sees(TOKEN).read_text()
    assert bearer(token) == f"system:serviceaccount:{MODEL}:{application}-{container}"
    kubectl("delete", "pod", f"{application}-0", "-n", MODEL)
    eventually(lambda: bearer(token) == "", timeout=60)
    kubeflow.settle(changing=[application])


def bearer(token: str) -> str:
    """Return whom the API server takes the bearer of a token for; empty if for nobody."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    status = json.loads(kubectl("create", "-f", "-", "-o", "json", given=json.dumps(review)))["status"]
    return status["user"]["username"] if status.get("authenticated") else ""


def test_no_workload_that_answers_users_may_read_secrets(kubeflow: Kubeflow, tenant: Tenant):
    accounts = look_up("serviceaccounts", "-n", MODEL, "-l", "kubeflow-charms/app")["items"]
    names = {item["metadata"]["name"] for item in accounts}
    assert names > READERS
    for name in sorted(names - READERS - WATCHING):
        for namespace in (MODEL, "kube-system", *(() if name in IN_PROFILES else (OURS,))):
            assert not may(f"system:serviceaccount:{MODEL}:{name}", namespace, "get", "secrets"), name
            assert not may(f"system:serviceaccount:{MODEL}:{name}", namespace, "create", "serviceaccounts/token"), name


def test_nobody_who_may_only_look_starts_anything(tenant: Tenant):
    role = look_up("clusterrole", "kubeflow-view")
    created = {
        (group, resource)
        for rule in role["rules"]
        if {"create", "*"} & set(rule["verbs"])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert created & {("kubeflow.org", "viewers"), ("pipelines.kubeflow.org", "visualizations"), ("", "pods")} == set()


def may(user: str, namespace: str, verb: str, resource: str) -> bool:
    """Tell whether an account may do something, as the API server says."""
    name, _, part = resource.partition("/")
    attributes = {"namespace": namespace, "verb": verb, "resource": name, "subresource": part}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": attributes},
    }
    return json.loads(kubectl("create", "-f", "-", "-o", "json", given=json.dumps(review)))["status"]["allowed"]
