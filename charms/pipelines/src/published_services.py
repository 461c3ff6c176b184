"""The Services that other software looks for by name, and where it finds them in the pod."""

from collections.abc import Iterator
from typing import Any

import metadata_store
from kubeflow_charms.networking import network
from kubeflow_charms.parts import Manifests
from kubeflow_charms.storage.object_store import Store
from pipelines_network import GATE_GRPC, GATE_HTTP, METADATA, METADATA_PROXY
from pipelines_options import DRIVERS_PORT, PipelinesOptions

PAGES_SERVICE = "ml-pipeline-ui"
STORE_PORT = 9000
METADATA_PROXY_SERVICE = "metadata-envoy-service"


def api(options: PipelinesOptions) -> dict[str, list[dict[str, Any]]]:
    """Return the API's Services; `ml-pipeline-ui` answers for the API alone, as SDKs outside the gateway use it."""
    grpc = {"grpc": options.grpc_port, **({"grpc-drivers": DRIVERS_PORT} if options.grpc_port != DRIVERS_PORT else {})}
    return {
        options.k8s_service_name: [
            _port("http", options.http_port, GATE_HTTP),
            *(_port(name, number, GATE_GRPC) for name, number in grpc.items()),
        ],
        PAGES_SERVICE: [_port("http", 80, GATE_HTTP)],
    }


def metadata() -> dict[str, list[dict[str, Any]]]:
    """Return the metadata's Services."""
    return {
        metadata_store.SERVICE: [_port("grpc-api", metadata_store.SERVICE_PORT, METADATA)],
        METADATA_PROXY_SERVICE: [_port("http-md-envoy", 9090, METADATA_PROXY)],
    }


def store(found: Store) -> Iterator[Manifests]:
    """Yield the Service by which old pipelines know the object store: another name, so only for the port they know.

    Args:
        found: the object store; one outside the cluster has no other name.
    """
    if found.host.endswith(".svc") and found.port == STORE_PORT:
        yield Manifests(
            "store-service", "store-service.yaml.j2", {"host": found.host, "domain": network.cluster_domain()}
        )


def _port(name: str, port: int, target: int) -> dict[str, Any]:
    return {"name": name, "port": port, "targetPort": target, "protocol": "TCP"}
