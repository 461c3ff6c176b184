"""Every failure of the Kubernetes API is a status that says what to do, and passes by itself when it can."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import lightkube
import ops
import pytest
from kubeflow_charms import Blocked, Waiting
from kubeflow_charms.engine.cluster import Cluster, Reference, is_cluster_scoped, plural
from kubeflow_charms.parts import Manifests, Part
from lightkube.core.exceptions import ConfigError
from support.examples import Deploy
from support.fake_cluster import FakeCluster

FORBIDDEN = 'configmaps "settings" is forbidden: User "system:serviceaccount:edge:example" cannot patch resource'
QUOTA = 'configmaps "settings" is forbidden: exceeded quota: small'
CONFLICT = 'Apply failed with 1 conflict: conflict with "helm" using v1: .data.value'
CONFLICTS = 'Apply failed with 2 conflicts: conflicts with "helm" using v1:\n- .data.value\n- .data.other'


def plan(charm: Any) -> Iterator[Part]:
    yield Manifests("settings", "settings.yaml.j2")


def raising(error: Exception) -> Callable[[httpx2.Request], None]:
    def refuse(request: httpx2.Request) -> None:
        raise error

    return refuse


def answering(*answer: Any) -> Callable[[httpx2.Request], Any]:
    return lambda request: answer if request.method == "PATCH" and "configmaps" in request.url.path else None


@pytest.mark.parametrize(
    ("refuse", "status"),
    [
        (answering(403, FORBIDDEN), ops.BlockedStatus("needs trust, run: juju trust example --scope=cluster")),
        (answering(403, QUOTA), ops.BlockedStatus(f"Kubernetes refuses ConfigMap settings: {QUOTA}")),
        (
            answering(403, "unable to create new content in namespace edge because it is being terminated"),
            ops.WaitingStatus("waiting for the namespace of ConfigMap settings to be gone"),
        ),
        (
            answering(404, "not found"),
            ops.WaitingStatus("waiting for Kubernetes to know ConfigMap (core), for ConfigMap settings"),
        ),
        (
            answering(409, CONFLICT),
            ops.BlockedStatus(f"ConfigMap settings belongs to someone else: {CONFLICT}"),
        ),
        (
            answering(409, CONFLICTS),
            ops.BlockedStatus(f"ConfigMap settings belongs to someone else: {' '.join(CONFLICTS.split())}"),
        ),
        (
            answering(409, "the object has been modified; please apply your changes to the latest version"),
            ops.WaitingStatus("waiting for the Kubernetes API (409 for ConfigMap settings)"),
        ),
        (
            answering(422, "ConfigMap is invalid: data: too long"),
            ops.BlockedStatus("Kubernetes refuses ConfigMap settings: ConfigMap is invalid: data: too long"),
        ),
        *(
            (
                answering(code, "later"),
                ops.WaitingStatus(f"waiting for the Kubernetes API ({code} for ConfigMap settings)"),
            )
            for code in (401, 429, 500, 503)
        ),
        (
            raising(httpx2.ConnectTimeout("timed out")),
            ops.WaitingStatus("waiting for the Kubernetes API to answer (ConnectTimeout)"),
        ),
        (
            raising(httpx2.RemoteProtocolError("dropped")),
            ops.WaitingStatus("waiting for the Kubernetes API to answer (RemoteProtocolError)"),
        ),
    ],
)
def test_a_failure_is_a_status_and_the_next_hook_recovers(
    deploy: Deploy, refuse: Callable[[httpx2.Request], Any], status: ops.StatusBase
) -> None:
    deployment = deploy(plan)
    deployment.cluster.refuse = refuse
    state = deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert state.unit_status == status
    deployment.cluster.refuse = lambda request: None
    state = deployment.run(deployment.context.on.update_status(), state)
    assert state.unit_status == ops.ActiveStatus()
    assert "ConfigMap settings" in deployment.cluster.kinds()


SETTINGS = Reference("v1", "ConfigMap", "settings", "edge")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    monkeypatch.setattr("kubeflow_charms.engine.cluster.DELAYS", (0.0, 0.0))
    return FakeCluster()


@pytest.mark.parametrize("code", [429, 500, 503, 504])
def test_a_passing_failure_is_tried_again_at_once(fake: FakeCluster, code: int) -> None:
    answers = [code, code, None]
    fake.refuse = lambda request: answers.pop(0)
    assert Cluster("example", fake.connect).get(SETTINGS) is None
    assert answers == []


@pytest.mark.parametrize("code", [400, 403, 422])
def test_a_lasting_failure_is_not_tried_again(fake: FakeCluster, code: int) -> None:
    fake.refuse = lambda request: code
    with pytest.raises(Blocked):
        Cluster("example", fake.connect).get(SETTINGS)
    assert len(fake.calls) == 1


def test_what_is_not_there_is_none(fake: FakeCluster) -> None:
    assert Cluster("example", fake.connect).get(SETTINGS) is None


def test_deleting_what_is_not_there_is_fine(fake: FakeCluster) -> None:
    Cluster("example", fake.connect).delete(SETTINGS)


def test_a_pod_without_a_token_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubeflow_charms.engine.cluster.DELAYS", ())

    def connect() -> lightkube.Client:
        raise ConfigError("no configuration")

    with pytest.raises(Waiting, match="to answer"):
        Cluster("example", connect).get(SETTINGS)


def plain(fake: FakeCluster, code: int, text: str) -> lightkube.Client:
    """Return a client whose every request is answered with a text, as proxies and unknown API groups do."""
    client = fake.connect()
    answer = httpx2.MockTransport(lambda request: httpx2.Response(code, text=text))
    client._client._client = httpx2.Client(transport=answer, base_url="http://fake")  # pyright: ignore[reportPrivateUsage]
    return client


def test_an_answer_of_a_proxy_that_is_no_kubernetes_status_waits(fake: FakeCluster) -> None:
    with pytest.raises(Waiting, match="502"):
        Cluster("example", lambda: plain(fake, 502, "<html>bad gateway</html>")).get(SETTINGS)


def test_an_api_group_that_is_unknown_yet_is_waited_for(fake: FakeCluster) -> None:
    route = Reference("networking.istio.io/v1", "VirtualService", "route", "edge")
    cluster = Cluster("example", lambda: plain(fake, 404, "404 page not found"))
    assert cluster.get(route) is None
    with pytest.raises(Waiting, match=r"Kubernetes to know VirtualService \(networking.istio.io\)"):
        cluster.apply({}, route, "example.part")


def test_a_kind_that_is_served_a_moment_after_its_crd_is_applied_at_once(fake: FakeCluster) -> None:
    answers = [404, None]
    fake.refuse = lambda request: answers.pop(0)
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
    assert Cluster("example", fake.connect).apply(item, SETTINGS, "example.part")["kind"] == "ConfigMap"


def test_an_object_is_applied_under_a_field_manager_and_never_by_force(fake: FakeCluster) -> None:
    seen: list[httpx2.Request] = []
    fake.refuse = seen.append
    item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
    Cluster("example", fake.connect).apply(item, SETTINGS, "example.part")
    [request] = seen
    assert request.url.path == "/api/v1/namespaces/edge/configmaps/settings"
    assert request.url.params["fieldManager"] == "example.part"
    assert request.url.params.get("force", "false") == "false"
    assert request.headers["content-type"] == "application/apply-patch+yaml"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("ConfigMap", "configmaps"),
        ("Ingress", "ingresses"),
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
        ("Endpoints", "endpoints"),
        ("EnvoyFilter", "envoyfilters"),
        ("AuthorizationPolicy", "authorizationpolicies"),
        ("ServiceEntry", "serviceentries"),
        ("Proxy", "proxies"),
        ("Fax", "faxes"),
    ],
)
def test_the_plural_of_a_kind_is_the_one_in_urls(kind: str, expected: str) -> None:
    assert plural(kind) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("ClusterRole", True), ("CustomResourceDefinition", True), ("Namespace", True), ("Role", False), ("Pod", False)],
)
def test_kinds_without_a_namespace_are_known(kind: str, expected: bool) -> None:
    assert is_cluster_scoped(kind) == expected


def test_a_reference_takes_the_default_namespace_only_where_there_can_be_one() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}
    assert Reference.of(role, "edge").namespace == ""
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}
    assert Reference.of(secret, "edge").namespace == "edge"
    secret["metadata"]["namespace"] = "other"
    assert Reference.of(secret, "edge").namespace == "other"


def test_custom_resources_go_to_the_url_of_their_group(fake: FakeCluster) -> None:
    reference = Reference("networking.istio.io/v1", "VirtualService", "route", "edge")
    Cluster("example", fake.connect).get(reference)
    Cluster("example", fake.connect).get(Reference("example.com/v1", "ClusterThing", "one"))
    assert fake.calls == [
        "GET /apis/networking.istio.io/v1/namespaces/edge/virtualservices/route",
        "GET /apis/example.com/v1/clusterthings/one",
    ]
