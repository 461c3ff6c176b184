"""`k8s-service` between kubeflow-profiles and those who work in users' namespaces.

Format: serialized-data-interface v1, as kubeflow-profiles publishes it; see `k8s_service`. The other side answers,
beside its versions, with two plain keys that the published charm passes over: its `role`, and the `principal` that its
pods have inside the mesh.
"""

import dataclasses
from typing import Annotated

import msgspec

from ..relations.codecs import Databag, Flat
from ..relations.endpoints import Interface
from .k8s_service import ServiceCodec

DASHBOARD, NOTEBOOKS, PIPELINES = "dashboard", "notebooks", "pipelines"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An application that works in users' namespaces.

    Attributes:
        role: `dashboard`, `notebooks` or `pipelines`; empty from a published charm.
        principal: what Istio calls its pods, `cluster.local/ns/<namespace>/sa/<account>`; empty if unsaid.
    """

    role: str
    principal: Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9.-]+/ns/[a-z0-9-]+/sa/[a-z0-9.-]+)?$")] = ""


@dataclasses.dataclass(frozen=True)
class CallerCodec:
    """The versions that the published format asks for, and the plain keys."""

    plain = Flat(Caller)

    def decode(self, databag: Databag) -> Caller:
        """Return who calls; a published charm, or one that says nothing yet, has no role."""
        return self.plain.decode(databag) or Caller(role="")

    def encode(self, data: Caller | None, remote: Databag) -> dict[str, str]:
        """Return versions and keys."""
        return {"_supported_versions": '["v1"]', **self.plain.encode(data, remote)}


KUBEFLOW_PROFILES = Interface("k8s-service", provider=ServiceCodec(), requirer=CallerCodec())
