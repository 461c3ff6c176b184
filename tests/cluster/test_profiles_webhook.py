"""What the API server does with the webhook that kubeflow-profiles registers, with a small webhook in its place."""

import base64
import contextlib
import copy
import datetime
import http.server
import json
import pathlib
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.certificates import signing
from support.answering import answering
from support.eventually import eventually
from support.profiles import WEBHOOKS, Profiles

PATCH = [{"op": "add", "path": "/metadata/annotations", "value": {"applied": "yes"}}]


class Webhook(http.server.BaseHTTPRequestHandler):
    """Gives every pod that it is asked about an annotation."""

    asked: list[tuple[str, str]]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))["request"]
        self.asked.append((self.path.partition("?")[0], request["namespace"]))
        patch = base64.b64encode(json.dumps(PATCH).encode()).decode()
        response = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch", "patch": patch}
        # Kubeflow's webhook, 1.10, says neither apiVersion nor kind.
        body = json.dumps({"response": response})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def asked(profiles: Profiles, tmp_path: pathlib.Path) -> Iterator[list[tuple[str, str]]]:
    """Let the charm's webhook answer at an address of this machine; return the paths and namespaces asked about."""
    handler = type("Asked", (Webhook,), {"asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(profiles, tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with answering(server), redirected(profiles, server.server_address[1]):
        yield handler.asked


def certificate(profiles: Profiles, folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """Return files of a certificate for this machine, by the authority that signs the webhook's, and of its key."""
    secret = profiles.state.get_secret(label="certificate-authority")
    authority = secret.latest_content or secret.tracked_content
    key, now = signing.new_key(), datetime.datetime.now(datetime.UTC)
    text = signing.server_certificate(
        ["127.0.0.1"], key, authority["certificate"], authority["key"], now, datetime.timedelta(hours=1)
    )
    files = folder / "certificate.pem", folder / "key.pem"
    for file, content in zip(files, (text, key), strict=True):
        file.write_text(content)
    return files


@contextlib.contextmanager
def redirected(profiles: Profiles, port: int) -> Iterator[None]:
    """Register the charm's webhook at an address of this machine instead of its Service's, for a while."""
    path = f"{WEBHOOKS}/kubeflow-profiles-poddefaults-{profiles.application.model}"
    item = profiles.application.get(path)
    changed = copy.deepcopy(item)
    client = changed["webhooks"][0]["clientConfig"]
    client["url"] = f"https://127.0.0.1:{port}{client.pop('service')['path']}"
    changed = profiles.http.put(path, json=changed).raise_for_status().json()
    yield
    item["metadata"]["resourceVersion"] = changed["metadata"]["resourceVersion"]
    profiles.http.put(path, json=item).raise_for_status()


def pod(profiles: Profiles, namespace: str) -> dict[str, Any]:
    """Return a new pod as the API server would make it."""
    item = {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    where = f"/api/v1/namespaces/{namespace}/pods"
    return profiles.http.post(where, params={"dryRun": "All"}, json=item).raise_for_status().json()


def annotated(profiles: Profiles, namespace: str) -> bool:
    return pod(profiles, namespace)["metadata"].get("annotations") == {"applied": "yes"}


def test_a_users_pod_is_changed_by_a_webhook_with_a_certificate_of_the_charms_authority(
    profiles: Profiles, namespace: str, asked: list[tuple[str, str]]
):
    eventually(lambda: annotated(profiles, namespace))
    assert set(asked) == {("/apply-poddefault", namespace)}


def test_the_webhook_is_never_asked_about_other_namespaces(
    profiles: Profiles, namespace: str, asked: list[tuple[str, str]]
):
    eventually(lambda: annotated(profiles, namespace))
    labelled = {"metadata": {"labels": {"app.kubernetes.io/part-of": "kubeflow-profile"}}}
    ours = f"/api/v1/namespaces/{profiles.application.model}"
    headers = {"Content-Type": "application/merge-patch+json"}
    profiles.http.patch(ours, headers=headers, content=json.dumps(labelled)).raise_for_status()
    for where in ("default", "kube-system", profiles.application.model):
        assert "annotations" not in pod(profiles, where)["metadata"]
    assert {place for _, place in asked} == {namespace}


def test_while_the_webhook_is_down_pods_are_made_everywhere(profiles: Profiles, namespace: str):
    for where in (namespace, "default", profiles.application.model):
        assert "annotations" not in pod(profiles, where)["metadata"]
