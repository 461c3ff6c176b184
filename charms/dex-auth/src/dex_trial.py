"""A Dex of its own for one trial: it has one connector, keeps everything in memory, and nobody else reaches it.

So what it tells clients is what the Dex that serves would tell, and all that its log says is about this trial.
Source: `server/handlers.go`, `server/api.go` and `connector/ldap/ldap.go` of Dex 2.45.
"""

import base64
import binascii
import contextlib
import dataclasses
import http.client
import io
import json
import re
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dex_configuration
import ops
from dex_options import PATH
from dex_users import StaticUser

START, TRIAL = 20, 60
"""Seconds that it gets to answer, and after which Pebble ends it whatever becomes of the charm."""
QUIET, LATEST = 0.3, 3.0
"""Seconds without a new line after which a log is whole, and after which it is read however it is."""
CLIENT, RETURN = "test-login", "http://127.0.0.1/none"
LOCAL = "local"
"""What Dex calls its password database."""
HIDDEN = re.compile(r"(?i)pw|password|secret|private")
SAID = ("user_dn", "base_dn", "filter", "user", "err", "error")
"""What is worth reading of a record of the log, beside its message."""


class Refused(Exception):
    """Why the log-in fails, in a sentence that repeats no password."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """What is tried.

    Attributes:
        issuer: the issuer's URL, below which providers send users back.
        connector: as Dex has it; None for the password database.
        users: of the password database.
    """

    issuer: str
    connector: Mapping[str, Any] | None = None
    users: Sequence[StaticUser] = ()

    @property
    def name(self) -> str:
        """The connector's identifier."""
        return self.connector["id"] if self.connector else LOCAL


class Dex:
    """A Dex that runs for a trial."""

    def __init__(self, port: int, secret: str, log: io.StringIO, subject: Subject):
        self._address = f"http://127.0.0.1:{port}{PATH}"
        self._secret = secret
        self._log = log
        self._hidden = {secret, *_hidden((subject.connector or {}).get("config") or {})}

    def log_in(self, username: str, password: str) -> dict[str, Any]:
        """Return the claims that the user's token has.

        Raises:
            Refused: Dex gives none; with what its log says of the reason.
        """
        self._hidden.add(password)
        form = {"grant_type": "password", "username": username, "password": password, "client_id": CLIENT}
        form |= {"client_secret": self._secret, "scope": "openid email profile groups"}
        code, answer, _ = send(f"{self._address}/token", form)
        if code != 200:
            raise Refused(self.reason() or _said(answer))
        return claims(json.loads(answer)["id_token"])

    def provider_page(self) -> str:
        """Return the address that Dex sends a browser to, at the provider.

        Raises:
            Refused: Dex sends it nowhere.
        """
        query = {"client_id": CLIENT, "redirect_uri": RETURN, "response_type": "code", "scope": "openid", "state": "x"}
        code, answer, location = send(f"{self._address}/auth?{urllib.parse.urlencode(query)}")
        if code in (302, 303) and location.startswith("/"):
            code, answer, location = send(urllib.parse.urljoin(self._address, location))
        if code not in (302, 303) or not location:
            raise Refused(self.reason() or f"Dex shows no way to the provider: {code} {_said(answer)}")
        return location

    def answers(self) -> bool:
        """Tell whether it has started."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return send(f"{self._address}/healthz")[0] == 200
        return False

    def reason(self) -> str:
        """Return what the log says was wrong; what was found before it comes first."""
        found: list[str] = []
        for line in self._lines():
            try:
                record = json.loads(line)
                wrong = record["level"] in ("ERROR", "WARN")
            except (ValueError, KeyError, TypeError):
                if line.startswith(("failed", "error")):
                    found.append(line)
                continue
            if wrong:
                more = [str(record[key]) for key in SAID if record.get(key)]
                found.append(": ".join([record.get("msg", ""), *more]))
        return self.without_secrets("; ".join(dict.fromkeys(found)))

    def said(self, message: str, key: str) -> str:
        """Return what a record of the log with this message says for a key; empty if there is none."""
        for line in self._lines():
            with contextlib.suppress(ValueError):
                record = json.loads(line)
                if isinstance(record, dict) and record.get("msg") == message:
                    return str(record.get(key, ""))
        return ""

    def _lines(self) -> list[str]:
        """Return the log's lines once it is quiet: they come by another way than the answers, and may come later."""
        deadline, had = time.monotonic() + LATEST, ""
        while (now := self._log.getvalue()) != had or not had:
            if time.monotonic() > deadline:
                break
            had = now
            time.sleep(QUIET)
        return now.splitlines()

    def without_secrets(self, text: str) -> str:
        """Return a text without the passwords of the user and of the connector."""
        for word in sorted(filter(None, self._hidden), key=len, reverse=True):
            text = text.replace(word, "***")
        return text


