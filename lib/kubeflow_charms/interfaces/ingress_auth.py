"""`ingress-auth`: the gatekeeper tells the gateway whom to ask about each request.

Format: serialized-data-interface v1, as oidc-gatekeeper ckf-1.10 publishes it.
"""

import msgspec

from ..relations.codecs import Versioned
from ..relations.endpoints import Interface
from .wire import Header, Host, Port

SESSION = "kubeflow_session"
"""What the names of our gatekeeper's cookies begin with: the session, its chunks, and log-ins under way."""

SECURE_SESSION = f"__Secure-{SESSION}"
"""The same where browsers send them over https only."""

PAGES = "/oauth2"
"""The prefix of the gatekeeper's own pages, which alone get to see these cookies."""


class Authorizer(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """A Service that allows or refuses a request by its headers.

    Attributes:
        service: the Service's name, in the gatekeeper's model.
        port: its port.
        allowed_request_headers: what it gets to see.
        allowed_response_headers: what it may add to an allowed request.
    """

    service: Host
    port: Port
    allowed_request_headers: tuple[Header, ...] = ()
    allowed_response_headers: tuple[Header, ...] = ()


class Nothing(msgspec.Struct, frozen=True):
    """The gateway says no more than which versions it speaks."""


INGRESS_AUTH = Interface("ingress-auth", provider=Versioned(Nothing), requirer=Versioned(Authorizer))
