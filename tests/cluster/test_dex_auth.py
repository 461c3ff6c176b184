"""dex-auth's objects on a real API server, and whether Dex's own account can do its work there, and no more."""

import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
import yaml
from support.apiserver import ApiServer, conditions
from support.application import Application, deployed_on
from support.charms import load_charm
from support.deployment import deployed
from support.eventually import eventually

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "dex-auth"
GROUP = yaml.safe_load((ROOT / "src" / "crds.yaml").read_text())
KINDS: dict[str, Any] = GROUP["kinds"]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture
def dex(
    collected: httpx2.Client, apiserver: ApiServer, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Iterator[Application]:
    charm = load_charm(ROOT)
    with deployed(charm.DexAuth, ROOT, monkeypatch, tmp_path) as deployment:
        yield from deployed_on(apiserver, collected, deployment, monkeypatch)


@pytest.fixture
def settled(dex: Application) -> Application:
    assert dex.settle(dex.state()).unit_status == ops.ActiveStatus()
    return dex


def test_dex_is_active_and_its_kinds_are_served(settled: Application) -> None:
    for fields in KINDS.values():
        crd = settled.get(f"{CRDS}/{fields['plural']}.{GROUP['group']}")
        assert conditions(crd)["Established"] == "True"
        assert conditions(crd).get("NamesAccepted") == "True"


def test_dex_may_keep_its_state_and_nothing_else(settled: Application) -> None:
    with settled.workload("dex") as client:
        for kind, fields in KINDS.items():
            where = f"/apis/{GROUP['group']}/v1/namespaces/{settled.model}/{fields['plural']}"
            item = {"apiVersion": f"{GROUP['group']}/v1", "kind": kind, "metadata": {"name": "one"}, "any": {"a": 1}}
            assert client.post(where, json=item).json()["any"] == {"a": 1}
            # A list is refused for a moment after its kind is made.
            eventually(lambda where=where: client.get(where).is_success)
            assert [item["metadata"]["name"] for item in client.get(where).json()["items"]] == ["one"]
            changed = {**client.get(f"{where}/one").json(), "any": 2}
            assert client.put(f"{where}/one", json=changed).json()["any"] == 2
            assert client.delete(f"{where}/one").status_code == 200
        assert client.get(CRDS).status_code == 200
        for path in ("/api/v1/secrets", f"/api/v1/namespaces/{settled.model}/secrets", "/api/v1/nodes"):
            assert client.get(path).status_code == 403
        assert client.delete(f"{CRDS}/passwords.{GROUP['group']}").status_code == 403
