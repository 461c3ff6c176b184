"""The proxy through which browsers ask for metadata: Envoy, which turns gRPC-Web into gRPC.

Source of what it has to do: Kubeflow's manifests, release 2.17, metadata-envoy.
"""

import envoy_configuration as envoy
from kubeflow_charms.interfaces.ingress import Route
from kubeflow_charms.parts import Program, Workload
from pipelines_network import METADATA, METADATA_ADMIN, METADATA_PROXY

PATH = "/ml_metadata.MetadataStoreService"
"""The gRPC service; browsers ask at `/ml_metadata.MetadataStoreService/METHOD`."""
READING = r"/ml_metadata\.MetadataStoreService/Get[A-Za-z]+"
"""The pages only read; whoever writes metadata says where others' artefacts are read from."""
PROGRAM = Program("metadata-proxy", writable=("/etc/metadata-proxy",))


def route(app: str) -> Route:
    """Return the route that browsers take.

    Args:
        app: the application, whose Service has the port.
    """
    return Route(service=app, port=METADATA_PROXY, prefix=PATH, rewrite=PATH)


def workload() -> Workload:
    """Return the proxy."""
    return envoy.workload(PROGRAM, METADATA_ADMIN, configuration())


def configuration() -> str:
    """Return Envoy's configuration."""
    web = {"@type": f"{envoy.ROOT}.filters.http.grpc_web.v3.GrpcWeb"}
    routes = [
        {
            "match": {"safe_regex": {"regex": READING}},
            "route": {"cluster": "metadata", "max_stream_duration": {"grpc_timeout_header_max": "0s"}},
        }
    ]
    filters = [{"name": "envoy.filters.http.grpc_web", "typed_config": web}]
    return envoy.configuration(
        METADATA_ADMIN,
        listeners=[envoy.listener("metadata", METADATA_PROXY, routes, filters)],
        clusters=[envoy.cluster("metadata", METADATA, grpc=True)],
    )
