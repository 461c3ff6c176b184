"""What the library relies on Kubernetes for: server-side apply, conflicts, owners and their collection, tokens."""

import base64
import copy
import dataclasses
import itertools
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import lightkube
import ops
import pytest
from kubeflow_charms.parts import Crds, Manifests, Part, Sandbox, Workload
from lightkube.config.kubeconfig import KubeConfig
from ops import testing
from support import controllers
from support.apiserver import ApiServer, Object
from support.deployment import Deployment
from support.examples import Deploy

MANIFESTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {{ data | tojson }}
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: first}
spec: {size: 1}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: {{ app }}-{{ model }}}
webhooks: []
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ model }}-far, namespace: default}
"""
CRDS = """
group: example.com
kinds:
  Thing: {plural: things, versions: {v1: {storage: true, status: true, fields: {spec: {size!: integer}}}}}
"""
ROLE = """
cluster: [{apiGroups: [""], resources: [nodes], verbs: [list]}]
namespace: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
"""
NUMBERS = itertools.count(1)


def plan(charm: Any) -> Iterator[Part]:
    yield Sandbox(container="app", role="role.yaml", writable=("/etc/app",), memory="64Mi", labels={"own": "label"})
    yield Crds("crds.yaml", version="1")
    if charm.config["data"] != "none":
        data = dict(pair.split("=") for pair in charm.config["data"].split())
        yield Manifests("objects", "objects.yaml.j2", {"data": data})
    yield Workload(container="app", command="run")


@pytest.fixture(scope="module")
def cluster(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Return a client of a cluster whose garbage is collected."""
    with controllers.running(apiserver, tmp_path_factory.mktemp("controllers")), apiserver.client() as client:
        yield client


@dataclasses.dataclass
class Application:
    """The example charm in a model of its own, as Juju would have deployed it."""

    deployment: Deployment
    http: httpx2.Client
    model: str

    def deploy(self) -> None:
        """Make the StatefulSet, as Juju does."""
        labels = {"app.kubernetes.io/name": "example"}
        pod = {"containers": JUJUS_CONTAINERS, "volumes": [{"name": "charm-data", "emptyDir": {}}]}
        template = {"metadata": {"labels": labels}, "spec": pod}
        item = {"metadata": {"name": "example"}, "spec": {"selector": {"matchLabels": labels}, "template": template}}
        where = self.stateful_set.rpartition("/")[0]
        self.http.post(where, json=item, params={"fieldManager": "juju"}).raise_for_status()

    def run(self, event: str = "config_changed", data: str = "a=1 b=2", state: Any = None) -> testing.State:
        """Run an event of the leader."""
        state = state or self.deployment.state(model=testing.Model(name=self.model), config={"data": data})
        return self.deployment.run(getattr(self.deployment.context.on, event)(), state)

    def settle(self, data: str = "a=1 b=2") -> testing.State:
        """Run until the unit has the pod that it asked for."""
        state = self.run(data=data)
        self.deployment.become(self.get(self.stateful_set)["spec"]["template"])
        return self.run(state=state)

    def get(self, path: str) -> Object:
        """Return what is there; empty if nothing is."""
        answer = self.http.get(path)
        return answer.raise_for_status().json() if answer.status_code != 404 else {}

    def edit(self, path: str, manager: str, change: Callable[[Object], Any]) -> None:
        """Change an object as kubectl edit does."""
        item = self.get(path)
        change(item)
        self.http.put(path, json=item, params={"fieldManager": manager}).raise_for_status()

    @property
    def stateful_set(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.model}/statefulsets/example"

    @property
    def settings(self) -> str:
        return f"/api/v1/namespaces/{self.model}/configmaps/settings"

    @property
    def webhook(self) -> str:
        return f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/example-{self.model}"

    @property
    def role(self) -> str:
        return f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{self.model}-example-app"

    @property
    def anchor(self) -> str:
        return f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{self.model}-example-anchor"

    @property
    def far(self) -> str:
        return f"/api/v1/namespaces/default/configmaps/{self.model}-far"


CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"
JUJUS_CONTAINERS = [
    {"name": "charm", "image": "charm", "volumeMounts": [{"name": "charm-data", "mountPath": "/var/lib/juju"}]},
    {"name": "app", "image": "app", "volumeMounts": [{"name": "charm-data", "mountPath": "/charm"}]},
]


@pytest.fixture
def application(
    deploy: Deploy, cluster: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Application]:
    model = f"library-{next(NUMBERS)}"
    deployment = deploy(
        plan,
        sources={"objects.yaml.j2": MANIFESTS, "crds.yaml": CRDS, "role.yaml": ROLE},
        config={"options": {"data": {"type": "string"}, "purge": {"type": "boolean", "default": False}}},
    )
    config = KubeConfig.from_dict(apiserver.kubeconfig(apiserver.token))
    client = lightkube.Client(config=config)
    monkeypatch.setattr("kubeflow_charms.cluster.connect", lambda: client)
    cluster.post("/api/v1/namespaces", json={"metadata": {"name": model}}).raise_for_status()
    made = Application(deployment, cluster, model)
    made.deploy()
    yield made
    client.close()


def test_objects_of_a_kind_that_the_same_hook_defines_are_there_when_it_ends(application: Application) -> None:
    state = application.settle()
    assert state.unit_status == ops.ActiveStatus()
    thing = application.get(f"/apis/example.com/v1/namespaces/{application.model}/things/first")
    assert thing["spec"] == {"size": 1}


def test_a_field_that_the_template_no_longer_has_goes(application: Application) -> None:
    application.settle("a=1 b=2")
    application.run(data="a=1")
    assert application.get(application.settings)["data"] == {"a": "1"}


def test_what_others_added_stays(application: Application) -> None:
    application.settle("a=1")
    application.edit(application.settings, "kubectl", lambda item: item["data"].update(theirs="yes"))
    application.run(data="a=2")
    assert application.get(application.settings)["data"] == {"a": "2", "theirs": "yes"}


def test_what_another_took_over_is_named_and_left_to_it(application: Application) -> None:
    application.settle("a=1")
    application.edit(application.settings, "kubectl-edit", lambda item: item["data"].update(a="theirs"))
    state = application.run("upgrade_charm", "a=1")
    assert isinstance(state.unit_status, ops.BlockedStatus)
    assert 'conflict with "kubectl-edit"' in state.unit_status.message
    assert application.get(application.settings)["data"] == {"a": "theirs"}


def test_an_object_that_was_there_before_is_named_and_left_alone(application: Application) -> None:
    item = {"metadata": {"name": "settings"}, "data": {"a": "theirs"}}
    where = application.settings.rpartition("/")[0]
    application.http.post(where, json=item, params={"fieldManager": "helm"}).raise_for_status()
    before = application.get(application.settings)
    state = application.run("update_status")
    for _ in range(2):
        state = application.run("update_status", state=state)
    assert "ConfigMap settings belongs to helm; remove it first" in state.unit_status.message
    assert application.get(application.settings) == before


def test_what_the_plan_no_longer_has_is_pruned_but_for_crds(application: Application) -> None:
    application.settle()
    application.run(data="none")
    assert not application.get(application.settings)
    assert not application.get(application.webhook)
    assert not application.get(application.far)
    assert application.get(CRD)


def test_the_pod_keeps_what_juju_wants_of_it(application: Application) -> None:
    application.settle()
    pod = application.get(application.stateful_set)["spec"]["template"]
    containers = {item["name"]: item for item in pod["spec"]["containers"]}
    assert containers["app"]["image"] == "app"
    paths = {mount["mountPath"] for mount in containers["app"]["volumeMounts"]}
    assert paths == {"/charm", "/etc/app", "/var/run/secrets/kubernetes.io/serviceaccount"}
    assert {mount["mountPath"] for mount in containers["charm"]["volumeMounts"]} == {
        "/var/lib/juju",
        "/var/run/kubeflow-charms",
    }
    assert containers["app"]["resources"]["limits"] == {"memory": "64Mi"}
    assert pod["metadata"]["labels"] == {"app.kubernetes.io/name": "example", "own": "label"}


