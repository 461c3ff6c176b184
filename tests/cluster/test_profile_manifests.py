"""The program that fills users' namespaces, with its own token, on a real API server with garbage collection."""

import ast
import base64
import contextlib
import dataclasses
import hmac
import importlib
import json
import os
import pathlib
import resource
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from kubeflow_charms.sandbox.identity import FOLDER
from kubeflow_charms.small_programs import health_server, kubernetes_api, passes
from kubeflow_charms.storage import profile_logins
from ops import testing
from support.deployment import passing
from support.eventually import eventually
from support.profiles import ADA, BEN, PROFILES, Profiles

CONTAINER = "profile-manifests"
SENDERS = {
    "pod-defaults": {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": "gpu"},
        "spec": {"desc": "In {{ NAMESPACE }}", "selector": {"matchLabels": {"gpu": "true"}}, "env": [{"name": "A"}]},
    },
    "secrets": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"key": "hunter2"}},
    "config-maps": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "where"}, "data": {"url": "x"}},
    "service-accounts": {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}},
    "roles": {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "robot"},
        "rules": [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}],
    },
    "role-bindings": {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "robot"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "robot"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot"}],
    },
}
DEFAULTS = "/apis/kubeflow.org/v1alpha1/namespaces/{}/poddefaults/gpu"
MAPS = "/api/v1/namespaces/{}/configmaps/where"
PLACES = (
    DEFAULTS,
    "/api/v1/namespaces/{}/secrets/key",
    MAPS,
    "/api/v1/namespaces/{}/serviceaccounts/robot",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles/robot",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings/robot",
)


def modules() -> tuple[Any, Any]:
    """Return the program's modules, which the charm's `src` has, and nothing imports there."""
    return importlib.import_module("placer"), importlib.import_module("kubeflow_charms.small_programs.kubernetes_api")


def everything() -> dict[str, Any]:
    """Return what one application wants of all kinds that pipelines need, for some profiles alone."""
    key = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}}
    labels = {"matchLabels": {"app": "proxy"}}
    container = {"name": "proxy", "image": "proxy", "env": [{"name": "A", "value": "{{ NAMESPACE }}"}]}
    service = {"ports": [{"name": "http", "port": 80}], "selector": {"app": "proxy"}}
    template = {"metadata": {"labels": {"app": "proxy"}}, "spec": {"containers": [container]}}
    proxy = {"metadata": {"name": "proxy"}}
    return {
        "kubernetes_manifests": [
            {**key, "stringData": {"proof": "{{ DIGEST proofs }}", "access": "{{ ACCESS_KEY store }}"}},
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                **proxy,
                "spec": {"selector": labels, "template": template},
            },
            {"apiVersion": "v1", "kind": "Service", **proxy, "spec": service},
            {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", **proxy, "spec": {"podSelector": labels}},
        ],
        "keys": {"proofs": "one", "store": "two"},
        "namespace_selector": json.dumps(WANTS),
        "takes_over": json.dumps(EARLIER),
    }


LOGIN = "/api/v1/namespaces/{}/secrets/login"
OWNERS = "/apis/profiles.kubeflow-charms/v1/namespaces/{}/profilenamerecords/kubeflow-profile-owners"
POLICY = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic{}/kubeflow-profiles-names-{}"
PROXIES = (
    LOGIN,
    "/apis/apps/v1/namespaces/{}/deployments/proxy",
    "/api/v1/namespaces/{}/services/proxy",
    "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies/proxy",
)
MANY = int(os.environ.get("PROFILES", "20"))
"""How many profiles there are where cost is measured; PROFILES=1000 takes some minutes."""
WANTS = {"pipelines.kubeflow.org/enabled": "true"}
EARLIER = {"metacontroller.k8s.io/decorator-controller": "kubeflow-pipelines-profile-controller"}


