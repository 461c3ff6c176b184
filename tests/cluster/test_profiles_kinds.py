"""Profile and PodDefault, as charms/kubeflow-profiles defines them and a real kube-apiserver takes them."""

import copy
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import yaml
from support.apiserver import ApiServer, Object, conditions
from support.profiles import ADA, PROFILES, Profiles, running

HERE = pathlib.Path(__file__).parent
SAMPLES = {sample["kind"]: sample for sample in yaml.safe_load_all((HERE / "profiles-samples.yaml").read_text())}


@pytest.fixture(scope="module")
def profiles(
    apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Profiles]:
    with running(apiserver, collected, tmp_path_factory) as found:
        yield found


def send(client: httpx2.Client, sample: Object, where: str, *, keep: bool = False) -> httpx2.Response:
    """Create an object as strictly as kubectl does, for real with `keep=True`."""
    params = {"fieldValidation": "Strict", **({} if keep else {"dryRun": "All"})}
    return client.post(where, params=params, json=sample)


def folder(kind: str, version: str = "") -> str:
    sample = SAMPLES[kind]
    group, _, stored = sample["apiVersion"].partition("/")
    scope = "" if kind == "Profile" else "/namespaces/default"
    return f"/apis/{group}/{version or stored}{scope}/{kind.lower()}s"


def test_the_kinds_are_established(profiles: Profiles):
    for name in ("profiles", "poddefaults"):
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}.kubeflow.org"
        assert conditions(profiles.application.get(path)) == {"NamesAccepted": "True", "Established": "True"}


@pytest.mark.parametrize(("kind", "version"), [("Profile", "v1"), ("Profile", "v1beta1"), ("PodDefault", "v1alpha1")])
def test_what_users_write_is_kept_as_written(profiles: Profiles, kind: str, version: str):
    sample = {**SAMPLES[kind], "apiVersion": f"kubeflow.org/{version}"}
    answer = send(profiles.http, sample, folder(kind, version))
    assert answer.is_success, answer.text
    assert answer.json()["spec"] == sample["spec"]


MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("Profile", {"owner": "ada"}, "spec.owner in body must be of type object"),
    ("Profile", {"owner": {"kind": "User"}}, "spec.owner.name: Required value"),
    ("Profile", {"resourceQuotaSpec": {"hard": {"cpu": "many"}}}, "spec.resourceQuotaSpec.hard.cpu in body should"),
    ("Profile", {"resourceQuotaSpec": {"hard": {"cpu": {}}}}, "spec.resourceQuotaSpec.hard.cpu"),
    ("Profile", {"plugins": {}}, "spec.plugins in body must be of type array"),
    ("Profile", {"quota": {}}, 'unknown field "spec.quota"'),
    ("PodDefault", {"selector": None}, "spec.selector"),
    ("PodDefault", {"env": [{"value": "x"}]}, "spec.env[0].name: Required value"),
    ("PodDefault", {"env": [{"name": "x", "value": 1}]}, "spec.env[0].value"),
    ("PodDefault", {"volumeMounts": [{"name": "x"}]}, "spec.volumeMounts[0].mountPath: Required value"),
    ("PodDefault", {"labels": {"a": 1}}, "spec.labels.a"),
    ("PodDefault", {"command": "start"}, "spec.command"),
    ("PodDefault", {"description": "x"}, 'unknown field "spec.description"'),
]


@pytest.mark.parametrize(("kind", "change", "message"), MISTAKES)
def test_a_mistake_is_refused_with_the_fields_name(profiles: Profiles, kind: str, change: Any, message: str):
    sample = copy.deepcopy(SAMPLES[kind])
    sample["spec"] = {key: value for key, value in {**sample["spec"], **change}.items() if value is not None}
    answer = send(profiles.http, sample, folder(kind))
    assert answer.status_code in (400, 422)
    assert message in answer.json()["message"]


def test_a_list_of_profiles_shows_the_owners(profiles: Profiles):
    assert send(profiles.http, SAMPLES["Profile"], PROFILES, keep=True).is_success
    table = profiles.http.get(PROFILES, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}).json()
    profiles.http.delete(f"{PROFILES}/sample").raise_for_status()
    columns = [column["name"] for column in table["columnDefinitions"]]
    row = next(row["cells"] for row in table["rows"] if row["cells"][0] == "sample")
    assert dict(zip(columns, row, strict=True))["Owner"] == ADA
