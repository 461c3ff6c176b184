"""The small charm by which tests on a real API server look at what the library relies on Kubernetes for."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.parts import Crds, Manifests, Part, Program, Workload
from ops import testing

from .apiserver import ApiServer
from .application import Application, deployed_on
from .examples import Deploy, Limits

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
OPTIONS = {
    "data": {"type": "string", "default": "a=1"},
    "memory": {"type": "string", "default": "64Mi"},
    "purge": {"type": "boolean", "default": False},
}


def plan(charm: Any) -> Iterator[Part]:
    """Yield a kind, some objects of the model and beyond it, and a program."""
    yield Crds("crds.yaml", version="1")
    if charm.config["data"] != "none":
        data = dict(pair.split("=") for pair in charm.config["data"].split())
        yield Manifests("objects", "objects.yaml.j2", {"data": data})
    yield Workload(container="app", command="run")


CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com"


@pytest.fixture
def application(
    deploy: Deploy, collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Application]:
    """Return it, deployed in a model of its own and not settled."""
    program = Program("app", role="role.yaml", writable=("/etc/app",), labels=lambda options: {"own": "label"})
    deployment = deploy(
        plan,
        programs=(program,),
        attributes={"options_type": Limits},
        sources={"objects.yaml.j2": MANIFESTS, "crds.yaml": CRDS, "role.yaml": ROLE},
        config={"options": OPTIONS},
    )
    yield from deployed_on(apiserver, collected, deployment, monkeypatch)


@dataclasses.dataclass(frozen=True)
class Paths:
    """Where the example's objects are."""

    settings: str
    webhook: str
    role: str
    anchor: str
    far: str

    @property
    def owned(self) -> tuple[str, ...]:
        """Those that go with the application."""
        return (self.settings, self.webhook, self.role, self.far)


@pytest.fixture
def paths(application: Application) -> Paths:
    """Return where its objects are."""
    model, roles = application.model, "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    return Paths(
        settings=f"/api/v1/namespaces/{model}/configmaps/settings",
        webhook=f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/example-{model}",
        role=f"{roles}/{model}-example-app",
        anchor=f"{roles}/{model}-example-anchor",
        far=f"/api/v1/namespaces/default/configmaps/{model}-far",
    )


def settled(application: Application, data: str = "a=1 b=2") -> testing.State:
    """Return the state of the unit once it is active.

    Args:
        application: the unit's.
        data: of the ConfigMap; "none" for no such objects.
    """
    state = application.settle(application.state(config={"data": data}))
    assert state.unit_status == ops.ActiveStatus()
    return state


def with_data(state: testing.State, data: str) -> testing.State:
    """Return a state in which the ConfigMap is to have other data."""
    return dataclasses.replace(state, config={"data": data})


def pass_quarter(application: Application, state: testing.State) -> testing.State:
    """Let update-status come for fifteen minutes."""
    for _ in range(3):
        state = application.run(state, "update_status")
    return state


def told(application: Application) -> list[str]:
    """Return the charm's warnings; the testing framework has some of its own, of containers' files."""
    found = [entry.message for entry in application.deployment.context.juju_log if entry.level == "WARNING"]
    return [message for message in found if not message.startswith("Container ")]
