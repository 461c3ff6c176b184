"""Answers the gateway: may this user see a page? Started as `page_authorizer_server.py PORT HEADER ADMINISTRATORS`.

Runs in plain Python with the standard library alone. Envoy asks with the request's own method, path and query below
`/pages`, and the header of the gateway that says who the user is. The dashboard's own paths: kubeflow/dashboard v2.0,
components/centraldashboard/app/api_workgroup.ts, which tells everybody who works in which profile.
"""

import http.server
import os
import re
import sys
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from kubeflow_charms.small_programs.envoys_questions import Answer, content, handler
from kubeflow_charms.small_programs.health_server import Server
from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, Refused, address

PLACE = re.compile(
    r"/pages/(?:workspace/connect|(?!api/|workspace/)[a-z]+)/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)/.*", re.DOTALL
)
PEOPLE = re.compile(
    r"/pages/+api/+workgroup/+(get-all-namespaces|get-contributors/+([a-z0-9-]{1,63}))/*", re.IGNORECASE
)
"""Where the dashboard lists people; its router takes capitals and further slashes for nothing."""
MADE = re.compile(r"/pages/+api/+workgroup/+create/*", re.IGNORECASE)
"""Where the dashboard makes a profile, of whoever the request says; it reads JSON in any charset, and compressed."""
CHARSET = re.compile(r'[^;]*(;\s*charset="?utf-8"?\s*)?', re.IGNORECASE)
LARGEST = 64 * 1024
"""Bytes of a request for a profile that are read; as objects they take some hundred times as much memory."""
NAMESPACE = "/api/v1/namespaces/{}"
EDITS, SEES = {"verb": "create", "resource": "pods"}, {"verb": "get", "resource": "pods"}
"""What an editor of a profile may, and who only looks at it may not; and what both may."""
HERE = "RBAC: allowed by RoleBinding"
"""How Kubernetes' reason begins where a user has a right in the namespace and not in all of them: plugin/pkg/auth."""
KEPT = 30.0
"""Seconds for which Kubernetes' consent is remembered: a page has hundreds of parts."""
MOST = 10_000
"""Consents that are remembered at once."""


class Authorizer:
    """Says whether users may see pages, from Kubernetes' word.

    Args:
        kubernetes: is asked.
        now: returns seconds of a clock.
        admins: who may see in the dashboard who works in which profile, whatever Kubernetes says.
    """

    def __init__(
        self,
        kubernetes: Kubernetes,
        now: Callable[[], float] = time.monotonic,
        admins: Collection[str] = (),
    ):
        self._kubernetes = kubernetes
        self._now = now
        self._admins = admins
        self._consents: dict[tuple[str, str], float] = {}

    def answer(self, path: str, user: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Return status and text of the answer.

        Args:
            path: of the request, with its query, below `/pages`.
            user: whom the gateway says the user is; empty where it lets everybody in, who then has no session to lend.
            headers: of the request, by names in any letters.
            body: of a request for a profile; empty of others.
        """
        if not user:
            return 200, ""
        page = path.partition("?")[0]
        if MADE.fullmatch(page):
            refusal = "" if user in self._admins else another(user, headers, body)
            return (403, refusal) if refusal else (200, "")
        found, people = PLACE.fullmatch(page), PEOPLE.fullmatch(page)
        if not found and not people:
            return 403, "below this path are pages of namespaces"
        try:
            if people:
                refusal = self._secrecy(user, people[2] or "")
            elif found and self._consents.get((user, found[1]), 0.0) <= self._now():
                refusal = self._refusal(user, found[1])
            else:
                refusal = ""
        except (Refused, LookupError) as error:
            print(f"Kubernetes cannot be asked: {error}", flush=True)
            return 503, "Kubernetes cannot be asked whether you may"
        return (403, refusal) if refusal else (200, "")

    def _refusal(self, user: str, namespace: str) -> str:
        """Return why a user may not see pages of a namespace, in words; empty if he may, which is remembered."""
        status = self._review(user, namespace, EDITS)
        if not status.get("allowed"):
            return f"you may not create pods in {namespace}"
        if not status.get("reason", "").startswith(HERE) and not self._owns(user, namespace):
            # An administrator has most to lose to a stranger's page, and whoever owns a profile may bind anybody there.
            return f"you may do so everywhere, but do not own {namespace}: log in as a user who may not"
        if len(self._consents) >= MOST:
            self._consents.clear()
        self._consents[user, namespace] = self._now() + KEPT
        return ""

    def _secrecy(self, user: str, namespace: str) -> str:
        """Return why a user is not told who works in a profile, or in all of them; empty if he is."""
        if user in self._admins:
            return ""
        if not namespace:
            return "who works where is for the users in the option cluster-admin"
        return "" if self._review(user, namespace, SEES).get("allowed") else f"you may not get pods in {namespace}"

    def _review(self, user: str, namespace: str, what: dict[str, str]) -> dict[str, Any]:
        attributes = {**what, "namespace": namespace}
        return self._kubernetes.review("subjectaccessreviews", {"user": user, "resourceAttributes": attributes})

    def _owns(self, user: str, namespace: str) -> bool:
        found = self._kubernetes.get(NAMESPACE.format(namespace)) or {"metadata": {}}
        return (found["metadata"].get("annotations") or {}).get("owner") == user


def another(user: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return why a user may not make this profile, in words; empty if it is his own."""
    if not CHARSET.fullmatch(headers.get("content-type") or "") or headers.get("content-encoding"):
        return "a profile is asked for in plain UTF-8"
    if len(body) > LARGEST:
        return "a request for a profile is shorter"
    try:
        whose = content(body).get("user")
    except ValueError as error:
        return f"a profile is asked for as JSON that can be read in one way only: {error}"
    return "" if whose in (None, "", user) else "a profile of another user is made by those in the option cluster-admin"


def server(port: int, header: str, authorizer: Authorizer) -> http.server.ThreadingHTTPServer:
    """Return a server at a port of the pod.

    Args:
        port: see above.
        header: says who the user is.
        authorizer: knows the answers.
    """

    def answer(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return Answer(*authorizer.answer(path, headers.get(header) or "", headers, body))

    return Server(("", port), handler(answer))


if __name__ == "__main__":
    asked = Authorizer(Kubernetes(address(os.environ)), admins=sys.argv[3].split(","))
    server(int(sys.argv[1]), sys.argv[2], asked).serve_forever()
