"""What a request meets at a real Envoy that a real istiod configures with the charm's objects, gatekeeper and all."""

import contextlib
import http.server
import importlib
import json
import pathlib
import socket
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from ops import testing
from support import envoy, istiod, programs
from support.answering import answering
from support.apiserver import RARELY, ApiServer, answers, apply, await_answer, free_ports, log_of, program
from support.charms import load_charm
from support.deployment import MODEL, deployed
from support.eventually import eventually

GATEKEEPER, BACKEND = "oidc-gatekeeper", "backend"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ISTIO = "/apis/networking.istio.io/v1"
KINDS = {
    "destinationrules": "DestinationRule",
    "gateways": "Gateway",
    "serviceentries": "ServiceEntry",
    "virtualservices": "VirtualService",
}
PROFILES = ("mallory", "victim")
PUBLIC, ROBOTS = "/public", "/robots.txt"
KUBEFLOW_PROFILES = pathlib.Path(__file__).parents[2] / "charms" / "kubeflow-profiles"
KATIB = pathlib.Path(__file__).parents[2] / "charms" / "katib"
PRINCIPAL = f"cluster.local/ns/{MODEL}/sa/istio-ingressgateway"
SESSION = "kubeflow_session_0=secret"
TAKING = "?taking"
COOKIES = {
    "_xsrf=2|a==; Path=/notebook/ada/one/lab; HttpOnly": "_xsrf=2|a==; Path={own}; HttpOnly",
    "kubeflow_session=of-another; Path=/": "",
    "kubeflow_session =of-another": "",
    "=kubeflow_session=of-another; Path=/": "",
    " =kubeflow_session=of-another": "",
    ";kubeflow_session=of-another": "",
    "kubeflow": "",
    "b=2": "b=2; Path={own}",
    "empty=; path = / ;Secure": "empty=; Path={own};Secure",
    "c=3; Path=/notebook/ada/one/; PATH=/pipeline; Max-Age=9": "c=3; Path={own}; Max-Age=9",
    "d=4; Path=/notebook/ada/one-more/": "d=4; Path={own}",
    "e=5; Domain=example.com; Path=/" + 20 * "; a=b": "e=5; Path={own}",
    f"f=6; Path=/notebook/ada/one/{1024 * 'x'}; SameSite=Lax": "f=6; Path={own}; SameSite=Lax",
    f"g{20000 * ' '}x; Path{20000 * ' '}x; Path=/": "",
}
"""What a program asks a browser to keep, and what of that comes to it, if anything."""


class Gatekeeper(http.server.BaseHTTPRequestHandler):
    """Lets whoever has a session pass, as ada, and everybody to a public page, as nobody."""

    def do_GET(self) -> None:
        place = urllib.parse.unquote(self.path.partition("?")[0])
        public = place in (PUBLIC, ROBOTS) or place.startswith(f"{PUBLIC}/")
        known = SESSION in (self.headers["cookie"] or "")
        self.send_response(200 if known or public else 403)
        if not public:
            self.send_header(
                "kubeflow-userid", (self.headers["cookie"] or "").partition("; as=")[2] or "ada@example.com"
            )
            self.send_header("kubeflow-groups", "staff,ml-team")
        if not known and self.path.startswith("/notebook/"):
            self.send_header("set-cookie", "kubeflow_session_5tqk_csrf=x; Path=/")
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Behind(envoy.Echo):
    """Says what it got, and where it is asked to, takes what it can of its visitor's browser."""

    def do_POST(self) -> None:  # noqa: N802
        self.rfile.read(int(self.headers["content-length"]))
        self.do_GET()

    def end_headers(self) -> None:
        if self.path.endswith(TAKING):
            self.send_header("service-worker-allowed", "/")
            self.send_header("clear-site-data", '"cookies"')
            self.send_header("nel", '{"report_to": "hers", "max_age": 31536000}')
            self.send_header("secure-session-registration", '(ES256);path="/"')
            for cookie in COOKIES:
                self.send_header("set-cookie", cookie)
        super().end_headers()


