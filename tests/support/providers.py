"""Google and Entra ID in miniature: what Dex asks of them, at their own names, behind a proxy that alone leads there.

Source of paths and fields: OpenID Connect Core 1.0 and Discovery 1.0, Google's and Microsoft's documentation of their
endpoints, and `connector/google`, `connector/microsoft` and `connector/oidc` of Dex 2.45.
"""

import base64
import contextlib
import dataclasses
import http.server
import json
import pathlib
import socketserver
import ssl
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from testbed.certificates import Authority

from .answering import answering

GOOGLE, ENTRA, GRAPH = "accounts.google.com", "login.microsoftonline.com", "graph.microsoft.com"
KEY = "one"


@dataclasses.dataclass
class Provider:
    """What the provider knows, and who answers for it.

    Attributes:
        client: by which name and password it knows Dex.
        back: where it sends users back to.
        claims: what it says of the user in her token.
        person: what Microsoft's Graph says of her.
        groups: hers in Microsoft's Graph, by identifier.
        proxy: the address of the proxy.
        authorities: a file with the authority that its certificate is of.
    """

    client: tuple[str, str]
    back: str
    authorities: pathlib.Path
    claims: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    person: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    groups: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    proxy: str = ""

    def __post_init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program gets to it, and trusts it."""
        return {"HTTPS_PROXY": self.proxy, "SSL_CERT_FILE": str(self.authorities)}

    def answer(self, host: str, path: str, form: Mapping[str, str]) -> tuple[int, Any]:
        """Return status and document for a request."""
        parsed = urllib.parse.urlsplit(path)
        if parsed.path.endswith("/.well-known/openid-configuration"):
            return 200, _discovery(f"https://{host}{parsed.path.removesuffix('/.well-known/openid-configuration')}")
        if parsed.path.endswith("/keys"):
            return 200, {"keys": [self._public()]}
        if parsed.path.endswith("/authorize"):
            return self._page(dict(urllib.parse.parse_qsl(parsed.query)))
        if parsed.path.endswith("/token"):
            return self._token(
                f"https://{host}{parsed.path.rpartition('/token')[0].removesuffix('/oauth2/v2.0')}", form
            )
        if host == GRAPH and parsed.path == "/v1.0/me":
            return 200, self.person
        if host == GRAPH and parsed.path == "/v1.0/me/getMemberGroups":
            return 200, {"value": [*self.groups]}
        if host == GRAPH and parsed.path == "/v1.0/directoryObjects/getByIds":
            return 200, {"value": [{"displayName": name} for name in self.groups.values()]}
        return 404, {"error": f"{host}{parsed.path} is not known here"}

    def _page(self, query: Mapping[str, str]) -> tuple[int, Any]:
        if (query.get("client_id"), query.get("redirect_uri")) != (self.client[0], self.back):
            return 400, {"error": "redirect_uri_mismatch"}
        return 200, {"page": "who are you?"}

    def _token(self, issuer: str, form: Mapping[str, str]) -> tuple[int, Any]:
        if (form.get("client_id"), form.get("client_secret")) != self.client:
            return 401, {
                "error": "invalid_client",
                "error_description": "AADSTS7000215: Invalid client secret provided.",
            }
        if form.get("code") != "good":
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        told = {"iss": issuer, "aud": self.client[0], "sub": "42", "iat": now, "exp": now + 600, **self.claims}
        return 200, {"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": self._signed(told)}

    def _public(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        parts = {"n": numbers.n.to_bytes(256, "big"), "e": numbers.e.to_bytes(3, "big")}
        return {"kty": "RSA", "kid": KEY, "alg": "RS256", "use": "sig"} | {key: _text(it) for key, it in parts.items()}

    def _signed(self, claims: Mapping[str, Any]) -> str:
        parts = ({"alg": "RS256", "kid": KEY}, claims)
        body = ".".join(_text(json.dumps(part).encode()) for part in parts)
        return f"{body}.{_text(self._key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextlib.contextmanager
def running(folder: pathlib.Path, client: tuple[str, str], back: str) -> Iterator[Provider]:
    """Yield a provider that answers at the names of Google and Microsoft, with certificates of its own."""
    authority = Authority("who signs for providers")
    certificate, key = authority.server("providers", (GOOGLE, ENTRA, GRAPH), ())
    (folder / "authorities.pem").write_bytes(authority.certificate())
    (folder / "pair.pem").write_bytes(certificate + key)
    provider = Provider(client, back, folder / "authorities.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "pair.pem")

    class Answering(_Handler):
        trusted = context
        answers = provider

    with answering(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answering)) as server:
        server.daemon_threads = True
        provider.proxy = f"http://127.0.0.1:{server.server_address[1]}"
        yield provider


class _Handler(http.server.BaseHTTPRequestHandler):
    """A proxy for CONNECT that is the server behind it as well."""

    trusted: ssl.SSLContext
    answers: Provider
    host = ""

    def do_CONNECT(self) -> None:
        """Go on with this connection as the server of the host that is asked for."""
        self.host = self.path.partition(":")[0]
        self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        self.connection = self.trusted.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        """Answer."""
        content = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        status, document = self.answers.answer(self.host, self.path, self._form(content))
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_POST = do_GET  # noqa: N815 - as http.server calls it

    def finish(self) -> None:
        """Close what was wrapped, too."""
        super().finish()
        self.connection.close()

    def _form(self, content: str) -> dict[str, str]:
        """Return a form, with the client's login, which may be in a header (RFC 6749, 2.3.1)."""
        form = dict(urllib.parse.parse_qsl(content))
        kind, _, login = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            name, _, word = base64.b64decode(login).decode().partition(":")
            form |= {"client_id": urllib.parse.unquote_plus(name), "client_secret": urllib.parse.unquote_plus(word)}
        return form

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _discovery(issuer: str) -> dict[str, Any]:
    base = issuer.removesuffix("/v2.0") + "/oauth2/v2.0" if issuer.endswith("/v2.0") else issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/keys",
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
