"""A charm of the repository on a real API server, with every object that it has there; no line is about any charm."""

import dataclasses
from collections.abc import Iterator

import httpx2
import ops
import pytest
from kubeflow_charms.engine.applied import CRD
from kubeflow_charms.engine.cluster import Reference, plural
from kubeflow_charms.engine.record import Record
from kubeflow_charms.sandbox import confinement
from ops import testing

from . import samples
from .apiserver import ApiServer, Object, apply
from .application import Application, Deploy, deployed_on, imitate
from .deployment import deployed
from .related import Described
from .rights import Right, of_rules


@dataclasses.dataclass
class Deployed:
    """An application that has settled, related to published charms wherever it can be.

    Attributes:
        charm: its charm.
        application: what runs it.
        state: of its unit.
    """

    charm: Described
    application: Application
    state: testing.State

    @property
    def http(self) -> httpx2.Client:
        """The administrator's client."""
        return self.application.http

    @property
    def references(self) -> list[Reference]:
        """What the application recorded of its objects."""
        annotations = self.application.get(self.application.stateful_set)["metadata"].get("annotations", {})
        return sorted(Record.load(annotations).objects)

    @property
    def own(self) -> dict[Reference, Object]:
        """Its objects but for CRDs, as they are now; those that are gone are empty."""
        return {item: self.application.get(path(item)) for item in self.references if item.kind != CRD}

    def identities(self) -> dict[str, frozenset[Right]]:
        """Return the rights of the account of each workload that has one, by container."""
        application, own = self.application.deployment.charm, self.own
        found: dict[str, frozenset[Right]] = {}
        for container in self.application.deployment.containers:
            name = f"{application}-{container}"
            if any((item.kind, item.name) == ("ServiceAccount", name) for item in own):
                roles = (("Role", name), ("ClusterRole", f"{self.application.model}-{name}"))
                rules = [
                    rule for item, body in own.items() if (item.kind, item.name) in roles for rule in body["rules"]
                ]
                found[container] = frozenset(of_rules(rules))
        return found

    def confined(self) -> list[str]:
        """Return the containers whose accounts may change things in some namespaces alone."""
        policies = {item.name for item in self.references if item.kind == "ValidatingAdmissionPolicy"}
        application, model = self.application.deployment.charm, self.application.model
        return [
            container
            for container in sorted(self.application.deployment.containers)
            if confinement.name(f"{application}-{container}", model) in policies
        ]

    def works_on(self) -> list[samples.Kind]:
        """Return the kinds that users make for its programs, where these may change anything."""
        policies = [item for reference, item in self.own.items() if reference.name.endswith("-works-on")]
        rules = [
            rule
            for item in policies
            if item["kind"] == "ValidatingAdmissionPolicy"
            for rule in item["spec"]["matchConstraints"]["resourceRules"]
        ]
        return [
            kind
            for kind in samples.kinds()
            if any(kind.group in rule["apiGroups"] and kind.plural in rule["resources"] for rule in rules)
        ]

    def allowed(self, container: str, right: Right, namespace: str) -> bool:
        """Tell whether a workload's account may do something in a namespace, or in all if that is empty."""
        account = f"{self.application.deployment.charm}-{container}"
        user = f"system:serviceaccount:{self.application.model}:{account}"
        review = {"spec": {"user": user, "resourceAttributes": right.attributes(namespace)}}
        answer = self.http.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review)
        return answer.raise_for_status().json()["status"]["allowed"]

    @property
    def settled(self) -> bool:
        """Whether the unit is active, or waits for a program that it asks by itself and that is not there."""
        status = self.state.unit_status
        return isinstance(status, (ops.ActiveStatus, ops.WaitingStatus)) and "Kubernetes" not in status.message

    def run(self, event: str = "upgrade_charm") -> testing.State:
        """Run an event without arguments; `upgrade_charm` applies everything again."""
        self.state = self.application.run(self.state, event)
        if self._give_addresses():
            self.state = self.application.run(self.state, "update_status")
        return self.state

    def _give_addresses(self) -> bool:
        """Give each Service that asks for an address one, as a load balancer would; tell whether one did."""
        asking = [
            (reference, item)
            for reference, item in self.own.items()
            if item.get("spec", {}).get("type") == "LoadBalancer" and not item["status"]["loadBalancer"]
        ]
        for reference, item in asking:
            item["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}
            self.http.put(f"{path(reference)}/status", json=item).raise_for_status()
        return bool(asking)

    def edit(self, reference: Reference, manager: str, **labels: str) -> None:
        """Give an object other labels, as another tool would."""
        self.application.edit(path(reference), manager, lambda item: item["metadata"]["labels"].update(labels))


def path(reference: Reference) -> str:
    """Return an object's path in the API."""
    prefix = "/apis" if "/" in reference.api_version else "/api"
    space = f"/namespaces/{reference.namespace}" if reference.namespace else ""
    return f"{prefix}/{reference.api_version}{space}/{plural(reference.kind)}/{reference.name}"


def running(
    server: ApiServer,
    http: httpx2.Client,
    charm: Described,
    factory: pytest.TempPathFactory,
    deployer: Deploy = imitate,
) -> Iterator[Deployed]:
    """Yield a settled application of a charm, and remove what it made.

    Args:
        server: Kubernetes.
        http: the administrator's client.
        charm: the charm.
        factory: of folders.
        deployer: has Juju's part.
    """
    with (
        pytest.MonkeyPatch.context() as patch,
        deployed(charm.charm_type, charm.root, patch, factory.mktemp("charm")) as deployment,
    ):
        for application in deployed_on(server, http, deployment, patch, deployer):
            # What related applications name as their own namespace.
            apply(
                http, "/api/v1/namespaces/edge", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "edge"}}
            )
            relations, secrets = charm.relations("ours", "published")
            state = application.settle(application.state(relations=relations, secrets=secrets))
            found = Deployed(charm, application, state)
            found.run("update_status")
            yield found
            found.application.run(dataclasses.replace(found.state, planned_units=0), "remove")
            http.delete(f"/api/v1/namespaces/{application.model}").raise_for_status()
