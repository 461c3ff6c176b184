"""To whom the gateway is told to show a page of a user's program."""

import dataclasses
import importlib
from typing import Any

import pytest
from kubeflow_charms.small_programs.kubernetes_api import Refused

PAGE = "/pages/notebook/ada/one/lab?a=/pages/notebook/ben/"
HERE = 'RBAC: allowed by RoleBinding "namespaceAdmin/ada" of ClusterRole "kubeflow-admin" to User "ada@example.com"'
EVERYWHERE = 'RBAC: allowed by ClusterRoleBinding "root" of ClusterRole "cluster-admin" to User "root@example.com"'


@dataclasses.dataclass
class Kubernetes:
    """Answers every review alike, and remembers what it was asked."""

    status: dict[str, Any]
    owner: str = ""
    asked: list[Any] = dataclasses.field(default_factory=list)

    def review(self, resource: str, specification: Any) -> Any:
        assert resource == "subjectaccessreviews"
        self.asked.append(specification)
        if not self.status:
            raise Refused(0, "connection refused")
        return self.status

    def get(self, path: str) -> Any:
        assert path == "/api/v1/namespaces/ada"
        return {"metadata": {"annotations": {"owner": self.owner}}}


def authorizer(kubernetes: Kubernetes, times: list[float] | None = None) -> Any:
    now = iter(times) if times else None
    return importlib.import_module("page_authorizer_server").Authorizer(
        kubernetes, (lambda: next(now)) if now else lambda: 0.0, admins=("root@example.com",)
    )


def answer(status: dict[str, Any], path: str = PAGE, user: str = "ada@example.com", owner: str = "") -> Any:
    return authorizer(Kubernetes(status, owner)).answer(path, user, {}, b"")


def test_kubernetes_is_asked_whether_the_user_edits_the_paths_namespace(profiles):
    kubernetes = Kubernetes({"allowed": True, "reason": HERE})
    assert authorizer(kubernetes).answer(PAGE, "ada@example.com", {}, b"") == (200, "")
    attributes = {"verb": "create", "resource": "pods", "namespace": "ada"}
    assert kubernetes.asked == [{"user": "ada@example.com", "resourceAttributes": attributes}]


def test_a_stranger_is_refused(profiles):
    assert answer({"allowed": False}) == (403, "you may not create pods in ada")


def test_who_may_everywhere_is_refused_unless_the_namespace_is_his_own(profiles):
    status = {"allowed": True, "reason": EVERYWHERE}
    refusal = "you may do so everywhere, but do not own ada: log in as a user who may not"
    assert answer(status, owner="mallory@example.com") == (403, refusal)
    assert answer(status, owner="ada@example.com")[0] == 200


def test_where_nobody_says_who_the_user_is_there_is_no_session_to_lend(profiles):
    assert answer({}, user="") == (200, "")


def test_a_workspace_has_its_namespace_behind_two_names(profiles):
    kubernetes = Kubernetes({"allowed": True, "reason": HERE})
    assert (
        authorizer(kubernetes).answer("/pages/workspace/connect/ada/lab/jupyterlab/", "ada@example.com", {}, b"")[0]
        == 200
    )
    assert [asked["resourceAttributes"]["namespace"] for asked in kubernetes.asked] == ["ada"]


@pytest.mark.parametrize(
    "path",
    [
        "/pages/notebook/ada",
        "/pages/notebook/ADA/x/",
        "/pages/notebook/a%2Fb/",
        "/notebook/ada/",
        # Whoever owns a profile `connect` is not to be asked about in its place.
        "/pages/workspace/connect/ADA/lab/",
        "/pages/workspace/connect/ada",
    ],
)
def test_a_path_without_a_namespace_is_refused(profiles, path: str):
    assert answer({"allowed": True, "reason": HERE}, path=path)[0] == 403


ALL, ADAS = "/pages/api/workgroup/get-all-namespaces", "/pages/api/workgroup/get-contributors/ada"


def test_who_works_in_a_profile_is_told_to_who_may_look_at_it(profiles):
    kubernetes = Kubernetes({"allowed": True})
    assert authorizer(kubernetes).answer(ADAS, "ada@example.com", {}, b"") == (200, "")
    attributes = {"verb": "get", "resource": "pods", "namespace": "ada"}
    assert kubernetes.asked == [{"user": "ada@example.com", "resourceAttributes": attributes}]
    assert answer({"allowed": False}, ADAS, "eve@example.com") == (403, "you may not get pods in ada")


def test_who_works_where_is_told_to_cluster_admins_alone(profiles):
    refusal = "who works where is for the users in the option cluster-admin"
    assert answer({"allowed": True}, ALL) == (403, refusal)
    assert answer({"allowed": False}, ALL, "root@example.com") == (200, "")
    assert answer({"allowed": False}, ADAS, "root@example.com") == (200, "")


@pytest.mark.parametrize("path", [ALL.replace("workgroup/", "WorkGroup//") + "/?", ADAS.replace("/ada", "/%61da")])
def test_no_other_spelling_tells_people(profiles, path: str):
    assert answer({"allowed": "%" in path, "reason": HERE}, path, "eve@example.com")[0] == 403


def test_where_kubernetes_does_not_answer_nothing_is_shown(profiles):
    assert answer({})[0] == 503


def test_a_consent_counts_for_half_a_minute_and_a_refusal_for_its_request(profiles):
    kubernetes = Kubernetes({"allowed": True, "reason": HERE})
    # Asked and remembered at 1, remembered still at 29, asked and remembered at 32.
    asking = authorizer(kubernetes, [1.0, 1.0, 29.0, 32.0, 32.0])
    for _ in range(3):
        assert asking.answer(PAGE, "ada@example.com", {}, b"")[0] == 200
    assert len(kubernetes.asked) == 2


def registration(body: bytes, user: str = "eve@example.com", **headers: str) -> Any:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return authorizer(Kubernetes({})).answer("/pages/api/Workgroup//create/", user, said, body)[0]


BENS = b'{"namespace": "ben", "user": "ben@example.com"}'


def test_a_profile_is_its_users_own_or_made_by_an_administrator(profiles):
    json = "application/json; charset=utf-8"
    for body in (b"", b"{}", b'{"namespace": "eve"}', b'{"user": ""}', BENS.replace(b"ben", b"eve")):
        assert registration(body, content_type=json) == 200, body
    assert registration(BENS) == 403
    assert registration(BENS, user="root@example.com") == 200


def test_no_other_spelling_makes_a_profile_of_anothers(profiles):
    spelled = (
        BENS.replace(b"user", rb"\u0075ser"),
        BENS.replace(b"}", b', "user": ""}'),
        b'{"user": ["ben@example.com"]}',
        b"[" + BENS + b"]",
        b"user=ben",
        b"{}" + b" " * 70_000,
        BENS.decode().encode("utf-16"),
    )
    assert [registration(body) for body in spelled] == [403] * len(spelled)
    assert registration(b"{}", content_encoding="gzip") == 403
    for charset in ("utf-7", "utf-8; charset=utf-7", '"utf-16le"'):
        assert registration(b'{"+AHU-ser": "ben"}', content_type=f"application/json; charset={charset}") == 403
