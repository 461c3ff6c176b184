import json
import pathlib
import signal
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.filesystem import Written
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent


class Seaweedfs(Unit):
    """A unit of seaweedfs."""

    asked: list[str]

    @property
    def files(self) -> Mapping[str, Written]:
        """The files of the program with the logins."""
        return self.deployment.files["logins"]

    @property
    def settings(self) -> dict[str, Any]:
        """What that program is told."""
        return json.loads(self.files["/srv/logins/settings.json"].text)

    def user(self, name: str) -> dict[str, Any]:
        """Return an identity."""
        return next(item for item in self.settings["identities"] if item["name"] == name)

    def allowed(self, name: str) -> set[str]:
        """Return the resources that a policy allows something on."""
        [text] = [item["content"] for item in self.settings["policies"] if item["name"] == name]
        statements = json.loads(text)["Statement"]
        return {place for item in statements if item["Effect"] == "Allow" for place in item["Resource"]}

    @staticmethod
    def consumer(
        application: str = "argo-controller", *, secrets: bool = True, buckets: str = "", profiles: bool = False
    ) -> testing.Relation:
        """Return a relation over object-storage: to a published consumer, or one that reads Juju secrets."""
        said = {"_supported_versions": '["v1"]'}
        said |= {"secrets": "true"} if secrets else {}
        said |= {"buckets": buckets} if buckets else {}
        said |= {"profile-logins": "true"} if profiles else {}
        return testing.Relation("object-storage", remote_app_name=application, remote_app_data=said)

    def pipelines(self) -> testing.Relation:
        """Return a relation to a consumer that hands out the logins of profiles."""
        return self.consumer("pipelines", buckets='["mlpipeline"]', profiles=True)


@pytest.fixture
def seaweedfs(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Seaweedfs]:
    asked: list[str] = []

    def send(store: Any, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        asked.append(f"{method} {store.url}{path}")
        return (404 if method == "HEAD" else 200), b""

    monkeypatch.setattr("kubeflow_charms.storage.s3_requests.send", send)
    with unit(Seaweedfs, ROOT, monkeypatch, tmp_path) as found:
        found.asked = asked
        yield found


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The real SeaweedFS, with profiles alice, alice2 and bob."""
    from support.real_seaweedfs import real_store

    store = real_store(tmp_path_factory.mktemp("seaweedfs"))
    try:
        store.start()
        for bucket in ("mlpipeline", "backups"):
            store.ask(store.root, "PUT", f"/{bucket}")
        store.become(alice="uid-1", alice2="uid-2", bob="uid-3")
        yield store
    finally:
        store.stop(signal.SIGKILL)
        store.cluster.close()


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The real MinIO, with the root's login."""
    from support.real_minio import minio

    with minio(tmp_path_factory.mktemp("minio")) as store:
        yield store
