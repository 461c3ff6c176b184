"""What can be known of a provider that asks users for their passwords on a page of its own.

No person is at a browser here, so what is tried is all that comes before and after the page: whether Dex finds the
provider, whether the provider knows the address that users come back to, and whether it accepts Dex's own password.

Source of the rule: each connector of Dex compares `redirectURI` with ISSUER/callback, or sends it as it is.
Source of the answers: RFC 6749, 4.1.2.1 and 5.2; Google sends browsers to a page with `authError`, and Microsoft shows
a page with a code that begins with AADSTS.
"""

import base64
import binascii
import http.client
import json
import re
import ssl
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from dex_trial import Dex, Refused, Staying, Subject, ask

ISSUERS = {"google": "https://accounts.google.com"}
"""Of types that have no setting `issuer`."""
MICROSOFT = "https://login.microsoftonline.com/{tenant}/v2.0"
STEPS = 8
"""How often a provider may send a browser on, within itself."""
NOT_OURS = "kubeflow-test-login"
"""A code that no provider gave: it refuses the code only once it has accepted who asks."""


def check_redirect(subject: Subject) -> str:
    """Return the address that the provider has to know; empty where the type has none.

    Raises:
        Refused: the connector names another.
    """
    config, wanted = (subject.connector or {}).get("config") or {}, f"{subject.issuer}/callback"
    if "redirectURI" in config and config["redirectURI"] != wanted:
        raise Refused(f"redirectURI is {config['redirectURI']}, expected {wanted}, here and at the provider")
    return wanted if "redirectURI" in config or (subject.connector or {}).get("type") == "oidc" else ""


def check_page(dex: Dex, subject: Subject, environment: Mapping[str, str]) -> str:
    """Look at the provider's page as a browser would get it, and return its host.

    Raises:
        Refused: the provider does not show it: it does not know the client, or the address to come back to.
    """
    page = dex.provider_page()
    host = urllib.parse.urlsplit(page).hostname or ""
    code, text, location = _follow(subject, environment, page)
    told = _error(text, location)
    if code >= 400 or told:
        plain = re.sub(r"<[^>]*>|\s+", " ", text).strip()[:200]
        raise Refused(dex.without_secrets(f"{host} does not show its page: {told or f'{code} {plain}'}"))
    return host


def check_secret(dex: Dex, subject: Subject, environment: Mapping[str, str]) -> str:
    """Return what the provider says to Dex's own password: accepted, or not tried where nothing is known of it.

    Raises:
        Refused: the provider does not accept it.
    """
    config = (subject.connector or {}).get("config") or {}
    issuer = _issuer(subject.connector or {}).rstrip("/")
    if not issuer:
        return "not tried"
    _, told, _ = _ask(subject, environment, f"{issuer}/.well-known/openid-configuration")
    try:
        address = str(json.loads(told)["token_endpoint"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{issuer} does not say where tokens are given") from error
    form = {"grant_type": "authorization_code", "code": NOT_OURS, "redirect_uri": f"{subject.issuer}/callback"}
    form |= {"client_id": config.get("clientID", ""), "client_secret": config.get("clientSecret", "")}
    code, text, _ = _ask(subject, environment, address, form)
    try:
        error = json.loads(text)
        kind, more = str(error.get("error", "")), str(error.get("error_description", ""))
    except (ValueError, AttributeError):
        kind, more = "", ""
    if kind in ("invalid_client", "unauthorized_client") or code == 401:
        raise Refused(
            dex.without_secrets(f"{issuer} does not accept clientID with clientSecret: {kind} {more}".strip())
        )
    return "accepted"


def _issuer(connector: Mapping[str, Any]) -> str:
    config = connector.get("config") or {}
    if connector.get("type") == "microsoft":
        return MICROSOFT.format(tenant=config.get("tenant") or "common")
    return ISSUERS.get(str(connector.get("type")), str(config.get("issuer", "")) if connector["type"] == "oidc" else "")


def _follow(subject: Subject, environment: Mapping[str, str], page: str) -> tuple[int, str, str]:
    """Return the first answer that is a page, or that leads away from the provider."""
    for _ in range(STEPS):
        code, text, location = _ask(subject, environment, page)
        further = urllib.parse.urljoin(page, location)
        away = urllib.parse.urlsplit(further).netloc != urllib.parse.urlsplit(page).netloc
        if code not in (301, 302, 303, 307, 308) or away or _error("", location):
            return code, text, location
        page = further
    raise Refused(f"{urllib.parse.urlsplit(page).netloc} sends browsers round in a circle")


def _ask(
    subject: Subject, environment: Mapping[str, str], url: str, form: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    config = (subject.connector or {}).get("config") or {}
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler(_proxies(environment, url)),
        urllib.request.HTTPSHandler(context=_trust(config)),
        Staying,
    )
    try:
        return ask(opener, url, form)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Refused(f"{urllib.parse.urlsplit(url).netloc} does not answer: {error}") from error


def _proxies(environment: Mapping[str, str], url: str) -> dict[str, str]:
    """Return the proxies by which Dex itself asks for a URL."""
    host = urllib.parse.urlsplit(url).hostname or ""
    direct = environment.get("NO_PROXY", "").split(",")
    if any(host == name or (name.startswith(".") and host.endswith(name)) for name in direct):
        return {}
    found = {"http": environment.get("HTTP_PROXY", ""), "https": environment.get("HTTPS_PROXY", "")}
    return {scheme: address for scheme, address in found.items() if address}


def _trust(config: Mapping[str, Any]) -> ssl.SSLContext:
    """Return whom to trust: the system's authorities, and those that the connector brings."""
    context = ssl.create_default_context()
    if config.get("insecureSkipVerify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    brought = [*(config.get("rootCAs") or ()), config.get("rootCAData") or ""]
    for item in brought:
        try:
            text = item if "-----BEGIN " in item else base64.b64decode(item, validate=True).decode()
            if text:
                context.load_verify_locations(cadata=text)
        except (binascii.Error, UnicodeDecodeError, ssl.SSLError):
            continue  # the name of a file in Dex's container: Dex itself reads it
    return context


def _error(text: str, location: str) -> str:
    """Return what an answer says is wrong; empty if nothing is."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)
    if "error" in query:
        return ": ".join(query["error"] + query.get("error_description", []))
    if "authError" in query:
        try:
            decoded = base64.urlsafe_b64decode(query["authError"][0] + "==")
            return " ".join(re.findall(r"[ -~]{8,}", decoded.decode("latin-1")))[:300]
        except binascii.Error:
            return "authError"
    return found[0] if (found := re.search(r"AADSTS\d+[^\"<\\]{0,200}|redirect_uri_mismatch", text)) else ""