@contextlib.contextmanager
def running(container: ops.Container, subject: Subject, secret: str, environment: Mapping[str, str]) -> Iterator[Dex]:
    """Yield a Dex of its own beside the one that serves; it ends with the block.

    Its configuration goes in as its input, so that no password lies in a file.

    Args:
        container: of Dex.
        subject: what is tried.
        secret: the password of its one client.
        environment: of Dex.

    Raises:
        Refused: it does not start; the reason is in the log, such as a provider that does not answer.
    """
    port, log = _free_port(), io.StringIO()
    dex = Dex(port, secret, log, subject)
    process = container.exec(
        [dex_configuration.BINARY, "serve", "/dev/stdin"],
        stdin=json.dumps(_configuration(subject, port, secret)),
        stdout=log,
        combine_stderr=True,
        # Here a connector that does not open is what one wants to know, not what one goes on without.
        environment={**environment, "DEX_CONTINUE_ON_CONNECTOR_FAILURE": "false"},
        timeout=TRIAL,
    )
    waiting = threading.Thread(target=_wait, args=(process,), daemon=True)
    waiting.start()
    try:
        deadline = time.monotonic() + START
        while not dex.answers():
            if not waiting.is_alive():
                raise Refused(dex.reason() or "Dex does not start; its log is empty")
            if time.monotonic() > deadline:
                raise Refused(dex.reason() or f"Dex, or the provider, does not answer within {START} seconds")
            time.sleep(0.2)
        yield dex
    finally:
        with contextlib.suppress(ops.pebble.Error, OSError, RuntimeError):
            process.send_signal("SIGTERM")
        waiting.join(5)


def claims(token: str) -> dict[str, Any]:
    """Return what a token says; Dex gave it a moment ago, so its signature is not checked.

    Raises:
        Refused: it is no token.
    """
    try:
        middle = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError, binascii.Error) as error:
        raise Refused("Dex gave no token that can be read") from error


def send(url: str, form: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Ask this pod, past any proxy; return status, text and the address that the answer leads to.

    Raises:
        OSError, http.client.HTTPException: there is no answer.
    """
    return ask(urllib.request.build_opener(urllib.request.ProxyHandler({}), Staying), url, form)


def ask(opener: urllib.request.OpenerDirector, url: str, form: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Return the status of an answer, the beginning of its text and the address that it leads to.

    Raises:
        OSError, http.client.HTTPException: there is no answer.
    """
    content = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        with opener.open(url, content, timeout=START) as answer:
            return answer.status, answer.read(1 << 16).decode(errors="replace"), answer.headers.get("Location", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(1 << 16).decode(errors="replace"), error.headers.get("Location", "")


class Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: where it leads is what one wants to know."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        """Go nowhere."""


def _configuration(subject: Subject, port: int, secret: str) -> dict[str, Any]:
    local = subject.connector is None
    return {
        "issuer": subject.issuer,
        "storage": {"type": "memory"},
        "web": {"http": f"127.0.0.1:{port}"},
        "logger": {"level": "info", "format": "json"},
        "oauth2": {
            "skipApprovalScreen": True,
            "responseTypes": ["code"],
            "grantTypes": ["authorization_code", "password"],
            "passwordConnector": subject.name,
        },
        "enablePasswordDB": local,
        "staticPasswords": [dex_configuration.password_of(user) for user in subject.users] if local else [],
        "connectors": [] if subject.connector is None else [dict(subject.connector)],
        "staticClients": [{"id": CLIENT, "name": CLIENT, "secret": secret, "redirectURIs": [RETURN]}],
    }


def _wait(process: "ops.pebble.ExecProcess[Any]") -> None:
    # How it ends does not matter: its log tells.
    with contextlib.suppress(ops.pebble.Error, OSError):
        process.wait()


def _free_port() -> int:
    """Return a port of the pod, whose containers share them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def _said(answer: str) -> str:
    try:
        told = json.loads(answer)
        return str(told.get("error_description") or told.get("error") or "")
    except (ValueError, AttributeError):
        return re.sub(r"<[^>]*>|\s+", " ", answer).strip()[:200]


def _hidden(config: Any, key: str = "") -> Iterator[str]:
    if isinstance(config, Mapping):
        for name, value in config.items():
            yield from _hidden(value, str(name))
    elif isinstance(config, str) and HIDDEN.search(key):
        yield config
