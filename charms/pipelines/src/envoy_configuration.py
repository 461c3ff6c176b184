"""What Envoy's configuration is made of: listeners, routes and clusters inside the pod.

Source of the messages: Envoy's API v3. Envoys of one pod share its network, and with that the names of the sockets by
which one would hand over to its successor, so they are started without.
"""

import json
from collections.abc import Sequence
from typing import Any

from kubeflow_charms.networking import network
from kubeflow_charms.parts import File, HttpCheck, Program, Workload

Message = dict[str, Any]

ROOT = "type.googleapis.com/envoy.extensions"
TOO_LARGE = "the request is larger than any that is looked into here, such as one for a run: 2 MiB\n"
HTTP = f"{ROOT}.upstreams.http.v3.HttpProtocolOptions"


def workload(program: Program, admin: int, configuration: str) -> Workload:
    """Return an Envoy.

    Args:
        program: its container, and the folder that it finds its configuration in.
        admin: the port of the administration.
        configuration: of `configuration`.
    """
    path = f"{program.writable[0]}/envoy.json"
    return Workload(
        container=program.container,
        command=f"/usr/local/bin/envoy -c {path} --disable-hot-restart --concurrency 2 --log-level warning",
        files={path: File(configuration)},
        checks={program.container: HttpCheck(admin, "/ready")},
    )


def configuration(admin: int, listeners: Sequence[Message], clusters: Sequence[Message]) -> str:
    """Return a configuration file as JSON.

    Args:
        admin: the port of the administration, for the pod alone, as it can stop Envoy.
        listeners: of `listener`.
        clusters: of `cluster`.
    """
    document = {
        "admin": {"address": _address("127.0.0.1", admin)},
        "static_resources": {"listeners": list(listeners), "clusters": list(clusters)},
    }
    return json.dumps(document, indent=1)


def listener(
    name: str, port: int, routes: Sequence[Message], filters: Sequence[Message] = (), options: Message | None = None
) -> Message:
    """Return a listener for HTTP and gRPC on all of the pod's addresses.

    Args:
        name: in logs and metrics.
        port: where it listens.
        routes: the first that matches a request decides.
        filters: run before the routes.
        options: of the virtual host.
    """
    router = {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{ROOT}.filters.http.router.v3.Router"}}
    host = {"name": name, "domains": ["*"], "routes": list(routes), **(options or {})}
    manager = {
        "@type": f"{ROOT}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "codec_type": "AUTO",
        "max_request_headers_kb": network.HEADERS,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "route_config": {"virtual_hosts": [host]},
        "http_filters": [*filters, router],
        "local_reply_config": {"mappers": [_worded(413, TOO_LARGE)]},
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {"name": name, "address": _anywhere(port), "filter_chains": [chain]}


def cluster(name: str, port: int, *, grpc: bool) -> Message:
    """Return a cluster whose one endpoint is another container of the pod.

    Args:
        name: as routes call it.
        port: where the program listens.
        grpc: whether it speaks HTTP/2 only.
    """
    protocol = {"http2_protocol_options": {}} if grpc else {"http_protocol_options": {}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {"@type": HTTP, "explicit_http_config": protocol}
        },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address("127.0.0.1", port)}}]}],
        },
    }


def _worded(status: int, text: str) -> Message:
    """Return the text of Envoy's own answers with a status."""
    compared = {"op": "EQ", "value": {"default_value": status, "runtime_key": "worded"}}
    return {"filter": {"status_code_filter": {"comparison": compared}}, "body": {"inline_string": text}}


def _anywhere(port: int) -> Message:
    address = network.anywhere()
    both = {"ipv4_compat": True} if address == "::" else {}
    return {"socket_address": {"address": address, "port_value": port, **both}}


def _address(host: str, port: int) -> Message:
    return {"socket_address": {"address": host, "port_value": port}}
