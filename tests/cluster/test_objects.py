"""Every charm's objects on a real kube-apiserver: applied, owned, defended, pruned and collected.

The tests of a charm are in order: each takes the application as the one before left it.
"""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.engine.applied import CRD
from kubeflow_charms.engine.cluster import Reference
from kubeflow_charms.engine.ownership import APP, CHARM, MODEL
from kubeflow_charms.parts import AdmissionPolicies, Manifests
from kubeflow_charms.sandbox import confinement
from support import objects, rights, samples, security_page
from support.apiserver import ApiServer, apply
from support.eventually import eventually
from support.library import told
from support.objects import Deployed, path
from support.related import ROOTS, Described

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace"}
ACCOUNTS = "/api/v1/namespaces/{}/serviceaccounts"
CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
USERS_ASK = {"minio/minio", "pipelines/api-server", "pipelines/authorizer", "seaweedfs/seaweedfs"}
"""What shows its metrics at a port that users' pods need: both stores, and the gate of Pipelines' API."""
QUESTIONS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@pytest.fixture(scope="module", params=ROOTS, ids=lambda root: root.name)
def deployed(
    request: pytest.FixtureRequest,
    apiserver: ApiServer,
    collected: httpx2.Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    samples.define(collected, samples.kinds())
    yield from objects.running(apiserver, collected, Described.load(request.param), tmp_path_factory)


def version(item: dict[str, Any]) -> str:
    return item["metadata"]["resourceVersion"]


def versions(deployed: Deployed) -> dict[Reference, str]:
    return {reference: version(item) for reference, item in deployed.own.items()}


def test_beside_the_applications_that_it_works_with_a_charm_is_active(deployed: Deployed):
    assert deployed.settled, deployed.state.unit_status


def test_the_page_on_security_says_what_each_workload_may_do(deployed: Deployed):
    page = security_page.PAGE.read_text()
    assert [row for row in security_page.rows(deployed) if row not in page] == []


def test_a_pod_of_a_profile_reads_no_metrics_but_where_it_asks_for_more_than_these(deployed: Deployed):
    told = [relation for relation in deployed.state.relations if relation.interface == "prometheus_scrape"]
    shown = {
        f"{deployed.charm.root.name}/{job['job_name']}": int(job["static_configs"][0]["targets"][0].rpartition(":")[2])
        for relation in told
        for job in json.loads(relation.local_app_data["scrape_jobs"])
    }
    shut = {
        port
        for item in deployed.own.values()
        if item["kind"] == "NetworkPolicy" and deployed.application.deployment.charm == item["metadata"]["name"]
        for port in range(1, 65536)
        if not any(
            entry["port"] <= port <= entry.get("endPort", entry["port"])
            for rule in item["spec"]["ingress"]
            if "from" not in rule
            for entry in rule["ports"]
        )
    }
    assert {name for name, port in shown.items() if port not in shut} <= USERS_ASK


def test_applying_everything_again_changes_nothing(deployed: Deployed):
    before = versions(deployed)
    deployed.run()
    assert deployed.settled, deployed.state.unit_status
    assert versions(deployed) == before


def test_every_object_says_whose_it_is_and_has_an_owner(deployed: Deployed):
    application, model = deployed.application.deployment.charm, deployed.application.model
    for reference, item in deployed.own.items():
        labels = item["metadata"]["labels"]
        assert (labels[APP], labels[MODEL], labels[CHARM]) == (application, model, deployed.charm.root.name)
        (owner,) = item["metadata"]["ownerReferences"]
        assert owner["kind"] == ("StatefulSet" if reference.namespace == model else "ClusterRole")


def test_every_program_may_do_what_it_does(deployed: Deployed):
    wanted = rights.load(deployed.charm.root)
    identities = deployed.identities()
    assert wanted.keys() == identities.keys(), f"say it in charms/{deployed.charm.root.name}/tests/rights.yaml"
    asked = [
        (container, right, namespace)
        for container, program in wanted.items()
        for namespace, rights_there in (("", program.everywhere), (deployed.application.model, program.here))
        for right in sorted(rights_there)
    ]

    def all_allowed() -> bool:
        refused = [
            f"{container}: {right}"
            for container, right, where in asked
            if not deployed.allowed(container, right, where)
        ]
        assert refused == []
        return True

    # The authorizer hears of new roles a moment later.
    assert eventually(all_allowed)


def test_no_program_may_do_more_than_upstream_lets_it(deployed: Deployed):
    wanted = rights.load(deployed.charm.root)
    excess = {
        f"{container}: {right}"
        for container, granted in deployed.identities().items()
        for right in granted
        if not any(item.covers(right) for item in wanted[container].upstream)
    }
    assert sorted(excess) == []


def test_a_program_that_works_in_profiles_changes_nothing_elsewhere_whatever_its_roles_say(deployed: Deployed):
    application, http = deployed.application, deployed.http
    for name, labels in (("elsewhere", {}), ("a-profile", confinement.NAMESPACES["profiles"])):
        apply(http, f"/api/v1/namespaces/{name}", {**NAMESPACE, "metadata": {"name": name, "labels": labels}})
    for container in deployed.confined():
        user = f"system:serviceaccount:{application.model}:{application.deployment.charm}-{container}"
        with rights.everything(http, user):

            def create(path: str, user: str = user, **body: Any) -> httpx2.Response:
                body = {"metadata": {"generateName": "of-a-program-"}, **body}
                return http.post(f"{path}?dryRun=All", json=body, headers={"Impersonate-User": user})

            eventually(lambda: create(ACCOUNTS.format("a-profile")).is_success)
            # The API server goes by a new policy a moment after it was made.
            eventually(lambda: "may change nothing here" in create(ACCOUNTS.format("elsewhere")).text)
            for path in (*map(ACCOUNTS.format, ("elsewhere", application.model)), CLUSTER_ROLES):
                answer = create(path)
                assert (answer.status_code, "may change nothing here" in answer.text) == (403, True), answer.text
            asked = {"user": "ada", "nonResourceAttributes": {"path": "/", "verb": "get"}}
            assert create(QUESTIONS, metadata={}, spec=asked).is_success


def test_what_a_program_works_on_is_made_in_profiles_alone(deployed: Deployed):
    written = {sample.kind: sample.document for sample in samples.accepted()}
    for name, labels in (("elsewhere", {}), ("a-profile", confinement.NAMESPACES["profiles"])):
        apply(deployed.http, f"/api/v1/namespaces/{name}", {**NAMESPACE, "metadata": {"name": name, "labels": labels}})
    for kind in deployed.works_on():

        def create(namespace: str, kind: samples.Kind = kind) -> str:
            version = f"{kind.group}/{next(iter(kind.versions))}"
            anything = {"apiVersion": version, "kind": kind.name, "metadata": {"name": "of-a-user"}}
            body = written.get(kind, anything)
            body = {**body, "metadata": {**body["metadata"], "namespace": namespace}}
            where = kind.collection(body["apiVersion"].rpartition("/")[2])
            where = where.replace(f"/namespaces/{samples.NAMESPACE}/", f"/namespaces/{namespace}/")
            return deployed.http.post(f"{where}?dryRun=All", json=body).text

        if any("failed calling webhook" in create(namespace) for namespace in ("elsewhere", "a-profile")):
            continue  # its own webhook comes first, and is not there
        eventually(lambda create=create: "make it in the namespace of a profile" in create("elsewhere"))
        assert f"{kind.name} is for namespaces with" in create("elsewhere")
        assert "the namespace of a profile" not in create("a-profile")


def test_what_another_took_over_is_put_back(deployed: Deployed):
    model = deployed.application.model
    for reference in {item.kind: item for item in deployed.references if item.kind != CRD}.values():
        deployed.edit(reference, "kubectl-edit", **{MODEL: "theirs"})
        deployed.run()
        assert deployed.own[reference]["metadata"]["labels"][MODEL] == model
    deployed.run()
    assert deployed.settled, deployed.state.unit_status


def test_what_the_plan_no_longer_has_is_pruned_and_nothing_else(deployed: Deployed, monkeypatch: pytest.MonkeyPatch):
    dropped: set[str] = set()
    plan = deployed.charm.charm_type.plan

    def without_manifests(charm: Any) -> Iterator[Any]:
        for part in plan(charm):
            if isinstance(part, (AdmissionPolicies, Manifests)):
                dropped.add(f"{charm.app.name}.{part.name}")
            else:
                yield part

    before = deployed.own
    with monkeypatch.context() as patch:
        patch.setattr(deployed.charm.charm_type, "plan", without_manifests)
        deployed.run()
    managers = {
        reference: {entry["manager"] for entry in item["metadata"]["managedFields"]}
        for reference, item in before.items()
    }
    doomed = {reference for reference, names in managers.items() if names & dropped}
    # A namespace takes a moment to go.
    eventually(lambda: {item for item in before if not deployed.application.get(path(item))} == doomed)
    deployed.run()
    assert deployed.settled, deployed.state.unit_status
    assert deployed.own.keys() == before.keys()


def test_an_application_scaled_to_nothing_and_back_has_all_again(deployed: Deployed):
    application, before = deployed.application, deployed.own
    application.run(dataclasses.replace(deployed.state, planned_units=0), "stop")
    eventually(lambda: not any(map(application.get, map(path, before))))
    template = application.get(application.stateful_set)["spec"]["template"]
    # Kubernetes starts no pod that mounts what is not there, and then no hook could make it.
    for volume in template["spec"]["volumes"]:
        assert not {"configMap", "persistentVolumeClaim", "secret"} & volume.keys(), volume
    application.deployment.marker.unlink()
    application.deployment.become(template)
    application.start_pod()
    deployed.state = application.settle(deployed.state)
    deployed.run("update_status")
    assert deployed.settled, deployed.state.unit_status
    assert deployed.own.keys() == before.keys()


def test_after_a_forced_removal_kubernetes_collects_everything_but_kinds(deployed: Deployed):
    application = deployed.application
    owned = [path(reference) for reference in deployed.own]
    anchor = f"{application.model}-{application.deployment.charm}-anchor"
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    kinds = [path(reference) for reference in deployed.references if path(reference) not in owned]
    for gone in (application.stateful_set, f"{roles}/{anchor}"):
        application.http.delete(gone)
    eventually(lambda: not any(map(application.get, owned)))
    assert all(map(application.get, kinds))


def test_what_was_there_before_is_named_and_left_alone(deployed: Deployed):
    application = deployed.application
    application.deploy()
    application.deployment.become({})
    deployed.state = application.settle(deployed.state)
    ours = deployed.own
    application.run(dataclasses.replace(deployed.state, planned_units=0), "stop")
    eventually(lambda: not any(application.get(path(reference)) for reference in ours))
    theirs = dict(_in_order(ours))
    before = {reference: theirs_now(deployed, reference, item) for reference, item in theirs.items()}
    try:
        application.deployment.context.juju_log.clear()
        status = deployed.run().unit_status
        assert isinstance(status, ops.BlockedStatus) == bool(theirs)
        said = "; ".join((status.message, *told(application)))
        assert [str(reference) for reference in theirs if f"{reference} belongs to helm" not in said] == []
        assert {reference: version(application.get(path(reference))) for reference in theirs} == before
    finally:
        for reference in reversed(theirs):
            application.http.delete(path(reference)).raise_for_status()


def _in_order(items: dict[Reference, Any]) -> list[tuple[Reference, Any]]:
    """Return what others need first, and last what asks a program that is not there about the rest."""
    kinds = {"Namespace": 0, "MutatingWebhookConfiguration": 2, "ValidatingWebhookConfiguration": 2}
    return sorted(items.items(), key=lambda pair: kinds.get(pair[0].kind, 1))


def theirs_now(deployed: Deployed, reference: Reference, item: dict[str, Any]) -> str:
    """Make an object as another tool does, and return its version."""
    where, _, name = path(reference).rpartition("/")
    item = {key: value for key, value in item.items() if key != "status"}
    annotations = item["metadata"].get("annotations", {})
    document = {**item, "metadata": {"name": name, "annotations": annotations, "labels": {"app": "theirs"}}}
    answer = deployed.http.post(where, json=document, params={"fieldManager": "helm"})
    assert answer.is_success, answer.text
    return version(answer.json())
