import base64
import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ops import testing
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
CONTAINER = "workflow-controller"
STORE: Mapping[str, Any] = {
    "access-key": "kubeflow",
    "secret-key": "a-long-password",
    "service": "minio",
    "port": 9000,
    "secure": False,
    "namespace": "edge",
}


@dataclasses.dataclass
class Argo(Unit):
    """A unit of argo-controller.

    Attributes:
        asked: `METHOD url` of what the object store was asked, oldest first.
        answers: the store's status code by method; 200 for the others.
    """

    asked: list[str] = dataclasses.field(default_factory=list)
    answers: dict[str, int] = dataclasses.field(default_factory=dict)

    @staticmethod
    def object_storage(**changes: Any) -> testing.Relation:
        """Return a relation to MinIO, which says where it is; None as a value leaves a key out."""
        said = {**STORE, **with_hyphens(changes)}
        document = {key: value for key, value in said.items() if value is not None}
        databag = {"_supported_versions": '["v1"]', "data": json.dumps(document)}
        return testing.Relation("object-storage", remote_app_name="minio", remote_app_data=databag)

    @staticmethod
    def s3(**changes: str) -> testing.Relation:
        """Return a relation to a store outside."""
        said = {"access-key": "AK", "secret-key": "SK", "endpoint": "https://s3.example.com", "bucket": "ours"}
        databag = {**said, **with_hyphens(changes)}
        return testing.Relation("s3-credentials", remote_app_name="s3-integrator", remote_app_data=databag)

    def state(self, *relations: testing.RelationBase, **changes: Any) -> testing.State:
        """Return the state of a unit that is related to MinIO, or to these, before its first event."""
        return super().state(*(relations or [self.object_storage()]), **changes)

    def settings(self) -> dict[str, Any]:
        """Return the controller's configuration."""
        data = self.cluster.find("ConfigMap", "argo-controller-configuration")["data"]
        return {key: json.loads(text) for key, text in data.items()}

    def defaults(self) -> dict[str, Any]:
        """Return what workflows get that do not say otherwise."""
        return self.settings()["workflowDefaults"]["spec"]

    def repository(self) -> dict[str, Any]:
        """Return where steps leave their files."""
        return self.settings()["artifactRepository"]

    def login(self) -> dict[str, str]:
        """Return what steps log in with."""
        data = self.cluster.find("Secret", "mlpipeline-minio-artifact")["data"]
        return {key: base64.b64decode(text).decode() for key, text in data.items()}

    def service(self, state: testing.State) -> Any:
        """Return what Pebble runs."""
        return state.get_container(CONTAINER).plan.services[CONTAINER]


def with_hyphens(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in options.items()}


@pytest.fixture
def argo(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Argo]:
    with unit(Argo, ROOT, monkeypatch, tmp_path) as found:

        def send(store: Any, method: str, path: str, body: bytes = b"", **_: Any) -> tuple[int, bytes]:
            found.asked.append(f"{method} {store.url}{path}")
            return found.answers.get(method, 200), b""

        monkeypatch.setattr("kubeflow_charms.storage.s3_requests.send", send)
        yield found
