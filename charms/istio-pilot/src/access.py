"""Who may pass the gateway: whom the gatekeeper lets pass, everybody, or nobody."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from kubeflow_charms import Problem, Waiting
from kubeflow_charms.configuration.partners import integrate
from kubeflow_charms.interfaces.ingress_auth import PAGES, SECURE_SESSION, SESSION, Authorizer
from kubeflow_charms.parts import Manifests
from kubeflow_charms.relations.endpoints import BoundEndpoint

IDENTITY_HEADERS = ("kubeflow-userid", "kubeflow-groups")
USER_HEADER, GROUPS_HEADER = IDENTITY_HEADERS
ALL = "*"
OTHERS = (
    "x-auth-request-email",
    "x-auth-request-groups",
    "x-auth-request-preferred-username",
    "x-auth-request-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-user",
)
"""Headers by which other gatekeepers name a user: nobody sets them here, and users' programs may believe them."""
LOG_INS = 40
"""Cookies of log-ins under way that a browser may have, of some 0.4 KiB each: as many as tabs that open at once."""
LOG_IN_BYTES = 8 * 1024
"""Of an address or a form of Dex's: the longest holds the page that a user came for, percent-encoded three times."""
ASK, OPEN, SHUT = "CUSTOM", "ALLOW", "DENY"


@dataclasses.dataclass(frozen=True)
class Access:
    """A decision.

    Attributes:
        action: of an AuthorizationPolicy: ASK the gatekeeper, OPEN to everybody, or SHUT.
        gatekeeper: whom to ask; None unless the action is ASK.
        problems: why the gateway is shut.
    """

    action: str
    gatekeeper: Authorizer | None = None
    problems: tuple[Problem, ...] = ()

    def manifests(self, gateway: str, *, tls: bool, groups: Sequence[str]) -> Manifests:
        """Return the policies, what drops the identity that a request claims for itself, and what keeps sessions here.

        Args:
            gateway: the Gateway's name.
            tls: whether plain http is told to come back with https, and nothing else.
            groups: of a user that backends are told of; `ALL` among them for all.
        """
        context: dict[str, Any] = {
            "gateway": gateway,
            "action": self.action,
            "tls": tls,
            "identity_headers": identity_headers(self.gatekeeper),
            "session_cookies": (SESSION, SECURE_SESSION),
            "pages": PAGES,
            "log_ins": LOG_INS,
            "log_in_bytes": LOG_IN_BYTES,
            "user_header": USER_HEADER,
            "groups_header": GROUPS_HEADER,
            "groups": [lua(group) for group in groups],
            "all_groups": ALL in groups,
        }
        return Manifests("access", "access.yaml.j2", context)


def decide(gatekeepers: BoundEndpoint, *, unauthenticated: bool, app: str) -> Access:
    """Return who may pass: nobody, unless a gatekeeper says what is needed, or is missing where none is wanted.

    Args:
        gatekeepers: the endpoint of at most one gatekeeper.
        unauthenticated: whether everybody may pass where no gatekeeper is related.
        app: the application, for advice.
    """
    found, problems = gatekeepers.readable()
    if problems:
        return Access(SHUT, problems=tuple(type(item)(f"{item}; until then the gateway is shut") for item in problems))
    if found:
        return Access(ASK, found[0].data)
    if unauthenticated:
        return Access(OPEN)
    advice = f"a gatekeeper, the gateway is shut: {integrate(app, gatekeepers.name, 'ingress-auth')}"
    return Access(SHUT, problems=(Waiting(advice),))


def identity_headers(gatekeeper: Authorizer | None) -> list[str]:
    """Return the headers that a request may not bring along.

    What the gatekeeper says of a user is among them, unless it asks to see what the request says of that.
    """
    if gatekeeper is None:
        return sorted({*IDENTITY_HEADERS, *OTHERS})
    asked = {header.lower() for header in gatekeeper.allowed_request_headers}
    given = {header.lower() for header in gatekeeper.allowed_response_headers}
    return sorted({*IDENTITY_HEADERS, *((given | {*OTHERS}) - asked)})


def lua(text: str) -> str:
    """Return a string as Lua reads it, and as any file can hold it: byte by byte, but for letters and digits."""
    plain = (chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03}" for byte in text.encode())
    return f'"{"".join(plain)}"'
