"""What Kubernetes itself refuses in a profile's namespace, to a user with kubeflow-edit and to programs for her."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from support import istiod, samples
from support.apiserver import ApiServer, Object, apply
from support.eventually import eventually
from support.profiles import RBAC, Profiles

from tools.backup.sets import Volume
from tools.backup.volumes import reader

CORE = "/api/v1/namespaces/{}"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"
NOTEBOOKS = "/apis/kubeflow.org/v1/namespaces/{}/notebooks"
VIEWERS = "/apis/kubeflow.org/v1alpha1/namespaces/{}/pvcviewers"
ROUTES = "/apis/networking.istio.io/v1/namespaces/{}/virtualservices"
ANNOTATION = "notebooks.kubeflow.org/http-headers-request-set"
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace"}
PORTS = [{"port": 80}]
SELECTOR = {"app": "web"}
KUBERNETES = "system:serviceaccount:kube-system:"


class User:
    """Somebody who asks Kubernetes, in a profile unless it is said; nothing that is asked stays."""

    def __init__(self, http: httpx2.Client, name: str, namespace: str):
        self.http, self.namespace = http, namespace
        self.headers = {"Impersonate-User": name}

    def ask(self, path: str, body: Object, *, method: str = "POST", dry: bool = True) -> httpx2.Response:
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        return self.http.request(
            method,
            path.format(self.namespace),
            params={"dryRun": "All"} if dry else {},
            headers={**self.headers, "Content-Type": content},
            content=json.dumps(body),
        )

    def service(self, **spec: Any) -> httpx2.Response:
        body = {"metadata": {"name": "web"}, "spec": {"ports": PORTS, **spec}}
        return self.ask(f"{CORE}/services", body)

    def pod(self, annotations: dict[str, str] | None = None, **spec: Any) -> httpx2.Response:
        body = {
            "metadata": {"name": "web", "annotations": annotations or {}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}], **spec},
        }
        return self.ask(f"{CORE}/pods", body)


def bind(profiles: Profiles, namespace: str, role: str, user: str) -> None:
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    item = {"metadata": {"generateName": "of-a-test-"}, "roleRef": reference, "subjects": [subject]}
    place = f"/namespaces/{namespace}/rolebindings" if namespace else "/clusterrolebindings"
    profiles.http.post(f"{RBAC}{place}", json=item).raise_for_status()


@pytest.fixture(scope="module")
def place(profiles: Profiles) -> Iterator[str]:
    """Return the namespace of a profile, in which all that is refused is refused by now."""
    samples.define(profiles.http, samples.kinds())
    with profiles.namespace() as name:
        eventually(lambda: holds(profiles, name))
        yield name


def holds(profiles: Profiles, namespace: str) -> bool:
    """Tell whether the last of the policies holds already, by what the administrator is refused."""
    body = {"metadata": {"name": "web"}, "spec": {"hostNetwork": True, "containers": [{"name": "a", "image": "a"}]}}
    answer = profiles.http.post(f"{CORE.format(namespace)}/pods", params={"dryRun": "All"}, json=body)
    return answer.status_code == 403


@pytest.fixture(scope="module")
def user(profiles: Profiles, place: str) -> User:
    bind(profiles, place, "kubeflow-edit", "ada@example.com")
    found = User(profiles.http, "ada@example.com", place)
    eventually(lambda: found.service(selector=SELECTOR).is_success)
    return found


@pytest.fixture(scope="module")
def admin(profiles: Profiles, place: str) -> User:
    """Return a program of the cluster with rights that no policy here excepts."""
    rules = [
        {"apiGroups": ["kubeflow.org"], "resources": ["notebooks"], "verbs": ["*"]},
        {"apiGroups": ["networking.istio.io"], "resources": ["virtualservices"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["services", "pods"], "verbs": ["*"]},
    ]
    apply(
        profiles.http,
        f"{RBAC}/clusterroles/a-program",
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "a-program"},
            "rules": rules,
        },
    )
    bind(profiles, "", "a-program", "system:serviceaccount:model:a-program")
    found = User(profiles.http, "system:serviceaccount:model:a-program", place)
    eventually(lambda: found.service(selector=SELECTOR).is_success)
    return found


def refused(answer: httpx2.Response, why: str) -> bool:
    assert (answer.status_code, why in answer.text) == (403, True), answer.text
    return True


FORBIDDEN_SERVICES = [
    ({"type": "ExternalName", "externalName": "pipelines.model.svc.cluster.local"}, "type ClusterIP"),
    ({"type": "ExternalName", "externalName": "example.com", "selector": SELECTOR}, "type ClusterIP"),
    ({"type": "NodePort", "selector": SELECTOR}, "type ClusterIP"),
    ({"type": "LoadBalancer", "selector": SELECTOR}, "type ClusterIP"),
    ({"externalIPs": ["10.1.2.3"], "selector": SELECTOR}, "no externalIPs"),
    ({}, "has a selector"),
    ({"clusterIP": "None"}, "has a selector"),
]


@pytest.mark.parametrize(("spec", "why"), FORBIDDEN_SERVICES)
def test_a_service_that_leads_elsewhere_is_refused(user: User, spec: Object, why: str):
    refused(user.service(**spec), why)


@pytest.mark.parametrize(("spec", "why"), FORBIDDEN_SERVICES)
def test_a_program_that_makes_what_users_describe_makes_no_such_service(admin: User, spec: Object, why: str):
    refused(admin.service(**spec), why)


@pytest.mark.parametrize("spec", [{"selector": SELECTOR}, {"selector": SELECTOR, "clusterIP": "None"}])
def test_a_service_of_pods_of_the_profile_is_made(user: User, spec: Object):
    assert user.service(**spec).is_success


@pytest.mark.parametrize("headless", [False, True])
def test_a_service_cannot_become_what_it_could_not_be(user: User, headless: bool):
    name = f"changing-{headless}".lower()
    path = f"{CORE}/services/{name}"
    address = {"clusterIP": "None"} if headless else {}
    body = {"metadata": {"name": name}, "spec": {"ports": PORTS, "selector": SELECTOR, **address}}
    user.ask(f"{CORE}/services", body, dry=False).raise_for_status()
    outside = {"spec": {"type": "ExternalName", "externalName": "pipelines.model.svc.cluster.local"}}
    refused(user.ask(path, outside, method="PATCH"), "type ClusterIP")
    refused(user.ask(path, {"spec": {"externalIPs": ["10.1.2.3"]}}, method="PATCH"), "no externalIPs")
    refused(user.ask(path, {"spec": {"selector": None}}, method="PATCH"), "has a selector")
    assert user.ask(path, {"spec": {"selector": {"app": "other"}}}, method="PATCH").is_success


def test_an_account_of_another_profile_is_refused_as_one_of_this_is(profiles: Profiles, place: str):
    for namespace in (place, "another"):
        account = f"system:serviceaccount:{namespace}:default-editor"
        bind(profiles, place, "kubeflow-edit", account)
        asked = User(profiles.http, account, place)
        eventually(lambda asked=asked: asked.service(selector=SELECTOR).is_success)
        refused(asked.service(type="ExternalName", externalName="example.com"), "type ClusterIP")


@pytest.mark.parametrize(
    ("group", "resources"), [("", ["services", "endpoints"]), ("serving.kserve.io", ["inferenceservices/status"])]
)
def test_knative_and_kserve_lead_a_name_to_the_gateway(
    profiles: Profiles, place: str, group: str, resources: list[str]
):
    name = f"leads-by-{resources[-1].replace('/', '-')}"
    rules = [
        {"apiGroups": [group], "resources": resources, "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["services"], "verbs": ["*"]},
    ]
    profiles.http.post(f"{RBAC}/clusterroles", json={"metadata": {"name": name}, "rules": rules}).raise_for_status()
    bind(profiles, "", name, name)
    asked = User(profiles.http, name, place)
    eventually(lambda: asked.service(type="ExternalName", externalName="gateway.example.com").is_success)


ENDPOINTS = {"metadata": {"name": "web"}, "subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": PORTS}]}
SLICE = {
    "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["10.1.2.3"]}],
    "ports": [{"port": 8896}],
}


@pytest.mark.parametrize(("path", "body"), [(f"{CORE}/endpoints", ENDPOINTS), (SLICES, SLICE)])
def test_nobody_but_kubernetes_writes_endpoints(profiles: Profiles, user: User, path: str, body: Object):
    refused(user.ask(path, body), "cannot create resource")
    account = {"endpoints": "endpoint", "endpointslices": "endpointslice"}[path.rpartition("/")[2]]
    assert User(profiles.http, f"{KUBERNETES}{account}-controller", user.namespace).ask(path, body).is_success


@pytest.mark.parametrize(("path", "body"), [(f"{CORE}/endpoints", ENDPOINTS), (SLICES, SLICE)])
def test_a_right_of_one_namespace_does_not_make_endpoints(profiles: Profiles, user: User, path: str, body: Object):
    rules = [{"apiGroups": ["", "discovery.k8s.io"], "resources": ["endpoints", "endpointslices"], "verbs": ["*"]}]
    name = f"writes-{path.rpartition('/')[2]}"
    profiles.http.post(f"{RBAC}/clusterroles", json={"metadata": {"name": name}, "rules": rules}).raise_for_status()
    bind(profiles, user.namespace, name, name)
    asked = User(profiles.http, name, user.namespace)
    eventually(lambda: "of its own pods" in asked.ask(path, body).text)


def notebook(value: str) -> Object:
    container = {"name": "web", "image": "web:1"}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {"name": "web", "annotations": {ANNOTATION: value}},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


@pytest.mark.parametrize(
    "value",
    [
        '{"kubeflow-userid": "ben@example.com"}',
        '{"Kubeflow-UserID": "ben@example.com"}',
        '{"kubeflow_userid": "ben@example.com"}',
        '{"Knative-Serving-Revision": "hers-00001"}',
        '{"x-serving-key": "guessed"}',
        '{"kubeflow\\u002duserid": "ben@example.com"}',
        '{"kubeflow-groups": "admins"}',
        '{"X-Auth-Request-Email": "ben@example.com"}',
        '{"Authorization": "Bearer x"}',
    ],
)
def test_a_notebook_does_not_say_who_asks(admin: User, value: str):
    refused(admin.ask(NOTEBOOKS, notebook(value)), "says who a user is")


def test_a_notebook_has_the_headers_that_servers_need(admin: User):
    item = notebook('{\n\t"X-RStudio-Root-Path": "/notebook/ada/web/"\n}')
    item["metadata"]["annotations"]["notebooks.kubeflow.org/http-rewrite-uri"] = "/notebook/ada/web-1_a.b~/"
    answer = admin.ask(NOTEBOOKS, item)
    assert answer.is_success, answer.text


def route(rule: Object | None = None, way: Object | None = None) -> Object:
    to = {"destination": {"host": "web"}, **(way or {})}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "web"},
        "spec": {"hosts": ["web.example.com"], "http": [{"route": [to], **(rule or {})}]},
    }


@pytest.mark.parametrize("header", ["kubeflow-userid", "KUBEFLOW-USERID", "authorization"])
@pytest.mark.parametrize("action", ["set", "add"])
def test_a_route_does_not_say_who_asks(admin: User, header: str, action: str):
    headers = {"headers": {"request": {action: {header: "ben@example.com"}}}}
    refused(admin.ask(ROUTES, route(rule=headers)), "says who a user is")
    refused(admin.ask(ROUTES, route(way=headers)), "says who a user is")


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (ANNOTATION, '{"x-a": "%FOO%"}'),
        (ANNOTATION, '{"x-a": "%CEL(xds.node.id)%"}'),
        (ANNOTATION, '{"x-a": "%ENVIRONMENT(HOME)%"}'),
        (ANNOTATION, '{"x-a": "a\x00b"}'),
        (ANNOTATION, '{"x-ä": "b"}'),
        ("notebooks.kubeflow.org/http-rewrite-uri", "/x\ny"),
        ("notebooks.kubeflow.org/http-rewrite-uri", "/x%41"),
        ("notebooks.kubeflow.org/http-rewrite-uri", "x"),
        (ANNOTATION, json.dumps({"x-a": "a" * 17000})),
    ],
)
def test_no_text_of_a_notebook_breaks_everybodys_routes(admin: User, annotation: str, value: str):
    item = notebook("{}")
    item["metadata"]["annotations"] = {annotation: value}
    refused(admin.ask(NOTEBOOKS, item), "printable characters alone")


BAD_VALUES = ["%FOO%", "%CEL(xds.node.id)%", "50%", "a\nb", "a\x00b", "ä"]


@pytest.mark.parametrize("value", BAD_VALUES)
@pytest.mark.parametrize("way", ["request", "response"])
@pytest.mark.parametrize("action", ["set", "add"])
def test_no_value_of_a_header_is_computed_by_the_gateway(admin: User, value: str, way: str, action: str):
    headers = {"headers": {way: {action: {"x-a": value}}}}
    refused(admin.ask(ROUTES, route(rule=headers)), "without %")
    refused(admin.ask(ROUTES, route(way=headers)), "without %")


@pytest.mark.parametrize("change", [{"set": {":path": "/"}}, {"add": {"a b": "c"}}, {"remove": ["a\nb"]}])
def test_no_name_of_a_header_is_one_that_the_gateway_refuses(admin: User, change: Object):
    refused(admin.ask(ROUTES, route(rule={"headers": {"request": change}})), "names of letters")


@pytest.mark.parametrize(
    "rule",
    [
        {"rewrite": {"uri": "/x\ny"}},
        {"rewrite": {"authority": "a b"}},
        {"rewrite": {"uriRegexRewrite": {"match": "/a", "rewrite": "/\n"}}},
        {"redirect": {"uri": "/x\ry"}},
        {"match": [{"uri": {"prefix": "/notebook/\n"}}]},
    ],
)
def test_no_path_of_a_route_breaks_everybodys(admin: User, rule: Object):
    refused(admin.ask(ROUTES, route(rule=rule)), "printable characters alone")


def test_other_routes_are_made(admin: User):
    other = {"headers": {"request": {"set": {"K-Original-Host": "web"}}, "response": {"add": {"a": "b"}}}}
    paths = {"match": [{"uri": {"prefix": "/web/"}}], "rewrite": {"uri": "/%20a?b=c"}}
    for item in (route(), route(rule=other), route(way=other), route(rule=paths)):
        answer = admin.ask(ROUTES, item)
        assert answer.is_success, answer.text


def of_all_hosts(user: User, uri: Object, rule: Object | None = None, **spec: Any) -> httpx2.Response:
    """Ask for a route at the gateway's own hosts; NAMESPACE in a path is the profile's name."""
    match = [{"uri": {kind: text.replace("NAMESPACE", user.namespace) for kind, text in uri.items()}}]
    item = route(rule={"match": match, **(rule or {})})
    return user.ask(ROUTES, {**item, "spec": {**item["spec"], "hosts": ["*"], **spec}})


def test_controllers_make_their_routes(admin: User):
    explained = f"/serving/{re.escape(admin.namespace)}/iris/v1/models/[^/]+:explain"
    headers = {"headers": {"request": {"remove": ["cookie"]}}, "retries": {"attempts": 2, "retryOn": "503"}}
    for uri, rule in (
        ({"prefix": "/notebook/NAMESPACE/web/"}, {"rewrite": {"uri": "/"}, "timeout": "300s"}),
        ({"prefix": "/tensorboard/NAMESPACE/logs/"}, {}),
        ({"prefix": "/pvcviewers/NAMESPACE/data/"}, {"timeout": "30s"}),
        ({"prefix": "/workspace/connect/NAMESPACE/lab/jupyterlab/"}, {"headers": {"request": {}}}),
        ({"regex": explained}, headers),
    ):
        answer = of_all_hosts(admin, uri, rule)
        assert answer.is_success, answer.text


@pytest.mark.parametrize(
    "uri",
    [
        {"prefix": "/api/workgroup/"},
        {"prefix": "/notebook/other/web/"},
        {"prefix": "/workspace/connect/other/lab/"},
        {"prefix": "/workspace/NAMESPACE/lab/"},
        {"prefix": "/NAMESPACE/web/"},
        {"exact": "/notebook/NAMESPACE"},
        {"regex": "/notebook/NAMESPACE/|/.*"},
        {},
    ],
)
def test_a_profile_has_no_path_that_is_not_its_own(admin: User, uri: Object):
    refused(of_all_hosts(admin, uri), "and the profile's name")


def test_a_route_to_all_hosts_does_nothing_else(admin: User):
    own = {"prefix": "/notebook/NAMESPACE/web/"}
    refused(of_all_hosts(admin, own, {"mirror": {"host": "web"}}), "retries and timeout alone")
    refused(of_all_hosts(admin, own, tcp=[{"route": [{"destination": {"host": "web"}}]}]), "retries and timeout alone")


@pytest.mark.parametrize(
    "rule",
    [
        {"timeout": "9223372036s"},
        {"retries": {"attempts": 1, "perTryTimeout": "9223372036s"}},
        {"headers": {"request": {"set": {"x-a": "a" * 17000}}}},
        {"headers": {"request": {"set": {"x" * 300: "a"}}}},
        {"rewrite": {"uri": "/" + "a" * 70000}},
    ],
)
def test_nothing_too_large_breaks_everybodys_routes(admin: User, rule: Object):
    refused(admin.ask(ROUTES, route(rule=rule)), "of a profile's routes have at most")


@pytest.mark.parametrize("writes", [False, True])
def test_files_of_a_profiles_volumes_are_backed_up_and_brought_back(admin: User, writes: bool):
    volume = Volume(admin.namespace, "work", "1Gi", ("ReadWriteOnce",), "", "", used=False)
    answer = admin.ask(f"{CORE}/pods", reader(volume, "files:1", writes=writes))
    assert answer.is_success, answer.text


TOKENS = f"{CORE}/serviceaccounts/default-editor/token"
GUARDS = "/apis/security.istio.io/v1/namespaces/{}/authorizationpolicies"


def test_a_token_ends_within_a_day_and_lies_in_no_secret(profiles: Profiles, user: User):
    account = {"metadata": {"name": "default-editor"}}
    profiles.http.post(f"{CORE.format(user.namespace)}/serviceaccounts", json=account).raise_for_status()
    refused(user.ask(TOKENS, {"spec": {"expirationSeconds": 87600 * 3600}}, dry=False), "for a day at most")
    refused(user.ask(TOKENS, {"spec": {"expirationSeconds": 86401}}, dry=False), "for a day at most")
    for spec in ({}, {"expirationSeconds": 86400, "audiences": ["pipelines.kubeflow.org"]}):
        answer = user.ask(TOKENS, {"spec": spec}, dry=False)
        assert answer.is_success, answer.text
    for kind in ("Secret", "Pod"):
        lasting = {"boundObjectRef": {"apiVersion": "v1", "kind": kind, "name": "other"}, "expirationSeconds": 86401}
        refused(user.ask(TOKENS, {"spec": lasting}, dry=False), "for a day at most")
    annotations = {"kubernetes.io/service-account.name": "default-editor"}
    secret = {"metadata": {"name": "token", "annotations": annotations}, "type": "kubernetes.io/service-account-token"}
    refused(user.ask(f"{CORE}/secrets", secret), "lies in no Secret")
    assert user.ask(f"{CORE}/secrets", {"metadata": {"name": "other"}, "type": "Opaque"}).is_success


def test_the_api_server_asks_no_address_for_a_user(profiles: Profiles, user: User):
    for kind in ("pods", "services"):
        for method in ("GET", "POST"):
            refused(user.ask(f"{CORE}/{kind}/http:web:8443/proxy/", {}, method=method, dry=False), f"{kind}/proxy")


@pytest.mark.parametrize(
    ("subjects", "made"), [(["bob@example.com"], True), (["eve@example.com"], False), ([], False), (["a", "b"], False)]
)
def test_a_contributor_is_the_one_whom_the_binding_names(
    profiles: Profiles, place: str, subjects: list[str], made: bool
):
    def bound(**metadata: Any) -> httpx2.Response:
        its = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name} for name in subjects]
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "kubeflow-view"}
        body = {"metadata": {"name": "bob", **metadata}, "roleRef": role, "subjects": its}
        path = f"{RBAC}/namespaces/{place}/rolebindings"
        return profiles.http.post(path, params={"dryRun": "All"}, json=body)

    answer = bound(annotations={"user": "bob@example.com", "role": "edit"})
    assert answer.is_success if made else refused(answer, "has one subject")
    assert bound(annotations={"user": "bob@example.com"}).is_success


def test_who_may_only_look_is_not_let_in_to_servers(admin: User, profiles: Profiles):
    def guard(role: str) -> httpx2.Response:
        body = {"metadata": {"name": "guest", "annotations": {"user": "eve@example.com", "role": role}}, "spec": {}}
        path = GUARDS.format(admin.namespace)
        versioned = {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", **body}
        return profiles.http.post(path, params={"dryRun": "All"}, json=versioned)

    refused(guard("view"), "not let in to its servers")
    assert guard("edit").is_success


@pytest.mark.parametrize(
    ("networking", "made"), [({"basePrefix": "/pvcviewers"}, True), ({"basePrefix": "/dex"}, False), ({}, False)]
)
def test_a_viewer_is_where_the_gateway_knows_it_for_a_users(
    admin: User, profiles: Profiles, networking: Object, made: bool
):
    spec = {
        "pvc": "data",
        "networking": {"targetPort": 80, **networking},
        "podSpec": {"containers": [{"name": "a", "image": "a"}]},
    }
    item = {"apiVersion": "kubeflow.org/v1alpha1", "kind": "PVCViewer", "metadata": {"name": "a"}, "spec": spec}
    answer = profiles.http.post(VIEWERS.format(admin.namespace), params={"dryRun": "All"}, json=item)
    assert ("basePrefix is /pvcviewers" not in answer.text) == made, answer.text


def test_nobody_has_a_controller_of_the_cluster_ask_for_her(user: User):
    item = {
        "metadata": {"name": "web"},
        "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
    }
    refused(user.ask("/apis/networking.k8s.io/v1/namespaces/{}/ingresses", item), "cannot create resource")


def container(**parts: Any) -> Object:
    return {"name": "web", "image": "web:1", **parts}


def secured(**context: Any) -> Object:
    return {"containers": [container(securityContext=context)]}


def added(*capabilities: str) -> Object:
    return container(securityContext={"capabilities": {"add": capabilities}})


REDIRECTING = {
    **added("NET_ADMIN", "NET_RAW"),
    "name": "istio-init",
    "image": "docker.io/istio/proxyv2:1.30.4",
    "args": ["istio-iptables", "--envoy-port=15001"],
}
LAID_OVER = [{"name": "own", "mountPath": "/var/run/secrets/../../../usr/local/bin"}]
OWN = [{"name": "own", "emptyDir": {}}]
PROBE = {"httpGet": {"host": "10.1.2.3", "port": 8896, "httpHeaders": [{"name": "kubeflow-userid", "value": "ben"}]}}


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"hostNetwork": True}, "hostNetwork"),
        ({"hostPID": True}, "hostPID"),
        ({"hostIPC": True}, "hostIPC"),
        ({"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}, "hostPath"),
        ({"containers": [container(ports=[{"containerPort": 80, "hostPort": 80}])]}, "hostPort"),
        (secured(privileged=True), "privileged"),
        ({"initContainers": [container(name="first", securityContext={"privileged": True})]}, "privileged"),
        ({"containers": [added("SYS_ADMIN")]}, "capabilities"),
        ({"containers": [added("NET_RAW")]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "name": "other"}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "command": ["sh"]}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "args": ["sh"]}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, **added("SYS_ADMIN"), "name": "istio-init"}]}, "capabilities"),
        ({"containers": [REDIRECTING]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "image": "docker.io/istio/proxyv2.evil:1.30.4"}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "image": "evil"}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "restartPolicy": "Always"}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "env": [{"name": "LD_PRELOAD", "value": "/a"}]}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "envFrom": [{"secretRef": {"name": "a"}}]}]}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "volumeMounts": LAID_OVER}], "volumes": OWN}, "capabilities"),
        ({"initContainers": [{**REDIRECTING, "args": ["istio-iptables", "--run-validation"]}]}, "capabilities"),
        ({**secured(procMount="Unmasked"), "hostUsers": False}, "procMount"),
        (secured(seccompProfile={"type": "Unconfined"}), "seccomp"),
        ({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}, "seccomp"),
        (secured(appArmorProfile={"type": "Unconfined"}), "AppArmor"),
        (secured(seLinuxOptions={"type": "spc_t"}), "SELinux"),
        (secured(seLinuxOptions={"user": "system_u"}), "SELinux"),
        ({"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}, "sysctls"),
        ({"containers": [container(livenessProbe=PROBE)]}, "name no host"),
        ({"containers": [container(lifecycle={"postStart": {"httpGet": PROBE["httpGet"]}})]}, "name no host"),
    ],
)
def test_a_pod_gets_nothing_of_its_node(user: User, spec: Object, why: str):
    refused(user.pod(**spec), why)


@pytest.mark.parametrize(("container", "refusal"), [("istio-init", "nobody enters"), ("web", "not found")])
@pytest.mark.parametrize("way", ["exec", "attach"])
def test_nobody_enters_the_container_that_may_redirect(user: User, container: str, refusal: str, way: str):
    path = f"{CORE}/pods/gone/{way}".format(user.namespace)
    asked = {"container": container, **({"command": "sh"} if way == "exec" else {})}
    eventually(lambda: refusal in user.http.post(path, params=asked, headers=user.headers).text)


REQUIRED, PREFERRED = (f"{word}DuringSchedulingIgnoredDuringExecution" for word in ("required", "preferred"))
EVERYBODY = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}, "namespaceSelector": {}}


ISCSI = {"targetPortal": "10.1.2.3", "iqn": "iqn.2001-04.com.example:a", "lun": 0}


def affinity(term: Object, kind: str = "podAntiAffinity", when: str = REQUIRED) -> Object:
    terms = [{"weight": 1, "podAffinityTerm": term}] if when == PREFERRED else [term]
    return {"affinity": {kind: {when: terms}}}


@pytest.mark.parametrize("kind", ["podAffinity", "podAntiAffinity"])
@pytest.mark.parametrize("when", [REQUIRED, PREFERRED])
@pytest.mark.parametrize("term", [EVERYBODY, {**EVERYBODY, "namespaceSelector": None, "namespaces": ["another"]}])
def test_a_pod_keeps_no_pod_of_another_profile_off_a_node(user: User, kind: str, when: str, term: Object):
    spec = affinity({key: value for key, value in term.items() if value is not None}, kind, when)
    refused(user.pod(**spec), "of the same profile")


def test_a_pod_goes_beside_others_of_its_profile(user: User):
    own = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": SELECTOR}}
    for term in (own, {**own, "namespaces": [user.namespace]}):
        for kind in ("podAffinity", "podAntiAffinity"):
            for when in (REQUIRED, PREFERRED):
                answer = user.pod(**affinity(term, kind, when))
                assert answer.is_success, answer.text


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"nodeName": "node"}, "for the scheduler to say"),
        ({"priorityClassName": "system-node-critical"}, "priorities of the cluster's own pods"),
        ({"priorityClassName": "system-cluster-critical"}, "priorities of the cluster's own pods"),
        ({"volumes": [{"name": "a", "nfs": {"server": "10.1.2.3", "path": "/export"}}]}, "volumes of a profile's pods"),
        ({"volumes": [{"name": "a", "iscsi": ISCSI}]}, "volumes of a profile's pods"),
        ({"volumes": [{"name": "a", "flexVolume": {"driver": "a/b"}}]}, "volumes of a profile's pods"),
        ({"volumes": [{"name": "a", "cephfs": {"monitors": ["10.1.2.3"]}}]}, "volumes of a profile's pods"),
    ],
)
def test_a_pod_takes_nothing_from_others_by_what_it_asks_of_the_cluster(user: User, spec: Object, why: str):
    refused(user.pod(**spec), why)


@pytest.mark.parametrize(("value", "made"), [(1000000000, False), (999999, True)])
def test_no_pod_of_a_profile_has_the_highest_priority_that_a_class_may_have(user: User, value: int, made: bool):
    path = f"/apis/scheduling.k8s.io/v1/priorityclasses/of-{value}"
    item = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": value}
    apply(user.http, path, {**item, "metadata": {"name": f"of-{value}"}})
    # What chooses a pod's priority reads classes from a cache of its own.
    answer = eventually(
        lambda: next(it for it in [user.pod(priorityClassName=f"of-{value}")] if "found" not in it.text)
    )
    assert answer.is_success is made, answer.text
    user.http.delete(path)


def test_an_annotation_takes_no_profile_away(user: User):
    refused(user.pod({"container.apparmor.security.beta.kubernetes.io/web": "unconfined"}), "AppArmor")


def test_a_container_that_is_added_later_gets_nothing_either(user: User):
    body = {"metadata": {"name": "running"}, "spec": {"containers": [container()]}}
    user.ask(f"{CORE}/pods", body, dry=False).raise_for_status()
    path = f"{CORE}/pods/running/ephemeralcontainers".format(user.namespace)
    later = container(name="later", securityContext={"privileged": True})
    pod = user.http.get(f"{CORE}/pods/running".format(user.namespace)).json()
    pod["spec"]["ephemeralContainers"] = [later]
    answer = user.http.put(path, params={"dryRun": "All"}, json=pod)
    refused(answer, "privileged")
    pod["spec"]["ephemeralContainers"] = [container(name="later")]
    assert user.http.put(path, params={"dryRun": "All"}, json=pod).is_success


@pytest.mark.parametrize(
    "spec",
    [
        {},
        secured(runAsUser=0, allowPrivilegeEscalation=True, capabilities={"add": ["CHOWN"], "drop": ["ALL"]}),
        {"securityContext": {"fsGroup": 100, "seccompProfile": {"type": "RuntimeDefault"}}},
        {"securityContext": {"sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]}},
        {"volumes": [{"name": "a", "emptyDir": {"medium": "Memory"}}, {"name": "b", "configMap": {"name": "b"}}]},
        {"shareProcessNamespace": True},
        {"containers": [container(readinessProbe={"httpGet": {"port": 80}}, ports=[{"containerPort": 80}])]},
        {"initContainers": [REDIRECTING]},
        {"initContainers": [{**REDIRECTING, "image": "docker.io/istio/proxyv2@sha256:" + "0" * 64}]},
        {"initContainers": [{**REDIRECTING, "env": [{"name": "ISTIO_META_A", "value": "a"}]}]},
    ],
)
def test_a_pod_as_users_and_sidecars_have_it_is_made(user: User, spec: Object):
    answer = user.pod(**spec)
    assert answer.is_success, answer.text


def test_a_pod_with_istios_sidecar_is_made_without_its_plugin(
    apiserver: ApiServer, profiles: Profiles, user: User, tmp_path_factory: pytest.TempPathFactory
):
    labels = {"app.kubernetes.io/part-of": "kubeflow-profile", "istio-injection": "enabled"}
    where = CORE.format(user.namespace)
    apply(profiles.http, where, {**NAMESPACE, "metadata": {"name": user.namespace, "labels": labels}})
    with istiod.running(apiserver, tmp_path_factory.mktemp("charm"), tmp_path_factory.mktemp("istiod")) as started:
        answer = started.pod(user.namespace)
        assert answer.is_success, answer.text
        names = [item["name"] for item in answer.json()["spec"]["initContainers"]]
        assert names == ["istio-init", "istio-proxy"]
