"""Users' namespaces: who may do what in whose, and what related applications put there.

The profile controller may be a stand-in: then these tests make the namespaces that it would make.
"""

import contextlib
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from support.browser import Browser
from support.eventually import eventually
from support.kubeflow import ECHO, MODEL, Kubeflow
from support.kubernetes import kubectl, look_up
from support.workspace import make_namespace

from testbed.workloads import PYTHON

PROFILES = "kubeflow-profiles"
UNIT = f"{PROFILES}/leader"
ADA, BEN, CARL, DORA = "ada", "ben", "carl", "dora"
LABELS = {"app.kubernetes.io/part-of": "kubeflow-profile", "istio-injection": "enabled"}
ASK = """
import sys, urllib.error, urllib.request
try:
    request = urllib.request.Request(sys.argv[1], headers={"kubeflow-userid": sys.argv[2]})
    print(urllib.request.urlopen(request, timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def act(kubeflow: Kubeflow, action: str, **parameters: Any) -> dict[str, Any]:
    """Run an action, which succeeds, and return its results."""
    return dict(kubeflow.juju.run(UNIT, action, parameters, wait=300).results)


def mail(name: str) -> str:
    return f"{name}@example.com"


@contextlib.contextmanager
def profile(kubeflow: Kubeflow, name: str) -> Iterator[str]:
    """Make a profile with its namespace, and take it away."""
    try:
        act(kubeflow, "create-profile", name=name, owner=mail(name))
        make_namespace(name, mail(name), LABELS)
        yield name
    finally:
        kubectl("delete", "profile", name, "--ignore-not-found", "--wait=false")
        kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="module")
def users(kubeflow: Kubeflow) -> Iterator[None]:
    """Ada and Ben, each with a profile, and a page in it behind the gateway, in pods with a sidecar."""
    with profile(kubeflow, ADA), profile(kubeflow, BEN):
        for name in (ADA, BEN):
            kubectl("apply", "-f", "-", given=yaml.safe_dump_all(page(name)))
        for name in (ADA, BEN):
            kubectl("wait", "-n", name, "pod/page", "--for=condition=Ready", "--timeout=240s")
        yield


def page(namespace: str) -> list[dict[str, Any]]:
    """Return a page that says nothing, its Service and its route."""
    container = {"name": "page", "image": PYTHON, "command": ["python3", "-m", "http.server", "-d", "/tmp", "8080"]}
    route = {"destination": {"host": "page", "port": {"number": 80}}}
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "page", "namespace": namespace, "labels": {"app": "page"}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "page", "namespace": namespace},
            "spec": {"selector": {"app": "page"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
        },
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {"name": "page", "namespace": namespace},
            "spec": {
                "hosts": ["*"],
                "gateways": [f"{MODEL}/kubeflow-gateway"],
                "http": [
                    {
                        "match": [{"uri": {"prefix": f"/notebook/{namespace}/page/"}}],
                        "rewrite": {"uri": "/"},
                        "route": [route],
                    }
                ],
            },
        },
    ]


def may(user: str, namespace: str, *what: str) -> bool:
    """Tell whether a user may do something, as the API server says."""
    command = ["kubectl", "auth", "can-i", f"--as={user}", "-n", namespace, *what]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() == "yes"


def test_profiles_are_made_shared_and_restored_from_a_file_and_doing_it_twice_changes_nothing(kubeflow: Kubeflow):
    with profile(kubeflow, CARL):
        assert act(kubeflow, "create-profile", name=CARL, owner=mail(CARL))["changed"] == "false"
        sharing = {"profile": CARL, "user": mail(ADA), "role": "view"}
        assert [act(kubeflow, "add-contributor", **sharing)["changed"] for _ in range(2)] == ["true", "false"]
        listed = act(kubeflow, "list-profiles")["profiles"]
        found = {item["name"]: item for item in yaml.safe_load(listed)["profiles"]}
        assert found[CARL] == {
            "name": CARL,
            "owner": mail(CARL),
            "contributors": [{"name": mail(ADA), "role": "view"}],
        }
        # As an operator types it: Juju would read the file's YAML itself without --string-args.
        text = yaml.safe_dump([found[CARL]])
        answer = kubeflow.juju.cli("run", UNIT, "import-profiles", "--string-args", f"profiles={text}")
        assert f"unchanged: {CARL}" in answer
        eventually(lambda: may(mail(ADA), CARL, "get", "pods"))
        assert not may(mail(ADA), CARL, "create", "pods")


def test_a_contributor_gets_exactly_the_role_given_and_others_nothing(kubeflow: Kubeflow, users: None):
    visitor = kubeflow.visitor()
    user = visitor.credentials.user
    act(kubeflow, "add-contributor", profile=ADA, user=user, role="edit")
    eventually(lambda: may(user, ADA, "create", "pods"))
    assert may(user, ADA, "list", "virtualservices.networking.istio.io")
    for what in (("create", "rolebindings"), ("update", "resourcequotas"), ("create", "virtualservices")):
        assert not may(user, ADA, *what), what
    for what in (("get", "pods"), ("list", "secrets"), ("get", "poddefaults.kubeflow.org")):
        assert not may(user, BEN, *what), what
        assert not may(mail(BEN), ADA, *what), what


def test_pages_of_a_namespace_are_for_those_who_work_in_it_whatever_identity_a_pod_claims(
    kubeflow: Kubeflow, users: None
):
    visitor = kubeflow.visitor()
    user = visitor.credentials.user
    for name, guest in ((ADA, user), (BEN, mail(CARL))):
        act(kubeflow, "add-contributor", profile=name, user=guest, role="edit")
    with Browser(visitor.address) as browser:
        browser.log_in(user, visitor.credentials.password, "/")
        eventually(lambda: browser.open(f"/notebook/{ADA}/page/").status_code == 200)
        eventually(lambda: browser.open(f"/notebook/{BEN}/page/").status_code == 403)
        assert browser.open(f"/notebook/{BEN}/page/", kubeflow_userid=mail(CARL)).status_code == 403
    # From a pod in the mesh, past the gateway, in the name of one who may.
    forged = ("exec", "-i", "-n", BEN, "page", "-c", "page", "--", "python3", "-c", ASK, f"http://page.{ADA}/", user)
    # Where the network enforces policies it is refused there, and her own sidecar says so; else by the other's sidecar.
    assert kubectl(*forged).strip() in ("503", "403")


def test_what_an_application_sends_is_in_every_profile_also_a_later_one_until_it_goes(
    kubeflow: Kubeflow, echo: str, users: None, impatient: None
):
    endpoints = ("pod-defaults", "secrets")
    for endpoint in endpoints:
        kubeflow.juju.integrate(f"{ECHO}:{endpoint}", f"{PROFILES}:{endpoint}")
    eventually(lambda: {ADA, BEN} <= placed())
    secret = eventually(lambda: look_up("secret", ECHO, "-n", ADA))
    assert list(secret["data"]) == ["password"]
    with profile(kubeflow, DORA):
        eventually(lambda: DORA in placed(), timeout=60)
    for endpoint in endpoints:
        kubeflow.juju.remove_relation(f"{ECHO}:{endpoint}", f"{PROFILES}:{endpoint}")
    eventually(lambda: not placed())
    eventually(lambda: ECHO not in kubectl("get", "secrets", "-n", ADA, "-o", "name"))
    kubeflow.settle(ECHO)


def placed() -> set[str]:
    """Return the namespaces that have the PodDefault."""
    items = look_up("poddefaults.kubeflow.org", "--all-namespaces")["items"]
    return {item["metadata"]["namespace"] for item in items if item["metadata"]["name"] == ECHO}
