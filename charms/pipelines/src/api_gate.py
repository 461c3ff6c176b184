"""The gate before the API: whoever comes through it cannot say for himself who he is.

The API believes the header that names the user, which the gateway sets for the pages. Pods of users have to reach the
API too, drivers by gRPC and notebooks by HTTP, and prove who they are by a token. Upstream keeps them from sending the
header by a policy of Istio's that needs a sidecar in the API's pod; the gate does without.
"""

import api_paths
import envoy_configuration as envoy
import pages_gate
from authorization_filter import UNASKED, asking, refusal
from envoy_configuration import Message
from kubeflow_charms.parts import Program, Workload
from pipelines_network import (
    API_GRPC,
    API_HTTP,
    AUTHORIZER,
    GATE_ADMIN,
    GATE_GRPC,
    GATE_HTTP,
    SMOKE_TEST,
    UI,
    USER_HEADER,
)

REFUSAL = f"{USER_HEADER} comes through the gateway only; here, a token for pipelines.kubeflow.org says who you are\n"
NO_NAMESPACE = "a visualisation is drawn in a user's namespace\n"
NO_RUN = "runs are made at the API's port for HTTP, as by the SDK of Kubeflow Pipelines\n"
NO_ARTEFACT = "artefacts are read from the object store\n"
UNKNOWN_CALLERS = ("/api.TaskService/", "/grpc.health.v1.Health/")
"""gRPC services that drivers and launchers call, without a token."""
PROGRAM = Program("api-gate", writable=("/etc/api-gate",))


def workload() -> Workload:
    """Return the gate."""
    return envoy.workload(PROGRAM, GATE_ADMIN, configuration())


def configuration() -> str:
    """Return Envoy's configuration: the API's paths, under the pages' prefix as well, its metrics, and the pages.

    Only a token says who asks, and some of the API's methods ask nobody else: whatever is shared by all users. Drivers
    and launchers have none, and need the tasks alone.
    """
    return envoy.configuration(
        GATE_ADMIN,
        listeners=[
            envoy.listener("http", GATE_HTTP, _http(), [asking("token", "authorization")]),
            envoy.listener("grpc", GATE_GRPC, _grpc(), [asking("token", "authorization")]),
            pages_gate.listener(),
        ],
        clusters=[
            envoy.cluster("api", API_HTTP, grpc=False),
            envoy.cluster("grpc", API_GRPC, grpc=True),
            envoy.cluster("ui", UI, grpc=False),
            envoy.cluster("authorizer", AUTHORIZER, grpc=False),
        ],
    )


def _http() -> list[Message]:
    route = {"cluster": "api", "timeout": "300s"}
    found = [_named()]
    for prefix in ("", "/pipeline"):
        for version in api_paths.VERSIONS:
            place, api = f"{prefix}/apis/{version}", f"/apis/{version}"
            whole = {**route, "prefix_rewrite": f"{api}/"}
            found += [
                {
                    "match": {"path": f"{place}/healthz"},
                    "route": {**route, "prefix_rewrite": f"{api}/healthz"},
                    **UNASKED,
                },
                *api_paths.refused(place),
                *api_paths.uploads(place, version, route),
                *api_paths.runs(place, version, route),
                refusal({"safe_regex": {"regex": f"{place}/visualizations/?"}}, NO_NAMESPACE),
                {"match": {"prefix": f"{place}/"}, "route": whole},
            ]
    own = {"cluster": "authorizer", "prefix_rewrite": "/metrics"}
    return [
        *found,
        {"match": {"path": "/metrics"}, "route": route, **UNASKED},
        {"match": {"path": SMOKE_TEST}, "route": own, **UNASKED},
    ]


def _grpc() -> list[Message]:
    route = {"cluster": "grpc", "timeout": "0s"}
    return [
        _named(),
        refusal({"prefix": "/api.VisualizationService/"}, NO_NAMESPACE),
        refusal({"safe_regex": {"regex": api_paths.READ_ARTEFACT}}, NO_ARTEFACT),
        refusal({"safe_regex": {"regex": api_paths.MADE_BY_GRPC}}, NO_RUN),
        *({"match": {"prefix": prefix}, "route": route, **UNASKED} for prefix in UNKNOWN_CALLERS),
        {"match": {"prefix": "/"}, "route": route},
    ]


def _named() -> Message:
    return refusal({"prefix": "/", "headers": [{"name": USER_HEADER, "present_match": True}]}, REFUSAL)