def entry(name: str, port: int, number: int, namespace: str = MODEL) -> dict[str, Any]:
    """Return what leads to a server of this machine by the name and the port of a Service."""
    host = f"{name}.{namespace}.svc.cluster.local"
    endpoint = {"address": "127.0.0.1", "ports": {"http": port}}
    ports = [{"number": number, "name": "http", "protocol": "HTTP"}]
    spec = {"hosts": [host], "ports": ports, "resolution": "STATIC", "endpoints": [endpoint]}
    return {"metadata": {"name": name}, "spec": {**spec, "location": "MESH_INTERNAL"}}


@contextlib.contextmanager
def applied(client: httpx2.Client, namespace: str, made: Mapping[str, Any]) -> Iterator[None]:
    """Have objects of Istio in a namespace, by plural and name."""
    with contextlib.ExitStack() as stack:
        for path, item in made.items():
            plural, _, name = path.partition("/")
            whole = {"apiVersion": "networking.istio.io/v1", "kind": KINDS[plural], **item, "metadata": {"name": name}}
            where = f"{ISTIO}/namespaces/{namespace}/{path}"
            apply(client, where, whole)
            stack.callback(client.delete, where)
        yield


def bootstrap(port: int, admin: int, *, kind: str = "router", namespace: str = MODEL) -> dict[str, Any]:
    """Return the configuration of an Envoy that calls itself a gateway.

    Args:
        port: istiod's.
        admin: of its own administration.
        kind: what it says that it is: `router`, as gateways, `sidecar` or `waypoint`.
        namespace: of its pod.
    """
    # Any address but a loopback one, by which istiod would not know whether the proxy has IPv4.
    node = {
        "id": f"{kind}~10.1.0.9~gateway-0.{namespace}~{namespace}.svc.cluster.local",
        "cluster": f"gateway.{namespace}",
        "metadata": {"NAMESPACE": namespace, "LABELS": {"istio": "ingressgateway"}, "ISTIO_VERSION": "1.28.0"},
    }
    source = {"ads": {}, "resource_api_version": "V3"}
    service = [{"envoy_grpc": {"cluster_name": "istiod"}}]
    return {
        "node": node,
        "admin": {"address": envoy.address(admin)},
        "dynamic_resources": {
            "lds_config": source,
            "cds_config": source,
            "ads_config": {"api_type": "GRPC", "transport_api_version": "V3", "grpc_services": service},
        },
        "static_resources": {"clusters": [envoy.cluster("istiod", port, http2=True)]},
    }


