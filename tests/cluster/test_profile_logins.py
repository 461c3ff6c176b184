"""The program that tells the store which profiles there are, with its own token, on a real API server."""

import importlib
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from kubeflow_charms.sandbox.identity import FOLDER
from support import objects, samples
from support.apiserver import ApiServer
from support.eventually import eventually
from support.objects import Deployed
from support.related import Described

ROOT = pathlib.Path(__file__).parents[2] / "charms" / "seaweedfs"
NAMESPACES = "/api/v1/namespaces"
LABELS = {"app.kubernetes.io/part-of": "kubeflow-profile"}


@pytest.fixture(scope="module")
def deployed(
    apiserver: ApiServer, collected: httpx2.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    samples.define(collected, samples.kinds())
    yield from objects.running(apiserver, collected, Described.load(ROOT), tmp_path_factory)


@pytest.fixture
def namespaces(deployed: Deployed, tmp_path: pathlib.Path) -> Any:
    """What the program asks Kubernetes with, and its own token."""
    application = deployed.application
    (tmp_path / "token").write_text(application.deployment.files["logins"][f"{FOLDER}/token"].text)
    (tmp_path / "ca.crt").write_bytes(application.server.certificate.read_bytes())
    module: Any = importlib.import_module("keeper_kubernetes")
    kubernetes = module.Kubernetes(application.server.url, tmp_path)
    return module.Namespaces(kubernetes, "app.kubernetes.io/part-of=kubeflow-profile")


def listed(namespaces: Any) -> str:
    """Return the version of the list, once the API server knows of the program's rights."""
    try:
        return namespaces.list()[1]
    except importlib.import_module("keeper_kubernetes").Refused as error:
        raise AssertionError(str(error)) from error


def test_it_hears_of_profiles_that_come_and_go_and_of_no_other_namespace(deployed: Deployed, namespaces: Any):
    http, heard = deployed.http, list[tuple[str, str]]()
    version = eventually(lambda: listed(namespaces))
    threading.Thread(target=lambda: heard.extend(namespaces.changes(version, 10)), daemon=True).start()
    for name, labels in (("keeper-none", {}), ("keeper-ada", LABELS)):
        http.post(NAMESPACES, json={"metadata": {"name": name, "labels": labels}}).raise_for_status()
    uid = http.get(f"{NAMESPACES}/keeper-ada").json()["metadata"]["uid"]

    found = namespaces.list()[0]
    assert found["keeper-ada"] == uid
    assert "keeper-none" not in found

    http.delete(f"{NAMESPACES}/keeper-ada").raise_for_status()
    http.delete(f"{NAMESPACES}/keeper-none").raise_for_status()
    eventually(lambda: ("keeper-ada", uid) in heard and ("keeper-ada", "") in heard)
    assert "keeper-ada" not in namespaces.list()[0]