def wanting(application: Any, namespace: str, value: str = "true") -> str:
    """Let a profile want pipelines, or not, and return its namespace's identifier."""
    path = f"/api/v1/namespaces/{namespace}"
    application.edit(path, "admin", lambda item: item["metadata"]["labels"].update(dict.fromkeys(WANTS, value)))
    return application.get(path)["metadata"]["uid"]


@dataclasses.dataclass
class Placing:
    """The application with its program, which a test lets look."""

    profiles: Profiles
    folder: pathlib.Path
    said: list[str] = dataclasses.field(default_factory=list)

    @property
    def record(self) -> str:
        """Where it is written down whose profiles' names are."""
        return OWNERS.format(self.profiles.application.model)

    def relate(self, *endpoints: str) -> None:
        """Let an application be related at these endpoints, and no others."""
        known = [item for item in self.profiles.state.relations if item.endpoint not in SENDERS]
        related = [
            testing.Relation(
                name, remote_app_name=name, remote_app_data={"kubernetes_manifests": json.dumps([SENDERS[name]])}
            )
            for name in endpoints
        ]
        self._settle([*known, *related])

    def relate_one_that_sends_all(self) -> None:
        """Let one application send objects of all kinds over one endpoint, in a Juju secret."""
        known = [item for item in self.profiles.state.relations if item.endpoint not in SENDERS]
        sent = everything()
        content = {"manifests": json.dumps(sent.pop("kubernetes_manifests")), "keys": json.dumps(sent.pop("keys"))}
        secret = testing.Secret(content)
        databag = {"kubernetes_manifests": secret.id, "is_secret": "true", **sent}
        relation = testing.Relation("pod-defaults", remote_app_name="pipelines", remote_app_data=databag)
        secrets = [*self.profiles.state.secrets, secret]
        self.profiles.state = dataclasses.replace(self.profiles.state, secrets=secrets)
        self._settle([*known, relation])

    def _settle(self, relations: Any) -> None:
        application = self.profiles.application
        state = dataclasses.replace(self.profiles.state, relations=relations)
        state = application.run(passing(application.run(state)))
        assert state.unit_status == ops.ActiveStatus(), state.unit_status
        self.profiles.state = state

    def program(self) -> Any:
        """Return the program as it would start now."""
        placer = modules()[0]
        files = self.profiles.application.deployment.files[CONTAINER]
        wanted = placer.Wanted.read(files["/etc/profile-manifests/manifests.json"].text)
        return placer.Placer(self.kubernetes(), wanted, self.said.append)

    def kubernetes(self) -> Any:
        """Return the API as the program asks it now."""
        application = self.profiles.application
        token = application.deployment.files[CONTAINER][f"{FOLDER}/token"].text
        (self.folder / "token").write_text(token)
        (self.folder / "ca.crt").write_bytes(application.server.certificate.read_bytes())
        return modules()[1].Kubernetes(application.server.url, self.folder)

    def look(self, program: Any = None) -> bool:
        """Let the program, or one that starts now, make one pass, and tell whether all went well.

        Passes before the API server knows of the program's new rights do not count.
        """

        def attempt() -> list[bool]:
            refused = importlib.import_module("kubeflow_charms.small_programs.kubernetes_api").Refused
            self.said.clear()
            try:
                fine = (program or self.program()).look()[1]
            except refused as refusal:
                raise AssertionError(str(refusal)) from refusal
            assert not [text for text in self.said if "forbidden" in text or "initializing" in text], self.said
            return [fine]

        return eventually(attempt)[0]

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Let the program make passes by itself meanwhile, as something changes."""
        program = self.program()
        changes = passes.Changes(self.kubernetes(), program.watched)
        loop = passes.Passes(lambda: program.look(), changes, program.problems)

        def run() -> None:
            with contextlib.suppress(SystemExit):
                loop.run()

        threading.Thread(target=run, daemon=True).start()
        try:
            yield
        finally:
            program.look = sys.exit  # it would go on beside the next test's

    def has(self, path: str) -> bool:
        return bool(self.profiles.application.get(path))


@pytest.fixture
def placing(profiles: Profiles, tmp_path: pathlib.Path) -> Iterator[Placing]:
    placing = Placing(profiles, tmp_path)
    yield placing
    placing.relate()


@pytest.fixture
def ada(namespace: str) -> str:
    return namespace


def test_objects_of_every_kind_come_into_a_profile_and_a_second_pass_changes_nothing(placing: Placing, ada: str):
    placing.relate(*SENDERS)
    assert placing.look(), placing.said
    assert [path for path in PLACES if not placing.has(path.format(ada))] == []
    assert placing.profiles.application.get(DEFAULTS.format(ada))["spec"]["desc"] == f"In {ada}"
    assert placing.look()
    assert placing.said == []


def test_a_profile_that_is_made_later_has_them_within_seconds(placing: Placing):
    placing.relate("pod-defaults")
    with placing.going_on(), placing.profiles.namespace() as early:
        eventually(lambda: placing.has(DEFAULTS.format(early)))
        with placing.profiles.namespace() as late:
            eventually(lambda: placing.has(DEFAULTS.format(late)), timeout=passes.PERIOD / 2)


def test_namespaces_that_are_no_profiles_get_nothing(placing: Placing, ada: str):
    placing.relate("pod-defaults")
    assert placing.look()
    assert not placing.has(DEFAULTS.format("default"))
    assert not placing.has(DEFAULTS.format(placing.profiles.application.model))


def test_when_the_relation_goes_so_does_what_was_placed_though_nobody_may_delete_it(placing: Placing, ada: str):
    placing.relate("pod-defaults", "config-maps")
    assert placing.look()
    placing.relate("config-maps")
    assert placing.look()
    eventually(lambda: not placing.has(DEFAULTS.format(ada)))
    assert placing.has(MAPS.format(ada))


def test_what_an_application_no_longer_sends_is_removed(placing: Placing, ada: str, monkeypatch: pytest.MonkeyPatch):
    placing.relate("config-maps")
    assert placing.look()
    monkeypatch.setitem(SENDERS, "config-maps", {**SENDERS["config-maps"], "metadata": {"name": "elsewhere"}})
    placing.relate("config-maps")
    assert placing.look()
    assert (placing.has(MAPS.format(ada)), placing.has(MAPS.format(ada).replace("where", "elsewhere"))) == (False, True)


def test_what_somebody_changed_or_deleted_is_put_right(placing: Placing, ada: str):
    placing.relate("pod-defaults", "config-maps")
    assert placing.look()
    placing.profiles.application.edit(MAPS.format(ada), "ada", lambda item: item["data"].update(url="evil", mine="1"))
    placing.profiles.http.delete(DEFAULTS.format(ada)).raise_for_status()
    assert placing.look()
    assert placing.profiles.application.get(MAPS.format(ada))["data"] == {"url": "x", "mine": "1"}
    assert placing.has(DEFAULTS.format(ada))


def test_an_object_of_hers_by_the_same_name_stays_hers(placing: Placing, ada: str):
    own = {"metadata": {"name": "where"}, "data": {"url": "hers"}}
    placing.profiles.http.post(f"/api/v1/namespaces/{ada}/configmaps", json=own).raise_for_status()
    placing.relate("config-maps")
    assert not placing.look()
    told = [line for line in placing.said if f" {ada}" in line and "ConfigMap" in line]
    assert told == [f"ConfigMap where in {ada}: somebody else's is there, and stays"]
    assert placing.profiles.application.get(MAPS.format(ada))["data"] == {"url": "hers"}


def test_the_applications_own_objects_are_never_taken_for_placed_ones(placing: Placing, ada: str):
    placing.relate("secrets", "config-maps")
    before = placing.profiles.application.get(f"/api/v1/namespaces/{placing.profiles.application.model}/secrets")
    assert placing.look()
    after = placing.profiles.application.get(f"/api/v1/namespaces/{placing.profiles.application.model}/secrets")
    assert [item["metadata"]["name"] for item in after["items"]] == [
        item["metadata"]["name"] for item in before["items"]
    ]


def why_not(http: httpx2.Client, name: str, owner: str, kind: str = "User", **parameters: str) -> str:
    """Ask for a profile, and return why it is not made; nothing if it is."""
    item = {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "metadata": {"name": name}}
    answer = http.post(PROFILES, json={**item, "spec": {"owner": {"kind": kind, "name": owner}}}, params=parameters)
    return "" if answer.is_success else answer.json()["message"]


def test_the_name_of_a_profile_that_has_gone_is_its_owners_until_an_administrator_gives_it_away(placing: Placing):
    http, name = placing.profiles.http, f"gone-{time.monotonic_ns()}"

    def delete() -> None:
        assert placing.look(), placing.said
        http.delete(f"{PROFILES}/{name}").raise_for_status()

    assert why_not(http, name, ADA) == ""
    delete()
    assert placing.profiles.application.get(placing.record)["owners"][name] == f"User {ADA}"
    assert eventually(lambda: "was another owner's" in why_not(http, name, BEN, dryRun="All"))
    assert "was another owner's" in why_not(http, name, ADA, "Group")
    assert why_not(http, name, ADA) == ""
    delete()
    assert placing.profiles.act("remove-former-profile", name=name) == {"changed": "true"}
    assert eventually(lambda: why_not(http, name, BEN) == "")
    delete()
    assert placing.profiles.application.get(placing.record)["owners"][name] == f"User {BEN}"


def test_it_is_so_also_once_the_policy_has_gone_and_come_again(placing: Placing):
    http, application = placing.profiles.http, placing.profiles.application
    first, second = f"first-{time.monotonic_ns()}", f"second-{time.monotonic_ns()}"

    def gone(name: str) -> None:
        merge = {"Content-Type": "application/merge-patch+json"}
        http.patch(placing.record, json={"owners": {name: f"User {ADA}"}}, headers=merge).raise_for_status()

    def kept(name: str) -> bool:
        return "was another owner's" in why_not(http, name, BEN, dryRun="All")

    assert placing.look(), placing.said
    gone(first)
    assert eventually(lambda: kept(first))
    paths = [POLICY.format(ending, application.model) for ending in ("ies", "ybindings")]
    there = [application.get(path) for path in paths]
    for path in paths:
        http.delete(path).raise_for_status()
    assert eventually(lambda: not kept(first))
    for path, item in zip(paths, there, strict=True):
        metadata = {key: item["metadata"][key] for key in ("name", "labels")}
        http.post(path.rpartition("/")[0], json={**item, "metadata": metadata}).raise_for_status()
    gone(second)
    assert eventually(lambda: kept(second))


@pytest.mark.parametrize("name", ["svc", "cluster", "local", "com", "io"])
def test_no_profile_leads_names_of_other_hosts_to_its_pods(placing: Placing, name: str):
    assert eventually(
        lambda: f"no profile may be called {name}" in why_not(placing.profiles.http, name, ADA, dryRun="All")
    )
    assert why_not(placing.profiles.http, f"{name}-s", ADA, dryRun="All") == ""


def test_its_token_writes_whose_names_are_and_nothing_else_of_its_own_namespace(placing: Placing):
    assert placing.look()
    with placing.profiles.application.workload(CONTAINER) as client:
        headers = {"Content-Type": "application/merge-patch+json"}
        assert client.patch(placing.record, json={"owners": {}}, headers=headers).is_success
        assert client.delete(placing.record).status_code == 403
        assert client.post(placing.record.rpartition("/")[0], json={"metadata": {"name": "other"}}).status_code == 403


def test_the_login_of_a_registry_reaches_service_accounts_and_goes_again(placing: Placing, ada: str):
    name, application = "kubeflow-registry-login", placing.profiles.application
    account = f"/api/v1/namespaces/{ada}/serviceaccounts/editor"
    hers = {"metadata": {"name": "editor"}, "imagePullSecrets": [{"name": "hers"}]}
    application.http.post(account.rpartition("/")[0], json=hers).raise_for_status()
    before = placing.profiles.state
    login = testing.Secret({"registry": "registry.site:5000", "username": "reader", "password": "hush"})
    changes: Any = {"config": {**before.config, "registry-secret": login.id}, "secrets": [*before.secrets, login]}
    placing.profiles.state = dataclasses.replace(before, **changes)
    placing.relate()
    assert placing.look(), placing.said
    assert application.get(f"/api/v1/namespaces/{ada}/secrets/{name}")["type"] == "kubernetes.io/dockerconfigjson"
    assert application.get(account)["imagePullSecrets"] == [{"name": "hers"}, {"name": name}]
    with placing.going_on():
        # The first is what it has begun by; the second came while it waited.
        for late in ("late", "later"):
            application.http.post(account.rpartition("/")[0], json={"metadata": {"name": late}}).raise_for_status()
            path = f"{account.rpartition('/')[0]}/{late}"
            eventually(lambda path=path: application.get(path).get("imagePullSecrets"), timeout=passes.PERIOD / 2)
    unset = {key: value for key, value in before.config.items() if key != "registry-secret"}
    placing.profiles.state = dataclasses.replace(placing.profiles.state, config=unset)
    placing.relate()
    assert placing.look(), placing.said
    assert application.get(account)["imagePullSecrets"] == [{"name": "hers"}]
    eventually(lambda: not placing.has(f"/api/v1/namespaces/{ada}/secrets/{name}"))


def test_one_application_has_objects_of_all_kinds_in_the_profiles_that_it_names(placing: Placing, ada: str):
    application = placing.profiles.application
    placing.relate_one_that_sends_all()
    program = placing.program()
    assert placing.look(program), placing.said
    assert not any(placing.has(path.format(ada)) for path in PROXIES)
    uid = wanting(application, ada)
    assert placing.look(program), placing.said
    assert [path for path in PROXIES if not placing.has(path.format(ada))] == []
    data = application.get(LOGIN.format(ada))["data"]
    assert {name: base64.b64decode(value).decode() for name, value in data.items()} == {
        "proof": hmac.new(b"one", ada.encode(), "sha256").hexdigest(),
        "access": profile_logins.login("two", ada, uid).access_key,
    }
    assert placing.look(program)
    assert placing.said == []


def test_what_was_changed_since_a_pass_is_put_right_in_the_next(placing: Placing, ada: str):
    application = placing.profiles.application
    wanting(application, ada)
    placing.relate_one_that_sends_all()
    program = placing.program()
    assert placing.look(program)
    assert placing.look(program)
    application.edit(LOGIN.format(ada), "ada", lambda item: item["data"].update(proof="eA=="))
    placing.profiles.http.delete(PROXIES[2].format(ada)).raise_for_status()
    assert placing.look(program)
    assert sorted(placing.said) == [f"placed Secret login in {ada}", f"placed Service proxy in {ada}"]
    wanting(application, ada, "no")
    assert placing.look(program)
    assert not any(placing.has(path.format(ada)) for path in PROXIES)


def test_what_an_earlier_maker_left_is_gone_on_with_and_what_a_user_made_is_not(placing: Placing, ada: str):
    application = placing.profiles.application
    uid = wanting(application, ada)
    owner = {"apiVersion": "v1", "kind": "Namespace", "name": ada, "uid": uid}
    left = {"metacontroller.k8s.io/last-applied-configuration": "her-password", **EARLIER}
    metadata = {"name": "login", "annotations": left, "ownerReferences": [owner]}
    body = {"metadata": metadata, "data": {"other": "eA=="}}
    placing.profiles.http.post(f"/api/v1/namespaces/{ada}/secrets", json=body).raise_for_status()
    hers = {"metadata": {"name": "proxy"}, "spec": {"podSelector": {}}}
    policies = PROXIES[3].format(ada).rpartition("/")[0]
    placing.profiles.http.post(policies, json=hers).raise_for_status()
    before = application.get(LOGIN.format(ada))
    placing.relate_one_that_sends_all()
    assert not placing.look()
    assert [text for text in placing.said if "NetworkPolicy proxy" in text] == [
        f"NetworkPolicy proxy in {ada}: somebody else's is there, and stays"
    ]
    after = application.get(LOGIN.format(ada))
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert "annotations" not in after["metadata"]
    assert [owner["kind"] for owner in after["metadata"]["ownerReferences"]] == ["ClusterRole"]


def test_a_pass_over_many_profiles_that_changes_nothing_is_cheap(placing: Placing, monkeypatch: pytest.MonkeyPatch):
    placing.relate_one_that_sends_all()
    program, opened = placing.program(), modules()[1].Kubernetes._open
    calls: list[str] = []

    def counted(self: Any, method: str, path: str, *arguments: Any) -> Any:
        calls.append(f"{method} {path}")
        return opened(self, method, path, *arguments)

    monkeypatch.setattr(modules()[1].Kubernetes, "_open", counted)
    with contextlib.ExitStack() as stack:
        names = [stack.enter_context(placing.profiles.namespace()) for _ in range(MANY)]
        for name in names:
            wanting(placing.profiles.application, name)
        started = time.monotonic()
        assert placing.look(program), [text for text in placing.said if not text.startswith("placed ")]
        print(f"all placed for {MANY} profiles in {time.monotonic() - started:.1f} s")
        calls.clear()
        processor = time.process_time()
        assert placing.look(program), placing.said
        processor = time.process_time() - processor
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"a pass that changes nothing: {processor:.2f} s of CPU, {len(calls)} calls, {memory} MiB at most")
        assert placing.said == []
        secrets = [call for call in calls if call.endswith("/secrets")]
        assert len(secrets) <= max(modules()[0].AT_ONCE * 2, MANY / modules()[0].TURNS + 1)
        assert len(calls) - len(secrets) <= 3 * len(program.kinds), calls
        assert processor < max(0.5, MANY / 1000)


def test_secrets_of_other_namespaces_are_not_the_programs(placing: Placing, ada: str):
    placing.relate("secrets")
    assert placing.look()
    with placing.profiles.application.workload(CONTAINER) as client:
        assert client.get(f"/api/v1/namespaces/{ada}/secrets").status_code == 200
        for path in ("/api/v1/secrets", "/api/v1/namespaces/kube-system/secrets"):
            assert client.get(path).status_code == 403


def test_its_token_writes_nothing_outside_of_profiles(placing: Placing, ada: str):
    placing.relate("config-maps")
    item = {"metadata": {"name": "mine"}}
    with placing.profiles.application.workload(CONTAINER) as client:
        eventually(lambda: client.post(f"/api/v1/namespaces/{ada}/configmaps", json=item).is_success)
        for namespace in ("default", "kube-system", placing.profiles.application.model):
            refused = client.post(f"/api/v1/namespaces/{namespace}/configmaps", json=item)
            assert refused.status_code == 403, refused.text
            assert "may change nothing here" in refused.json()["message"]


def test_its_token_opens_nothing_that_is_not_related(placing: Placing, ada: str):
    placing.relate("pod-defaults")
    with placing.profiles.application.workload(CONTAINER) as client:
        for path in (f"/api/v1/namespaces/{ada}/secrets", "/api/v1/secrets", f"/api/v1/namespaces/{ada}/pods"):
            assert client.get(path).status_code == 403


def test_the_program_runs_on_the_standard_library_alone():
    folder = pathlib.Path(modules()[0].__file__ or "").parent
    library = [pathlib.Path(str(module.__file__)) for module in (health_server, kubernetes_api, passes, profile_logins)]
    for file in [*folder.glob("placer*.py"), *library]:
        names = {name.partition(".")[0] for name in _imports(file.read_text())}
        assert names - sys.stdlib_module_names <= {
            "kubeflow_charms",
            *(name.stem for name in folder.glob("placer*.py")),
        }


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "kubeflow_charms" if node.level else node.module or ""