@pytest.fixture(scope="module")
def control(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[istiod.Istiod]:
    """Return a running istiod that knows a gatekeeper."""
    data = {
        "service": GATEKEEPER,
        "port": 4180,
        "allowed-request-headers": ["cookie"],
        "allowed-response-headers": ["kubeflow-userid", "kubeflow-groups"],
    }
    said = {"_supported_versions": '["v1"]', "data": json.dumps(data)}
    relation = testing.Relation("ingress-auth", remote_app_name=GATEKEEPER, remote_app_data=said)
    folders = (tmp_path_factory.mktemp("charm"), tmp_path_factory.mktemp("istiod"))
    with istiod.running(apiserver, *folders, relation) as started:
        yield started


@pytest.fixture(scope="module")
def gateway(control: istiod.Istiod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Return a client of the gateway, behind which is a server that answers with the headers that it got."""
    binary, folder = envoy.find(), tmp_path_factory.mktemp("gateway")
    with contextlib.ExitStack() as stack:
        behind, asked = stack.enter_context(envoy.serve(Behind)), stack.enter_context(envoy.serve(Gatekeeper))
        port, admin = free_ports(2)
        server = {"hosts": ["*"], "port": {"name": "http", "number": port, "protocol": "HTTP"}}
        route = {"route": [{"destination": {"host": f"{BACKEND}.{MODEL}.svc.cluster.local"}}]}
        made = {
            "gateways/istio-gateway": {"spec": {"selector": {"istio": "ingressgateway"}, "servers": [server]}},
            f"serviceentries/{GATEKEEPER}": entry(GATEKEEPER, asked, 4180),
            f"serviceentries/{BACKEND}": entry(BACKEND, behind, 80),
            # There is no agent beside this Envoy that would give it certificates of the mesh.
            "destinationrules/plain": {
                "spec": {"host": "*.svc.cluster.local", "trafficPolicy": {"tls": {"mode": "DISABLE"}}}
            },
            "virtualservices/all": {"spec": {"hosts": ["*"], "gateways": ["istio-gateway"], "http": [route]}},
        }
        stack.enter_context(applied(control.client, MODEL, made))
        configuration = folder / "envoy.json"
        configuration.write_text(json.dumps(bootstrap(control.port, admin)))
        client = stack.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers={"cookie": SESSION}))
        process = stack.enter_context(program(envoy.command(binary, configuration), folder, RARELY))
        await_answer(process, log_of(binary, folder), lambda: answers(client, "/"))
        yield client


def seen(answer: httpx2.Response) -> dict[str, str]:
    assert answer.is_success, answer.text
    return dict(answer.json())


def test_a_request_without_a_session_does_not_pass(gateway: httpx2.Client) -> None:
    assert gateway.get("/", headers={"cookie": "a=1"}).status_code == 403


@pytest.mark.parametrize("path", [ROBOTS, f"{ROBOTS}?a=b", f"/x/..{ROBOTS}"])
def test_what_the_gatekeeper_answers_everybody_itself_reaches_no_page(gateway: httpx2.Client, path: str):
    url = httpx2.URL(str(gateway.base_url)).copy_with(raw_path=path.encode())
    assert "kubeflow" not in gateway.get(url, headers={"cookie": "a=1"}).text


@pytest.mark.parametrize("path", ["/public%2Fapi", "/public%2f..%2fapi", "/public%5Capi?a=/"])
def test_a_slash_that_only_the_gatekeeper_sees_leads_nowhere(gateway: httpx2.Client, path: str):
    assert gateway.get(path).status_code == 400
    assert gateway.get("/public/a%2Fb?to=/dex%2f").status_code == 200


def test_robots_are_told_to_stay_away(gateway: httpx2.Client):
    assert gateway.get(ROBOTS, headers={"cookie": "a=1"}).text == "User-agent: *\nDisallow: /\n"


def test_the_gatekeeper_sees_the_session_and_the_backend_the_user_and_its_own_cookies(gateway: httpx2.Client) -> None:
    headers = seen(gateway.get("/notebook/ada/one/", headers={"cookie": f"a=1; {SESSION}; b=2"}))
    assert (headers["kubeflow-userid"], headers["cookie"]) == ("ada@example.com", "a=1; b=2")


@pytest.mark.parametrize("name", ["system:serviceaccount:kubeflow:kubeflow-profiles", "system:admin"])
def test_a_directory_makes_nobody_an_account_of_kubernetes(gateway: httpx2.Client, name: str) -> None:
    answer = gateway.get("/", headers={"cookie": f"{SESSION}; as={name}"})
    assert (answer.status_code, answer.text) == (403, "no user has a name that begins with system:\n")


def test_no_backend_learns_of_groups_that_nobody_named(gateway: httpx2.Client) -> None:
    assert "kubeflow-groups" not in seen(gateway.get("/"))


@pytest.mark.parametrize(("session", "status"), [("a=1", 403), (SESSION, 200)])
def test_the_browser_forgets_old_log_ins_whether_it_is_let_in_or_not(
    gateway: httpx2.Client, session: str, status: int
) -> None:
    cookies = [session, *(f"kubeflow_session_{number:08}_csrf=x" for number in range(42))]
    answer = gateway.get("/", headers={"cookie": "; ".join(cookies)})
    assert answer.status_code == status
    gone = [item.partition("=")[0] for item in answer.headers.get_list("set-cookie")]
    assert gone == ["kubeflow_session_00000000_csrf", "kubeflow_session_00000001_csrf"]


def test_the_gatekeepers_own_pages_get_the_session(gateway: httpx2.Client) -> None:
    assert seen(gateway.get("/oauth2/sign_out"))["cookie"] == SESSION


@pytest.mark.parametrize("path", ["/", PUBLIC])
@pytest.mark.parametrize("header", ["kubeflow-userid", "kubeflow_userid", "Kubeflow-UserID"])
def test_an_identity_that_a_request_claims_does_not_arrive(gateway: httpx2.Client, path: str, header: str) -> None:
    headers = seen(gateway.get(path, headers={header: "root@example.com"}))
    assert "root@example.com" not in headers.values()


LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
SAME_SITE = {"sec-fetch-site": "same-site"}
OWN = "http://kubeflow.example.com:8080"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "websocket", "origin": OWN},
        {"origin": "http://mallory.users.example.com"},
        {"origin": "http://kubeflow.example.com"},
        {"origin": "null"},
    ],
)
def test_what_a_page_of_another_origin_asks_for_brings_no_session(gateway: httpx2.Client, headers: dict[str, str]):
    assert gateway.get("/", headers={"host": "kubeflow.example.com:8080", **headers}).status_code == 403


def test_a_form_of_another_origin_brings_no_session_and_a_link_from_it_does(gateway: httpx2.Client):
    assert gateway.post("/", headers={**SAME_SITE, **LINK}).status_code == 403
    assert gateway.get("/", headers={**SAME_SITE, **LINK}).is_success


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "origin": "http://what.a.proxy.hides"},
        {"sec-fetch-site": "none", **LINK},
        {"origin": OWN},
        {"origin": "https://public.example.com", "x-forwarded-host": "public.example.com"},
    ],
)
def test_what_the_own_pages_ask_for_brings_the_session(gateway: httpx2.Client, headers: dict[str, str]):
    assert gateway.get("/", headers={"host": "kubeflow.example.com:8080", **headers}).is_success


def test_a_request_of_another_origin_keeps_what_is_not_the_session(gateway: httpx2.Client):
    cookies = f"a=1; __Secure-kubeflow_session=x; {SESSION}; b=2"
    headers = seen(gateway.get(PUBLIC, headers={"cookie": cookies, "origin": "null"}))
    assert headers["cookie"] == "a=1; b=2"


@pytest.mark.parametrize(
    "prefix", ["notebook", "tensorboard", "pvcviewers", "serving", "pipeline/artifacts", "workspace/connect"]
)
def test_a_users_program_leaves_nothing_in_a_browser_that_reaches_beyond_it(gateway: httpx2.Client, prefix: str):
    headers = gateway.get(f"/{prefix}/ada/one/{TAKING}").headers
    taken = {"service-worker-allowed", "clear-site-data", "nel", "secure-session-registration"}
    assert not taken & set(headers)
    kept = headers.get_list("set-cookie")
    assert all(f"; Path=/{prefix}/ada/one/" in cookie for cookie in kept)
    assert bool(kept) == (prefix not in ("serving", "pipeline/artifacts"))


def test_a_cookie_of_a_users_program_comes_back_to_its_own_pages_alone(gateway: httpx2.Client):
    kept = gateway.get(f"/notebook/ada/one/lab{TAKING}").headers.get_list("set-cookie")
    own = "/notebook/ada/one/"
    expected = [value.format(own=own) for value in COOKIES.values() if value]
    assert kept == [expected[0].replace(own, f"{own}lab"), *expected[1:]]


@pytest.mark.parametrize("path", ["/notebook/ada", "/notebook/ada%20x/one/", "/notebook/ada/one%3b/"])
def test_no_cookie_comes_of_an_address_that_names_no_program(gateway: httpx2.Client, path: str):
    assert "set-cookie" not in gateway.get(f"{path}{TAKING}").headers


@pytest.mark.parametrize("path", ["/dex/auth/local", "/dex/device/code", "/dex/callback", "/dex/callbacks"])
def test_an_address_of_a_log_in_is_no_longer_than_it_needs_to_be(gateway: httpx2.Client, path: str):
    assert gateway.get(f"{path}?state={4000 * 'x'}").status_code == 200
    assert gateway.get(f"{path}?state={8192 * 'x'}").status_code == 414
    assert gateway.get(f"/x{path}?state={8192 * 'x'}").status_code == 200


@pytest.mark.parametrize("path", ["/dex/auth/local", "/dex/device/code", "/dex/callback/a/b", "/dex/tokens"])
@pytest.mark.parametrize("size", [8193, 100000])
def test_a_form_of_a_log_in_is_no_longer_than_it_needs_to_be(gateway: httpx2.Client, path: str, size: int):
    assert gateway.post(path, data={"login": "ada", "password": "p"}).status_code == 200
    assert gateway.post(path, content=size * b"x").status_code == 413
    assert gateway.post(path, content=iter([size * b"x"])).status_code == 413


@pytest.mark.parametrize("path", ["/dex/callback", "/dex/callback/saml?a=b", "/dex/token", "/pipeline/upload"])
def test_what_saml_answers_and_what_programs_show_may_be_long(gateway: httpx2.Client, path: str):
    assert gateway.post(path, content=100000 * b"x").status_code == 200


def test_the_gatekeepers_cookies_for_a_log_in_pass_where_users_programs_answer(gateway: httpx2.Client):
    answer = gateway.get("/notebook/ada/one/", headers={"cookie": "a=1"})
    assert (answer.status_code, answer.headers["set-cookie"]) == (403, "kubeflow_session_5tqk_csrf=x; Path=/")


def test_a_models_page_has_an_origin_that_is_like_no_other(gateway: httpx2.Client):
    *_, policy = gateway.get("/serving/ada/iris/").headers.get_list("content-security-policy")
    assert policy.split()[0] == "sandbox"
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize("path", ["/", "/notebook/ada/one/"])
def test_other_pages_are_shown_in_frames_of_their_own_origin_alone(gateway: httpx2.Client, path: str):
    assert gateway.get(path).headers["content-security-policy"] == "frame-ancestors 'self'"


def test_pages_that_are_no_users_keep_their_headers(gateway: httpx2.Client):
    assert gateway.get(f"/servings{TAKING}").headers["service-worker-allowed"] == "/"


@pytest.fixture(scope="module")
def katib(
    gateway: httpx2.Client, apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """Return a client of the gateway that knows which paths of Katib's page it is to let through."""
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        folder = tmp_path_factory.mktemp("katib")
        deployment = stack.enter_context(deployed(load_charm(KATIB).Katib, KATIB, patch, folder))
        said = {"url": "http://kubeflow.example.com", "principals": PRINCIPAL}
        relation = testing.Relation("ingress", remote_app_name="istio-pilot", remote_app_data=said)
        deployment.settle(deployment.state(relations=[relation]))
        ((path, item),) = (
            (path, item)
            for path, item in deployment.cluster.lasting.items()
            if item["kind"] == "AuthorizationPolicy" and item["spec"]["action"] == "DENY"
        )
        client = stack.enter_context(apiserver.client())
        apply(client, path, item)
        stack.callback(client.delete, path)
        eventually(lambda: gateway.get("/katib/fetch_nas_job_info/").status_code == 403)
        yield gateway


@pytest.mark.parametrize(
    "path",
    [
        "fetch_nas_job_info",
        "fetch_nas_job_info/?experimentName=a&namespace=",
        "%66etch_nas_job_info/",
        "fetch%5fnas_job_info/",
        "static/%2e%2e/fetch_nas_job_info/",
        "x/../fetch_nas_job_info/",
        "/fetch_nas_job_info/",
        "fetch_trials",
    ],
)
def test_what_katibs_page_tells_without_asking_whose_it_is_nobody_gets(katib: httpx2.Client, path: str):
    url = httpx2.URL(str(katib.base_url)).copy_with(raw_path=f"/katib/{path}".encode())
    assert katib.get(url).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["", "new", "experiment/ada/tune", "static/main.js", "fetch_experiments/?namespace=ada", "fetch_trial_logs/?a=b"],
)
def test_what_browsers_load_of_it_passes(katib: httpx2.Client, path: str):
    assert katib.get(f"/katib/{path}").is_success


def test_what_is_not_katibs_passes_as_before(katib: httpx2.Client):
    assert katib.get("/katibs/fetch_nas_job_info/").is_success


@pytest.fixture(scope="module")
def page(
    katib: httpx2.Client, apiserver: ApiServer, control: istiod.Istiod, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """Return a client of the gateway that leads to Katib's real page, without any rights."""
    binary, folder, (port,) = programs.find("katib-ui"), tmp_path_factory.mktemp("page"), free_ports(1)
    (folder / "static").mkdir()
    (folder / "static" / "index.html").write_text("the page of Katib")
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(apiserver.kubeconfig("nobody's")))
    command = [binary, "--host=127.0.0.1", f"--port={port}", f"--build-dir={folder}"]
    http = [
        {
            "match": [{"uri": {"prefix": "/katib/"}}],
            "route": [{"destination": {"host": f"katib-ui.{MODEL}.svc.cluster.local"}}],
        }
    ]
    made = {
        "serviceentries/katib-ui": entry("katib-ui", port, 80),
        "virtualservices/katib": {"spec": {"hosts": ["*"], "gateways": ["istio-gateway"], "http": http}},
    }
    with program(command, folder, {"KUBECONFIG": str(kubeconfig)}), applied(control.client, MODEL, made):
        eventually(lambda: "the page of Katib" in katib.get("/katib/").text)
        direct = httpx2.get(f"http://127.0.0.1:{port}/katib/fetch_nas_job_info/?experimentName=a&namespace=")
        assert direct.is_server_error, "asked directly, the page would look for trials"
        yield katib


@pytest.mark.parametrize("path", ["experiment/..%2ffetch_nas_job_info/", "static/..%2Ffetch_nas_job_info/"])
def test_katibs_page_tells_nothing_more_at_paths_that_only_it_sees_through(page: httpx2.Client, path: str):
    url = httpx2.URL(str(page.base_url)).copy_with(raw_path=f"/katib/{path}?experimentName=a&namespace=".encode())
    assert page.get(url, follow_redirects=True).is_client_error


@pytest.mark.parametrize("target", ["/katib/experiment/..%2ffetch_nas_job_info/?namespace=", "katib-ui.edge:80"])
def test_nobody_tunnels_through_the_gateway(page: httpx2.Client, target: str):
    request = f"CONNECT {target} HTTP/1.1\r\nhost: kubeflow\r\ncookie: {SESSION}\r\n\r\n"
    with socket.create_connection((page.base_url.host, page.base_url.port or 80), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 4")


@pytest.fixture(scope="module")
def rivals(gateway: httpx2.Client, control: istiod.Istiod) -> Iterator[httpx2.Client]:
    """Return a client of the gateway, which leads to a server in each of two profiles, beside which is a Service."""
    with contextlib.ExitStack() as stack:
        behind = stack.enter_context(envoy.serve())
        for profile in PROFILES:
            namespace = {"name": profile, "labels": {"istio-injection": "enabled"}}
            whole = {"apiVersion": "v1", "kind": "Namespace", "metadata": namespace}
            apply(control.client, f"/api/v1/namespaces/{profile}", whole)
            name, prefix = f"notebook-of-{profile}", f"/notebook/{profile}/"
            ports = [{"name": "http", "port": 80, "targetPort": 8888}]
            service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports}}
            route = {"route": [{"destination": {"host": f"server.{profile}.svc.cluster.local"}}]}
            http = [{"match": [{"uri": {"prefix": prefix}}], **route}]
            made = {
                "serviceentries/server": entry("server", behind, 80, profile),
                f"virtualservices/{name}": {
                    "spec": {"hosts": ["*"], "gateways": [f"{MODEL}/istio-gateway"], "http": http}
                },
            }
            stack.enter_context(applied(control.client, profile, made))
            apply(control.client, f"/api/v1/namespaces/{profile}/services/{name}", service)
            stack.callback(control.client.delete, f"/api/v1/namespaces/{profile}/services/{name}")
        yield gateway


