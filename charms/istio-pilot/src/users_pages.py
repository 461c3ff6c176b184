"""What keeps a page of one user's from acting as whoever looks at it.

Browsers separate pages by their origin: scheme, host and port. Servers, TensorBoards, viewers and models of users are
behind the same gateway as the dashboard.
"""

from kubeflow_charms.interfaces.ingress_auth import SECURE_SESSION, SESSION
from kubeflow_charms.parts import Manifests

WITH_COOKIES = ("/notebook/", "/pvcviewers/", "/tensorboard/", "/workspace/connect/")
"""Below which a program of NAMESPACE/NAME/ may leave cookies, for its own pages; the others need none."""
PREFIXES = (*WITH_COOKIES, "/pipeline/apps/tensorboard/proxy/", "/pipeline/artifacts/", "/serving/")
"""Below which programs of users answer. Users make no routes; these are what Kubeflow's controllers make for them, and
where the pages of Pipelines pass on what a profile's own server says."""
TAKEN = (
    "accept-ch",
    "alt-svc",
    "attribution-reporting-register-source",
    "attribution-reporting-register-trigger",
    "clear-site-data",
    "critical-ch",
    "expect-ct",
    "nel",
    "observe-browsing-topics",
    "origin-agent-cluster",
    "public-key-pins",
    "report-to",
    "reporting-endpoints",
    "sec-session-registration",
    "secure-session-registration",
    "service-worker-allowed",
    "set-cookie2",
    "set-login",
    "shared-storage-write",
    "speculation-rules",
    "strict-transport-security",
    "supports-loading-mode",
    "use-as-dictionary",
)
"""Headers of an answer by which one page has a browser do something for its whole origin, or for later visits."""
SANDBOXED = "/serving/"
"""Below which nothing needs cookies, storage or requests of its page: models are asked by programs."""
SANDBOX = "sandbox allow-scripts allow-forms allow-downloads allow-popups"
"""A policy by which a page has an origin that is like no other: HTML, "sandboxing"; no `allow-same-origin`."""


def manifests(gateway: str) -> Manifests:
    """Return what the gateway takes from requests of foreign pages, and from answers of users' programs.

    Args:
        gateway: the Gateway's name.
    """
    context = {
        "gateway": gateway,
        "sessions": (SESSION, SECURE_SESSION),
        "prefixes": PREFIXES,
        "with_cookies": WITH_COOKIES,
        "taken": TAKEN,
        "sandboxed": SANDBOXED,
        "sandbox": SANDBOX,
    }
    return Manifests("users-pages", "users-pages.yaml.j2", context)
