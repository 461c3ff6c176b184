"""What a request meets at a real Envoy that a real istiod configures with the charm's objects, gatekeeper and all."""

import contextlib
import http.server
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from ops import testing
from support import envoy, istiod
from support.apiserver import RARELY, ApiServer, answers, apply, await_answer, free_ports, log_of, program
from support.charms import load_charm
from support.deployment import MODEL, deployed
from support.eventually import eventually

GATEKEEPER, BACKEND = "oidc-gatekeeper", "backend"
ISTIO = "/apis/networking.istio.io/v1"
KINDS = {
    "destinationrules": "DestinationRule",
    "gateways": "Gateway",
    "serviceentries": "ServiceEntry",
    "virtualservices": "VirtualService",
}
PUBLIC = "/public"
KATIB = pathlib.Path(__file__).parents[2] / "charms" / "katib"
PRINCIPAL = f"cluster.local/ns/{MODEL}/sa/istio-ingressgateway"
SESSION = "kubeflow_session_0=secret"


class Gatekeeper(http.server.BaseHTTPRequestHandler):
    """Lets whoever has a session pass, as ada, and everybody to a public page, as nobody."""

    def do_GET(self) -> None:
        public = self.path == PUBLIC
        known = SESSION in (self.headers["cookie"] or "")
        self.send_response(200 if known or public else 403)
        if not public:
            self.send_header("kubeflow-userid", "ada@example.com")
            self.send_header("kubeflow-groups", "staff,ml-team")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def entry(name: str, port: int, number: int) -> dict[str, Any]:
    """Return what leads to a server of this machine by the name and the port of a Service."""
    host = f"{name}.{MODEL}.svc.cluster.local"
    endpoint = {"address": "127.0.0.1", "ports": {"http": port}}
    ports = [{"number": number, "name": "http", "protocol": "HTTP"}]
    spec = {"hosts": [host], "ports": ports, "resolution": "STATIC", "endpoints": [endpoint]}
    return {"metadata": {"name": name}, "spec": {**spec, "location": "MESH_INTERNAL"}}


def bootstrap(port: int, admin: int) -> dict[str, Any]:
    """Return the configuration of a gateway's Envoy.

    Args:
        port: istiod's.
        admin: of its own administration.
    """
    # Any address but a loopback one, by which istiod would not know whether the proxy has IPv4.
    node = {
        "id": f"router~10.1.0.9~gateway-0.{MODEL}~{MODEL}.svc.cluster.local",
        "cluster": f"gateway.{MODEL}",
        "metadata": {"NAMESPACE": MODEL, "LABELS": {"istio": "ingressgateway"}, "ISTIO_VERSION": "1.28.0"},
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
def gateway(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Return a client of the gateway, behind which is a server that answers with the headers that it got."""
    binary, folder = envoy.find(), tmp_path_factory.mktemp("gateway")
    data = {
        "service": GATEKEEPER,
        "port": 4180,
        "allowed-request-headers": ["cookie"],
        "allowed-response-headers": ["kubeflow-userid", "kubeflow-groups"],
    }
    said = {"_supported_versions": '["v1"]', "data": json.dumps(data)}
    relation = testing.Relation("ingress-auth", remote_app_name=GATEKEEPER, remote_app_data=said)
    with contextlib.ExitStack() as stack:
        behind, asked = stack.enter_context(envoy.serve()), stack.enter_context(envoy.serve(Gatekeeper))
        folders = (tmp_path_factory.mktemp("charm"), tmp_path_factory.mktemp("istiod"))
        control = stack.enter_context(istiod.running(apiserver, *folders, relation))
        port, admin = free_ports(2)
        where = f"{ISTIO}/namespaces/{MODEL}"
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
        for path, item in made.items():
            plural, _, name = path.partition("/")
            whole = {"apiVersion": "networking.istio.io/v1", "kind": KINDS[plural], **item, "metadata": {"name": name}}
            apply(control.client, f"{where}/{path}", whole)
            stack.callback(control.client.delete, f"{where}/{path}")
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


def test_the_gatekeeper_sees_the_session_and_the_backend_the_user_and_its_own_cookies(gateway: httpx2.Client) -> None:
    headers = seen(gateway.get("/notebook/ada/one/", headers={"cookie": f"a=1; {SESSION}; b=2"}))
    assert (headers["kubeflow-userid"], headers["cookie"]) == ("ada@example.com", "a=1; b=2")


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