def test_juju_can_go_on_to_update_the_pod(application: Application) -> None:
    application.settle()
    before = application.get(application.stateful_set)

    def update(item: Object) -> None:
        item["spec"]["template"]["spec"]["containers"][0]["image"] = "newer"

    application.edit(application.stateful_set, "juju", update)
    state = application.run("upgrade_charm")
    assert state.unit_status == ops.ActiveStatus()
    after = application.get(application.stateful_set)
    expected = copy.deepcopy(before["spec"]["template"])
    expected["spec"]["containers"][0]["image"] = "newer"
    assert after["spec"]["template"] == expected


def test_a_hook_that_changes_nothing_changes_nothing(application: Application) -> None:
    state = application.settle()
    before = application.get(application.stateful_set)["metadata"]["resourceVersion"]
    (application.deployment.charm_folder / ".applied").unlink()
    application.run(state=state)
    assert application.get(application.stateful_set)["metadata"]["resourceVersion"] == before


def identity(application: Application, apiserver: ApiServer) -> httpx2.Client:
    """Return a client with the token that is mounted in the workload's container."""
    secret = application.get(f"/api/v1/namespaces/{application.model}/secrets/example-app-token")
    token = base64.b64decode(secret["data"]["token"]).decode()
    verify = ssl.create_default_context(cafile=apiserver.certificate)
    return httpx2.Client(base_url=apiserver.url, headers={"Authorization": f"Bearer {token}"}, verify=verify)


def test_a_workloads_token_opens_what_its_role_says_and_nothing_else(
    application: Application, apiserver: ApiServer
) -> None:
    application.settle()
    with identity(application, apiserver) as client:
        assert client.get(application.settings).status_code == 200
        assert client.get("/api/v1/nodes").status_code == 200
        assert client.get("/api/v1/secrets").status_code == 403
        assert client.get(f"/api/v1/namespaces/{application.model}/secrets").status_code == 403
        assert client.delete(application.settings).status_code == 403
        assert client.get("/api/v1/namespaces/default/configmaps").status_code == 403


def test_all_but_the_crds_goes_with_the_stateful_set_and_the_anchor(application: Application) -> None:
    application.settle()
    for path in (application.stateful_set, application.anchor):
        application.http.delete(path).raise_for_status()
    gone = (application.settings, application.webhook, application.role, application.far)
    controllers.eventually(lambda: not any(map(application.get, gone)))
    assert application.get(CRD)


def test_all_but_the_crds_goes_with_the_models_namespace(application: Application) -> None:
    application.settle()
    application.http.delete(f"/api/v1/namespaces/{application.model}").raise_for_status()
    gone = (application.settings, application.webhook, application.role, application.far, application.anchor)
    controllers.eventually(lambda: not any(map(application.get, gone)))
    assert application.get(CRD)


def test_the_last_unit_takes_all_but_the_crds_and_the_anchor(application: Application) -> None:
    state = application.settle()
    application.run("stop", state=dataclasses.replace(state, planned_units=0))
    assert not any(map(application.get, (application.settings, application.webhook, application.role, application.far)))
    assert application.get(CRD)


def test_an_application_deployed_again_takes_over_what_is_left_of_it(application: Application) -> None:
    application.settle()
    application.http.delete(f"{application.stateful_set}?propagationPolicy=Orphan").raise_for_status()
    controllers.eventually(lambda: not application.get(application.stateful_set))
    application.deploy()
    application.deployment.become({})
    assert application.settle().unit_status == ops.ActiveStatus()
    [owner] = application.get(application.settings)["metadata"]["ownerReferences"]
    assert owner["uid"] == application.get(application.stateful_set)["metadata"]["uid"]


def test_with_purge_the_crds_go_with_the_anchor(application: Application) -> None:
    state = application.settle()
    state = dataclasses.replace(state, config={"data": "a=1", "purge": True})
    application.run(state=state)
    application.http.delete(application.anchor).raise_for_status()
    controllers.eventually(lambda: not application.get(CRD))
