"""What is there of an application whose unit gets another pod again and again."""

from support.application import Application
from support.eventually import eventually
from support.library import settled

PODS = 200
RBAC = "/apis/rbac.authorization.k8s.io/v1"
LISTS = (
    "/api/v1/namespaces/{}/configmaps",
    "/api/v1/namespaces/{}/pods",
    "/api/v1/namespaces/{}/secrets",
    "/api/v1/namespaces/{}/serviceaccounts",
    "/apis/apps/v1/namespaces/{}/controllerrevisions",
    "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
    "/apis/events.k8s.io/v1/namespaces/{}/events",
    "/apis/example.com/v1/namespaces/{}/things",
    f"{RBAC}/namespaces/{{}}/rolebindings",
    f"{RBAC}/namespaces/{{}}/roles",
    f"{RBAC}/clusterrolebindings?labelSelector=kubeflow-charms/model={{}}",
    f"{RBAC}/clusterroles?labelSelector=kubeflow-charms/model={{}}",
)


def there(application: Application) -> dict[str, set[str]]:
    """Return the names of what there is of the application and in its model, by where it was listed."""
    return {
        where: {item["metadata"]["name"] for item in application.get(where.format(application.model))["items"]}
        for where in LISTS
    }


def test_after_two_hundred_pods_there_is_as_much_as_after_one_and_no_earlier_token_opens_anything(
    application: Application,
) -> None:
    settled(application)
    before, stateful_set = there(application), application.get(application.stateful_set)
    template = stateful_set["spec"]["template"]
    with application.workload("app") as first:
        assert first.get("/api/v1/nodes").is_success
        for _ in range(PODS):
            application.deployment.marker.unlink()
            assert application.deployment.become(template)
            application.start_pod()
            application.run(application.state(config={"data": "a=1 b=2"}), "start")
        eventually(lambda: first.get("/api/v1/nodes").status_code == 401)
    with application.workload("app") as latest:
        assert latest.get("/api/v1/nodes").is_success
    assert there(application) == before
    now = application.get(application.stateful_set)
    assert now["metadata"]["generation"] == stateful_set["metadata"]["generation"]
    assert len(str(now["metadata"])) == len(str(stateful_set["metadata"]))