@pytest.mark.parametrize("profile", PROFILES)
def test_the_gateway_leads_to_the_notebooks_of_all_profiles(rivals: httpx2.Client, profile: str):
    eventually(lambda: answers(rivals, f"/notebook/{profile}/"))


@pytest.mark.parametrize("kind", ["sidecar", "router"])
def test_a_proxy_in_a_profile_is_told_nothing_of_another_profile_whatever_it_says_that_it_is(
    rivals: httpx2.Client, control: istiod.Istiod, kind: str, tmp_path: pathlib.Path
):
    binary, (admin,) = envoy.find(), free_ports(1)
    mine, others = PROFILES
    configuration = tmp_path / "envoy.json"
    configuration.write_text(json.dumps(bootstrap(control.port, admin, kind=kind, namespace=mine)))
    with (
        httpx2.Client(base_url=f"http://127.0.0.1:{admin}") as client,
        program(envoy.command(binary, configuration), tmp_path, RARELY),
    ):

        def knows_its_own() -> bool:
            parts = ("dynamic_active_clusters", "dynamic_route_configs")
            return all(mine in client.get("/config_dump", params={"resource": part}).text for part in parts)

        eventually(knows_its_own)
        told = client.get("/config_dump?include_eds").text + client.get("/clusters").text
    assert others not in told


