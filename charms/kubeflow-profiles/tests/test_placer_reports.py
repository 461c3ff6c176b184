"""What cannot be placed is in the status: what, where and why."""

import dataclasses
import importlib
import json
import urllib.error
import urllib.request
from typing import Any

import ops
import pytest
from kubeflow_charms.small_programs.health_server import serve
from ops import pebble, testing
from support.apiserver import free_ports
from support.filesystem import Written

REPORT = "/etc/profile-manifests/report.json"
CONFIG_MAP = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings"},
    "data": {"key": "secret-value"},
}


class Kubernetes:
    """A cluster with two profiles, in which some objects are refused."""

    def __init__(self, refused: dict[str, Exception], there: dict[str, Any]):
        self.refused, self.there = refused, there

    def get(self, path: str, parameters: Any = None) -> Any:
        if path == "/api/v1/namespaces":
            return {"items": [{"metadata": {"name": name, "uid": name}} for name in ("ada", "bob")], "metadata": {}}
        if path.startswith("/apis/rbac.authorization.k8s.io/"):
            return {"metadata": {"name": "owner", "uid": "1"}}
        return self.there.get(path)

    def items(self, path: str, selector: str, *, metadata_only: bool) -> Any:
        return iter([])

    def apply(self, path: str, item: Any, manager: str, *, force: bool) -> Any:
        if error := self.refused.get(item["metadata"]["namespace"]):
            raise error
        return {"metadata": {"resourceVersion": "1"}}


def pass_over(refused: dict[str, Exception], there: dict[str, Any] | None = None) -> tuple[Any, list[str]]:
    """Return the program after a pass, and what it reported."""
    placer, documents = importlib.import_module("placer"), importlib.import_module("placer_documents")
    kind = documents.Kind("v1", "ConfigMap", "configmaps")
    template = documents.Template.of(CONFIG_MAP, "owner")
    wanted = documents.Wanted("manager", "profile=yes", {"placed": "yes"}, (kind,), (template,))
    reports: list[str] = []
    program = placer.Placer(Kubernetes(refused, there or {}), wanted, say=lambda text: None, report=reports.append)
    program.look()
    program.look()
    return program, reports


def refusal(code: int, message: str) -> Exception:
    return importlib.import_module("kubeflow_charms.small_programs.kubernetes_api").Refused(code, message)


def test_a_refusal_is_reported_once_with_its_namespace_and_whether_it_lasts(profiles):
    _, reports = pass_over({"ada": refusal(403, "exceeded quota"), "bob": refusal(503, "later")})
    assert [json.loads(text) for text in reports] == [
        [
            {"text": "ConfigMap settings in ada: exceeded quota", "lasting": True, "users": False},
            {"text": "ConfigMap settings in bob: later", "lasting": False, "users": False},
        ]
    ]


HERS = {"metadata": {"name": "settings", "namespace": "ada", "resourceVersion": "7"}, "data": {"key": "hers"}}


@pytest.mark.parametrize(
    ("labels", "refused", "text"),
    [
        ({}, {}, "somebody else's is there, and stays"),
        ({"placed": "yes"}, {"ada": (422, "immutable")}, "what is there cannot become it, delete that: immutable"),
    ],
)
def test_what_an_owner_made_in_its_place_is_told_as_hers_and_wakes_nobody(profiles, labels, refused, text):
    there = {**HERS, "metadata": {**HERS["metadata"], "labels": labels}}
    refusals = {name: refusal(*words) for name, words in refused.items()}
    program, reports = pass_over(refusals, {"/api/v1/namespaces/ada/configmaps/settings": there})
    (problem,) = json.loads(reports[-1])
    assert problem == {"text": f"ConfigMap settings in ada: {text}", "lasting": False, "users": True}
    assert program.placed()


def test_what_an_owner_did_blocks_nothing_and_is_told(profiles):
    hers = {"text": "ConfigMap settings in ada: somebody else's is there, and stays", "lasting": False, "users": True}
    status = with_report(profiles, hers)
    assert status == testing.ActiveStatus(f"users keep out what related applications send: {hers['text']}")


def test_that_nothing_is_wrong_is_reported_as_well(profiles):
    assert pass_over({})[1] == ["[]"]


@pytest.mark.parametrize(("refused", "code"), [({}, 200), ({"ada": (403, "no")}, 503)])
def test_the_program_stays_well_and_its_second_check_wakes_the_charm(profiles, refused, code):
    program, _ = pass_over({name: refusal(*words) for name, words in refused.items()})
    [port] = free_ports(1)
    serve(port, {"/healthz": lambda: True, "/placed": program.placed})
    assert asked(port, "/healthz") == 200
    assert asked(port, "/placed") == code


def asked(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def with_report(profiles: Any, *problems: dict[str, Any]) -> ops.StatusBase:
    """Return the status once the program has reported."""
    state = profiles.settle()
    profiles.deployment.files["profile-manifests"][REPORT] = Written(json.dumps(problems), 0o644)
    return profiles.deployment.run(profiles.deployment.context.on.update_status(), state).unit_status


def test_what_lasts_blocks_and_is_told(profiles):
    status = with_report(
        profiles,
        {"text": "ConfigMap settings in ada: exceeded quota", "lasting": True},
        {"text": "ConfigMap settings in bob: later", "lasting": False},
    )
    assert status == testing.BlockedStatus("cannot place ConfigMap settings in ada: exceeded quota")


def test_what_passes_is_waited_for(profiles):
    status = with_report(profiles, {"text": "Kubernetes does not know AuthorizationPolicy yet", "lasting": False})
    assert isinstance(status, testing.WaitingStatus)
    assert status.message.endswith("to be placed: Kubernetes does not know AuthorizationPolicy yet")


def test_of_many_some_are_told_and_the_others_counted(profiles):
    many = [{"text": f"ConfigMap settings in user-{number}: no", "lasting": True} for number in range(5)]
    status = with_report(profiles, *many)
    assert status.message.count("ConfigMap") == 3
    assert status.message.endswith("; and 2 more, see the log of profile-manifests")


def test_an_empty_report_is_well_and_so_is_none(profiles):
    assert with_report(profiles) == testing.ActiveStatus()
    assert profiles.settle().unit_status == testing.ActiveStatus()


def test_the_check_that_wakes_the_charm_makes_nothing_unready(profiles):
    state = profiles.settle()
    check = state.get_container("profile-manifests").plan.checks["placed"]
    assert check.level == pebble.CheckLevel.UNSET
    down = {
        dataclasses.replace(info, status=pebble.CheckStatus.DOWN) if info.name == "placed" else info
        for info in state.get_container("profile-manifests").check_infos
    }
    container = dataclasses.replace(state.get_container("profile-manifests"), check_infos=down)
    others = {item for item in state.containers if item.name != container.name}
    state = dataclasses.replace(state, containers={*others, container})
    after = profiles.deployment.run(profiles.deployment.context.on.update_status(), state)
    assert after.unit_status == testing.ActiveStatus()
