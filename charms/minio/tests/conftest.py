import pathlib
from collections.abc import Iterator, Mapping

import pytest
from ops import testing
from support.filesystem import Written
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
GATEWAY = {"_supported_versions": '["v1", "v2"]', "url": "http://10.64.140.43"}


class Minio(Unit):
    """A unit of minio."""

    def keys(self, state: testing.State) -> dict[str, str]:
        """Return what the action get-keys shows."""
        self.deployment.run(self.deployment.context.on.action("get-keys"), state)
        return dict(self.deployment.context.action_results or {})

    @property
    def files(self) -> Mapping[str, Written]:
        """The files in the workload's container."""
        return self.deployment.files["minio"]

    @property
    def login(self) -> tuple[str, str]:
        """The keys as MinIO reads them."""
        return self.files["/run/minio/access-key"].text, self.files["/run/minio/secret-key"].text

    @staticmethod
    def gateway(**changes: str) -> testing.Relation:
        """Return a relation with a gateway that has an address."""
        return testing.Relation("ingress", remote_app_name="istio-pilot", remote_app_data={**GATEWAY, **changes})

    @staticmethod
    def consumer(*, secrets: bool) -> testing.Relation:
        """Return a relation with a consumer: a published one, or one that reads Juju secrets."""
        said = {"_supported_versions": '["v1"]', **({"secrets": "true"} if secrets else {})}
        return testing.Relation("object-storage", remote_app_name="argo-controller", remote_app_data=said)


@pytest.fixture
def minio(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Minio]:
    with unit(Minio, ROOT, monkeypatch, tmp_path) as found:
        yield found