@contextlib.contextmanager
def authorizer(apiserver: ApiServer, folder: pathlib.Path) -> Iterator[int]:
    """Run the program that says whether a user may see a page, and yield its port."""
    program, kubernetes = map(
        importlib.import_module, ("page_authorizer_server", "kubeflow_charms.small_programs.kubernetes_api")
    )
    (folder / "token").write_text(apiserver.token)
    (folder / "ca.crt").write_bytes(apiserver.certificate.read_bytes())
    asked = program.Authorizer(kubernetes.Kubernetes(apiserver.url, folder))
    with answering(program.server(0, "kubeflow-userid", asked)) as server:
        yield server.server_port


def bind(client: httpx2.Client, stack: contextlib.ExitStack, within: str, kind: str, role: str) -> None:
    """Let ada have a ClusterRole; `within` is what the path of the binding begins with."""
    path = f"{RBAC}{within}/{kind.lower()}s/ada"
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ada@example.com"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    item = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "ada"}}
    apply(client, path, {**item, "roleRef": reference, "subjects": [subject]})
    stack.callback(client.delete, path)


@pytest.fixture(scope="module")
def pages(
    gateway: httpx2.Client, apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """Return a client of the gateway that asks whether ada may see a page, who edits a namespace and sees another."""
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        charm = load_charm(KUBEFLOW_PROFILES).KubeflowProfiles
        deployment = stack.enter_context(deployed(charm, KUBEFLOW_PROFILES, patch, tmp_path_factory.mktemp("profiles")))
        said = {"gateway_name": "istio-gateway", "gateway_namespace": MODEL, "gateway_principal": PRINCIPAL}
        relation = testing.Relation("gateway-info", remote_app_name="istio-pilot", remote_app_data=said)
        deployment.settle(deployment.state(relations=[relation]))
        ((path, item),) = (
            (path, item) for path, item in deployment.cluster.lasting.items() if item["kind"] == "EnvoyFilter"
        )
        port = stack.enter_context(authorizer(apiserver, tmp_path_factory.mktemp("authorizer")))
        client = stack.enter_context(apiserver.client())
        for role, verb in (("editor", "create"), ("guest", "get")):
            rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": [verb]}]
            made = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": role}}
            apply(client, f"{RBAC}/clusterroles/{role}", {**made, "rules": rules})
            stack.callback(client.delete, f"{RBAC}/clusterroles/{role}")
        bind(client, stack, f"/namespaces/{istiod.ENABLED}", "RoleBinding", "editor")
        bind(client, stack, f"/namespaces/{istiod.PLAIN}", "RoleBinding", "guest")
        where = f"{ISTIO}/namespaces/{MODEL}/serviceentries/kubeflow-profiles"
        service = entry("kubeflow-profiles", port, 8083)
        apply(client, where, {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", **service})
        stack.callback(client.delete, where)
        apply(client, path, item)
        stack.callback(client.delete, path)
        hers = f"/notebook/{istiod.ENABLED}/one/"
        eventually(lambda: gateway.get("/notebook/nobody/one/").status_code == 403 and gateway.get(hers).is_success)
        yield gateway


@pytest.mark.parametrize("place", ["notebook", "tensorboard", "pvcviewers", "workspace/connect"])
def test_pages_are_shown_to_who_edits_their_profile(pages: httpx2.Client, place: str):
    assert pages.get(f"/{place}/{istiod.ENABLED}/one/?a=/b").is_success
    answer = pages.post(f"/{place}/{istiod.PLAIN}/one/")
    assert (answer.status_code, answer.text) == (403, "you may not create pods in plain\n")


@pytest.mark.parametrize(
    "path", ["/notebook/../notebook/plain/one/", "/%6eotebook/plain/one/", "/notebook/%70lain/one/"]
)
def test_no_other_spelling_shows_a_strangers_page(pages: httpx2.Client, path: str):
    url = httpx2.URL(str(pages.base_url)).copy_with(raw_path=path.encode())
    assert pages.get(url).status_code == 403


def test_the_dashboard_tells_who_works_in_a_profile_to_those_alone_who_see_it(pages: httpx2.Client):
    people = "/api/workgroup/get-contributors"
    assert pages.get(f"{people}/{istiod.PLAIN}").is_success
    assert pages.get(f"{people}/nobody").text == "you may not get pods in nobody\n"
    for path in ("/api/workgroup/get-all-namespaces", "/API/workgroup//get-all-Namespaces/?a"):
        assert pages.get(path).status_code == 403, path
    assert pages.get("/api/workgroup/env-info").is_success


def test_the_dashboard_makes_no_profile_of_another_users(pages: httpx2.Client):
    for path in ("/api/workgroup/create", "/API/workgroup//create/?a"):
        assert pages.post(path, json={"namespace": "ada", "user": "ada@example.com"}).is_success
        for body in (b'{"namespace": "ben", "user": "ben@example.com"}', b'{"user": "", "user": "ben@example.com"}'):
            assert pages.post(path, content=body).status_code == 403
    utf_7 = {"content-type": "application/json; charset=utf-7"}
    assert pages.post("/api/workgroup/create", content=b'{"+AHU-ser": "ben"}', headers=utf_7).status_code == 403
    for many in (70_000, 3_000_000):
        assert pages.post("/api/workgroup/create", content=b" " * many).status_code == 403
    assert pages.post("/api/workgroup/add-contributor/ada", content=b" " * 3_000_000).is_success


@pytest.mark.parametrize("path", ["/", "/notebooks/plain/one", "/serving/plain/iris/", "/x?y=/notebook/plain/one/"])
def test_nobody_is_asked_about_other_pages(pages: httpx2.Client, path: str):
    assert pages.get(path).is_success


def test_an_administrator_is_shown_no_strangers_page_either(pages: httpx2.Client, apiserver: ApiServer):
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(apiserver.client())
        bind(client, stack, "", "ClusterRoleBinding", "cluster-admin")
        merging = {"content-type": "application/merge-patch+json"}
        owned = json.dumps({"metadata": {"annotations": {"owner": "ada@example.com"}}})
        client.patch(f"/api/v1/namespaces/{istiod.ENABLED}", headers=merging, content=owned).raise_for_status()
        refused = "you may do so everywhere, but do not own nobody: log in as a user who may not\n"
        eventually(lambda: pages.get("/notebook/nobody/one/").text == refused)
        assert pages.get(f"/notebook/{istiod.ENABLED}/two/").is_success
