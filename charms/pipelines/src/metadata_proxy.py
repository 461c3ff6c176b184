"""The proxy through which browsers ask for metadata: Envoy, which turns gRPC-Web into gRPC.

Source of what it has to do: Kubeflow's manifests, release 2.15, metadata-envoy.
"""

import envoy_configuration as envoy
from kubeflow_charms.interfaces.ingress import Route
from kubeflow_charms.parts import File, HttpCheck, Sandbox, Workload
from pipelines_network import METADATA, METADATA_ADMIN, METADATA_PROXY

CONTAINER = "metadata-proxy"
PATH = "/ml_metadata.MetadataStoreService"
"""The gRPC service; browsers ask at `/ml_metadata.MetadataStoreService/METHOD`."""
FOLDER = "/etc/metadata-proxy"
CORS = {
    "@type": f"{envoy.ROOT}.filters.http.cors.v3.CorsPolicy",
    "allow_origin_string_match": [{"safe_regex": {"regex": ".*"}}],
    "allow_methods": "GET, PUT, DELETE, POST, OPTIONS",
    "allow_headers": "keep-alive,user-agent,cache-control,content-type,content-transfer-encoding,custom-header-1,"
    "x-accept-content-transfer-encoding,x-accept-response-streaming,x-user-agent,x-grpc-web,grpc-timeout",
    "expose_headers": "custom-header-1,grpc-status,grpc-message",
    "max_age": "1728000",
}


def sandbox(memory: str) -> Sandbox:
    """Return the proxy's sandbox."""
    return Sandbox(container=CONTAINER, writable=(FOLDER,), memory=memory)


def route(app: str) -> Route:
    """Return the route that browsers take.

    Args:
        app: the application, whose Service has the port.
    """
    return Route(service=app, port=METADATA_PROXY, prefix=PATH, rewrite=PATH)


def workload() -> Workload:
    """Return the proxy."""
    path = f"{FOLDER}/envoy.json"
    return Workload(
        container=CONTAINER,
        command=envoy.command(path),
        files={path: File(configuration())},
        checks={CONTAINER: HttpCheck(METADATA_ADMIN, "/ready")},
    )


def configuration() -> str:
    """Return Envoy's configuration."""
    filters = [
        {
            "name": f"envoy.filters.http.{name}",
            "typed_config": {"@type": f"{envoy.ROOT}.filters.http.{name}.v3.{message}"},
        }
        for name, message in (("grpc_web", "GrpcWeb"), ("cors", "Cors"))
    ]
    routes = [
        {
            "match": {"prefix": "/"},
            "route": {"cluster": "metadata", "max_stream_duration": {"grpc_timeout_header_max": "0s"}},
        }
    ]
    policy = {"typed_per_filter_config": {"envoy.filters.http.cors": CORS}}
    return envoy.configuration(
        METADATA_ADMIN,
        listeners=[envoy.listener("metadata", METADATA_PROXY, routes, filters, policy)],
        clusters=[envoy.cluster("metadata", METADATA, grpc=True)],
    )
