"""oauth2-proxy's configuration, from typed values.

Source of the keys: oauth2-proxy's documentation of its options and of its "alpha" configuration, which alone can put
a claim into a header. What either file may hold is an error in the other. From release 7.14 on the latter names the
kind of a header's source, and earlier ones do not know it so.
"""

import dataclasses
import json
import re
from collections.abc import Sequence
from typing import Any

from kubeflow_charms.interfaces import ingress_auth
from kubeflow_charms.parts import File, Program

FOLDER = "/etc/oauth2-proxy"
PORT = 4180
METRICS_PORT = 44180
PREFIX = ingress_auth.PAGES
CALLBACK = f"{PREFIX}/callback"
READY = f"{PREFIX}/ready"
USER_HEADER, GROUPS_HEADER = "kubeflow-userid", "kubeflow-groups"
PROGRAM = Program("oauth2-proxy", writable=(FOLDER,))
COMMAND = f"/bin/oauth2-proxy --config {FOLDER}/core.cfg --alpha-config {FOLDER}/alpha.yaml"

# Whoever calls these is a program: it gets 401 in place of a page to log in. Upstream Kubeflow's choice.
PROGRAM_ROUTES = ("^[^?]*/apis?/", "^/ml_metadata")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What a gatekeeper is like.

    Attributes:
        issuer_url: the issuer's name, as tokens have it.
        reachable_url: where pods reach the issuer.
        client_id: the name by which the issuer knows the gatekeeper.
        client_secret: the password that both share.
        cookie_secret: 32 characters with which sessions are encrypted; who has it can forge a session.
        secure: whether browsers are to send the session over https only.
        session_hours: after how long users must log in again.
        scopes: what to ask the issuer for.
        userid_claim: the claim that names the user.
        open_paths: paths that need no log-in.
        ca_bundle: PEM of authorities to trust in addition to the system's; empty for none.
    """

    issuer_url: str
    reachable_url: str
    client_id: str
    client_secret: str
    cookie_secret: str
    secure: bool
    session_hours: int
    scopes: Sequence[str]
    userid_claim: str
    open_paths: Sequence[str]
    ca_bundle: str = ""


def files(settings: Settings) -> dict[str, File]:
    """Return the files that oauth2-proxy reads, by path."""
    found = {
        f"{FOLDER}/core.cfg": File(_toml(_core(settings))),
        f"{FOLDER}/alpha.yaml": File(json.dumps(_alpha(settings), indent=1)),
        f"{FOLDER}/client-secret": File(settings.client_secret),
    }
    if settings.ca_bundle:
        found[f"{FOLDER}/ca.pem"] = File(settings.ca_bundle)
    return found


def secure(*addresses: str) -> bool:
    """Tell whether cookies may be kept to https: only if every address that users are known to come by is https.

    A browser drops such a cookie at an http address, and its user could never log in.

    Args:
        addresses: URLs; empty ones are not known.
    """
    known = [address for address in addresses if address]
    return bool(known) and all(address.startswith("https://") for address in known)


def pattern(path: str) -> str:
    """Return the regular expression that matches a path and all below it, but no longer name that begins alike.

    Releases before 7.11 match it against path and query: hence the anchor, and the question mark.
    """
    literal = "^" + re.escape(path)
    return literal if path.endswith("/") else literal + "([/?]|$)"


def _core(settings: Settings) -> dict[str, Any]:
    return {
        # A name of its own for each kind: a browser at http may not replace a cookie that https has set, so that
        # a site that goes back to http would lock its users out.
        "cookie_name": ingress_auth.SECURE_SESSION if settings.secure else ingress_auth.SESSION,
        "cookie_secret": settings.cookie_secret,
        "cookie_secure": settings.secure,
        "cookie_samesite": "lax",
        "cookie_expire": f"{settings.session_hours}h",
        # With one cookie for all log-ins under way, a second tab would break the first one's.
        "cookie_csrf_per_request": True,
        # How long a log-in may take; from release 7.15 on the cookie counts for no longer than it lives.
        "cookie_csrf_expire": "15m",
        "email_domains": ["*"],
        "redirect_url": CALLBACK,
        "relative_redirect_url": True,
        "skip_provider_button": True,
        # Programs may show a token of the issuer, for this client, in place of a session.
        "skip_jwt_bearer_tokens": True,
        # The cookie needs to hold who the user is, not the tokens that said so.
        "session_cookie_minimal": True,
        "skip_auth_routes": [pattern(path) for path in settings.open_paths],
        "api_routes": list(PROGRAM_ROUTES),
        # The gateway asks about every path: what answers 200 to anyone must be below our own prefix.
        "ping_path": f"{PREFIX}/ping",
        "ready_path": READY,
        "silence_ping_logging": True,
        "request_logging": False,
        "footer": "-",
    }


def _alpha(settings: Settings) -> dict[str, Any]:
    return {
        "server": {"bindAddress": f":{PORT}"},
        "metricsServer": {"bindAddress": f":{METRICS_PORT}"},
        # Envoy lets a request through on 200 and on nothing else.
        "upstreamConfig": {"upstreams": [{"id": "allowed", "path": "/", "static": True, "staticCode": 200}]},
        "injectResponseHeaders": [
            {"name": USER_HEADER, "values": [{"claimSource": {"claim": "email"}}]},
            {"name": GROUPS_HEADER, "values": [{"claimSource": {"claim": "groups"}}]},
        ],
        "providers": [_provider(settings)],
    }


def _provider(settings: Settings) -> dict[str, Any]:
    provider: dict[str, Any] = {
        "id": "dex",
        "provider": "oidc",
        "clientID": settings.client_id,
        "clientSecretFile": f"{FOLDER}/client-secret",
        "scope": " ".join(settings.scopes),
        "loginURL": "/dex/auth",
        "redeemURL": f"{settings.reachable_url}/token",
        "code_challenge_method": "S256",
        "oidcConfig": {
            "issuerURL": settings.issuer_url,
            "jwksURL": f"{settings.reachable_url}/keys",
            "skipDiscovery": True,
            "insecureSkipNonce": False,
            # Many of Dex's connectors do not say whether an address was verified.
            "insecureAllowUnverifiedEmail": True,
            # A header can show the "email" of a session, but not any claim: so the claim is made its email.
            "emailClaim": settings.userid_claim,
            "groupsClaim": "groups",
            "audienceClaims": ["aud"],
        },
    }
    if settings.ca_bundle:
        provider |= {"caFiles": [f"{FOLDER}/ca.pem"], "useSystemTrustStore": True}
    return provider


def _toml(values: dict[str, Any]) -> str:
    """Write a flat TOML document, whose strings, truths and lists of strings are spelled as in JSON."""
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
