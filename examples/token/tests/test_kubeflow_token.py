"""The program that gets a token, against an issuer that answers as Dex does."""

import http.server
import json
import pathlib
import socket
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import kubeflow_token

CLIENT, AUDIENCE = "kubeflow-programs", "authservice-oidc"


class Issuer:
    """Grants a token to a device once somebody has logged in, and another one for each refresh token of its own."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.pending = 1
        self.refresh = ""
        self.expires = 300
        self.url = ""

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        self.asked.append((path, form))
        if form.get("client_id") != CLIENT:
            return 401, {"error": "invalid_client"}
        if path == "/dex/device/code":
            where = f"{self.url}/device"
            return 200, {
                "device_code": "secret",
                "user_code": "AB-CD",
                "verification_uri": where,
                "expires_in": self.expires,
                "interval": 0,
            }
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.refresh:
            return 400, {"error": "invalid_request"}
        if form["grant_type"] == kubeflow_token.DEVICE and self.pending:
            self.pending -= 1
            return 400, {"error": "authorization_pending"}
        self.refresh = f"refresh-{len(self.asked)}"
        return 200, {"id_token": f"token-{len(self.asked)}", "refresh_token": self.refresh}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    found = Issuer()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            status, said = found.answer(self.path, dict(urllib.parse.parse_qsl(text)))
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}/dex"
        yield found
        server.shutdown()


def get(issuer: Issuer, memory: pathlib.Path, client: str = CLIENT) -> str:
    return kubeflow_token.tokens(issuer.url, client, AUDIENCE, memory)["id_token"]


def test_a_user_logs_in_once_and_the_token_is_for_the_gatekeeper(
    issuer: Issuer, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert get(issuer, tmp_path / "new" / "memory") == "token-3"
    assert f"{issuer.url}/device" in capsys.readouterr().err
    assert f"audience:server:client_id:{AUDIENCE}" in issuer.asked[0][1]["scope"].split()


def test_later_it_is_renewed_without_a_user(issuer: Issuer, tmp_path: pathlib.Path) -> None:
    get(issuer, tmp_path / "memory")
    for _ in range(2):
        issuer.asked.clear()
        get(issuer, tmp_path / "memory")
        assert [form["grant_type"] for _, form in issuer.asked] == ["refresh_token"]


def test_what_renews_it_is_readable_by_nobody_else(issuer: Issuer, tmp_path: pathlib.Path) -> None:
    get(issuer, tmp_path / "memory")
    assert (tmp_path / "memory").stat().st_mode & 0o777 == 0o600


def test_where_that_is_no_longer_good_the_user_is_asked_again(issuer: Issuer, tmp_path: pathlib.Path) -> None:
    get(issuer, tmp_path / "memory")
    issuer.refresh = "taken back"
    assert get(issuer, tmp_path / "memory").startswith("token-")
    assert get(issuer, tmp_path / "memory").startswith("token-")


def test_two_sites_are_kept_apart(issuer: Issuer, tmp_path: pathlib.Path) -> None:
    (tmp_path / "memory").write_text(json.dumps({"https://other/dex": "theirs"}))
    get(issuer, tmp_path / "memory")
    assert json.loads((tmp_path / "memory").read_text()) == {"https://other/dex": "theirs", issuer.url: issuer.refresh}


def test_a_client_that_the_issuer_does_not_know_is_named_as_the_reason(issuer: Issuer, tmp_path: pathlib.Path) -> None:
    with pytest.raises(kubeflow_token.RefusedError, match="invalid_client"):
        get(issuer, tmp_path / "memory", client="other")


def test_it_does_not_wait_for_ever(issuer: Issuer, tmp_path: pathlib.Path) -> None:
    issuer.pending, issuer.expires = 1000, 0
    with pytest.raises(kubeflow_token.RefusedError, match="in time"):
        get(issuer, tmp_path / "memory")


def test_an_issuer_that_does_not_answer_is_told_in_words(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setattr(sys, "argv", ["kubeflow_token.py", f"http://127.0.0.1:{port}"])
    with pytest.raises(SystemExit, match=r"no token: .*refused"):
        kubeflow_token.main()
