"""The filter by which Envoy asks our authoriser whether a request may pass, and what it refuses without asking.

Source: Envoy's API v3, extensions.filters.http.ext_authz.v3.
"""

import envoy_configuration as envoy
from envoy_configuration import Message
from pipelines_network import AUTHORIZER

NAME = "envoy.filters.http.ext_authz"
KIND = f"{envoy.ROOT}.filters.http.ext_authz.v3.ExtAuthz"
UNASKED: Message = {"typed_per_filter_config": {NAME: {"@type": f"{KIND}PerRoute", "disabled": True}}}
"""Of a route that nobody has to be asked about."""


def shown(most: int) -> Message:
    """Return what a route has whose requests are shown with their body, and refused with more bytes than `most`."""
    body = {"with_request_body": {"max_request_bytes": most}}
    return {"typed_per_filter_config": {NAME: {"@type": f"{KIND}PerRoute", "check_settings": body}}}


def asking(place: str, header: str, granted: str = "") -> Message:
    """Return the filter; where the authoriser does not answer, nothing passes.

    Args:
        place: what the question's path begins with, which says what is to be looked at.
        header: the one that is shown beside method and path.
        granted: the header that the answer adds to the request; empty for none.
    """
    adding = {"authorization_response": {"allowed_upstream_headers": {"patterns": [{"exact": granted}]}}}
    service = {
        "server_uri": {"uri": f"http://127.0.0.1:{AUTHORIZER}", "cluster": "authorizer", "timeout": "10s"},
        "path_prefix": f"/{place}",
        **(adding if granted else {}),
    }
    shown = {"patterns": [{"exact": header}]}
    return {"name": NAME, "typed_config": {"@type": KIND, "allowed_headers": shown, "http_service": service}}


def refusal(match: Message, text: str) -> Message:
    """Return a route that answers 403.

    Args:
        match: which requests.
        text: says why.
    """
    return {"match": match, "direct_response": {"status": 403, "body": {"inline_string": text}}, **UNASKED}
