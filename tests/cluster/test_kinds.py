"""The kinds that charms define, as a real kube-apiserver takes them: every charm's, with the samples it keeps."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from support import samples
from support.apiserver import ApiServer, Object, conditions
from support.samples import Kind, Sample

KINDS = samples.kinds()
ACCEPTED, REFUSED = samples.accepted(), samples.refused()
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
MERGE = {"Content-Type": "application/merge-patch+json"}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="module")
def client(apiserver: ApiServer) -> Iterator[httpx2.Client]:
    with apiserver.client() as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def refusals(client: httpx2.Client) -> dict[Kind, str]:
    """Every kind is defined; why not, for those that cannot be."""
    return samples.define(client, KINDS)


@pytest.fixture
def kept(request: pytest.FixtureRequest, client: httpx2.Client) -> Iterator[Object]:
    """A sample that is there, while the test runs."""
    sample: Sample = request.param
    answer = sample.send(client, keep=True)
    assert answer.is_success, answer.text
    yield answer.json()
    client.delete(f"{sample.kind.collection(sample.version)}/{sample.name}").raise_for_status()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_is_established(client: httpx2.Client, refusals: dict[Kind, str], kind: Kind):
    assert refusals.get(kind) is None
    found = conditions(client.get(f"{CRDS}/{kind.definition['metadata']['name']}").json())
    assert (found["NamesAccepted"], found["Established"]) == ("True", "True")
    assert "NonStructuralSchema" not in found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.open], ids=str)
def test_every_kind_has_samples_of_what_is_right_and_what_is_wrong(kind: Kind):
    assert kind in [sample.kind for sample in ACCEPTED], f"add one to charms/{kind.charm}/tests/samples/accepted.yaml"
    assert kind in [sample.kind for sample in REFUSED], f"add one to charms/{kind.charm}/tests/samples/refused.yaml"


@pytest.mark.parametrize("sample", ACCEPTED, ids=str)
def test_what_users_write_is_kept_as_written_in_every_version(client: httpx2.Client, sample: Sample):
    for version in sample.kind.versions:
        answer = sample.send(client, version)
        assert answer.is_success, answer.text
        assert answer.json().items() >= sample.fields.items()


@pytest.mark.parametrize("sample", REFUSED, ids=str)
def test_a_mistake_is_refused_with_a_message(client: httpx2.Client, sample: Sample):
    answer = sample.send(client)
    assert answer.status_code in (400, 422), answer.text
    assert sample.expected in answer.json()["message"]


def several(sample: Sample) -> bool:
    return len(sample.kind.versions) > 1


@pytest.mark.parametrize(
    ("kept", "sample"), [(sample, sample) for sample in ACCEPTED if several(sample)], ids=str, indirect=["kept"]
)
def test_an_object_of_one_version_reads_the_same_as_any_other(client: httpx2.Client, kept: Object, sample: Sample):
    for version in sample.kind.versions:
        found = client.get(f"{sample.kind.collection(version)}/{sample.name}").json()
        assert found.items() >= sample.fields.items()


def with_status(sample: Sample) -> bool:
    return "status" in sample.kind.versions.get(sample.version, {}).get("subresources", {})


@pytest.mark.parametrize(
    ("kept", "sample"), [(sample, sample) for sample in ACCEPTED if with_status(sample)], ids=str, indirect=["kept"]
)
def test_the_controller_may_write_any_status(client: httpx2.Client, kept: Object, sample: Sample):
    status = {"conditions": [{"type": "Ready", "status": "True"}], "anything": {"deeper": [1]}}
    path = f"{sample.kind.collection(sample.version)}/{sample.name}/status"
    answer = client.patch(path, headers=MERGE, content=json.dumps({"status": status}))
    assert answer.is_success, answer.text
    assert answer.json().get("status") == status


def columns(sample: Sample) -> dict[str, str]:
    """Return the columns of a list that its author, not a controller, fills: their JSON paths by name."""
    found = sample.kind.versions.get(sample.version, {}).get("additionalPrinterColumns", [])
    return {item["name"]: item["jsonPath"] for item in found if not item["jsonPath"].startswith(".status")}


def filled(table: Object, name: str) -> set[str]:
    """Return the columns that show something of an object."""
    names = [column["name"] for column in table["columnDefinitions"]]
    cells = next(row["cells"] for row in table["rows"] if row["cells"][0] == name)
    return {title for title, cell in zip(names, cells, strict=True) if cell not in (None, "")}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.open], ids=str)
def test_every_column_of_a_list_shows_something_of_one_of_the_samples(client: httpx2.Client, kind: Kind):
    own = [sample for sample in ACCEPTED if sample.kind == kind]
    shown: set[str] = set()
    for sample in own:
        assert sample.send(client, keep=True).is_success
        path = kind.collection(sample.version)
        shown |= filled(client.get(path, headers=TABLE).json(), sample.name)
        client.delete(f"{path}/{sample.name}").raise_for_status()
    wanted = {title for sample in own for title in columns(sample)}
    assert wanted <= shown
