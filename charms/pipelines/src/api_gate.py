"""The gate before the API: whoever comes through it cannot say for himself who he is.

The API believes the header that names the user, which the gateway sets for the pages. Pods of users have to reach the
API too, drivers by gRPC and notebooks by HTTP, and prove who they are by a token. Upstream keeps them from sending the
header by a policy of Istio's that needs a sidecar in the API's pod; the gate does without.
"""

import envoy_configuration as envoy
from kubeflow_charms.parts import File, HttpCheck, Sandbox, Workload
from pipelines_network import API_GRPC, API_HTTP, GATE_ADMIN, GATE_GRPC, GATE_HTTP, USER_HEADER

CONTAINER = "api-gate"
FOLDER = "/etc/api-gate"
REFUSAL = f"{USER_HEADER} comes through the gateway only; here, a token for pipelines.kubeflow.org says who you are\n"


def sandbox(memory: str) -> Sandbox:
    """Return the gate's sandbox."""
    return Sandbox(container=CONTAINER, writable=(FOLDER,), memory=memory)


def workload() -> Workload:
    """Return the gate."""
    path = f"{FOLDER}/envoy.json"
    return Workload(
        container=CONTAINER,
        command=envoy.command(path),
        files={path: File(configuration())},
        checks={CONTAINER: HttpCheck(GATE_ADMIN, "/ready")},
    )


def configuration() -> str:
    """Return Envoy's configuration: the API's paths, under the pages' prefix as well, and its metrics."""
    named = {"headers": [{"name": USER_HEADER, "present_match": True}]}
    refusal = {
        "match": {"prefix": "/", **named},
        "direct_response": {"status": 403, "body": {"inline_string": REFUSAL}},
    }
    http = {"cluster": "api", "timeout": "300s"}
    return envoy.configuration(
        GATE_ADMIN,
        listeners=[
            envoy.listener(
                "http",
                GATE_HTTP,
                [
                    refusal,
                    {"match": {"prefix": "/apis/"}, "route": http},
                    {"match": {"prefix": "/pipeline/apis/"}, "route": {**http, "prefix_rewrite": "/apis/"}},
                    {"match": {"path": "/metrics"}, "route": http},
                ],
            ),
            envoy.listener(
                "grpc", GATE_GRPC, [refusal, {"match": {"prefix": "/"}, "route": {"cluster": "grpc", "timeout": "0s"}}]
            ),
        ],
        clusters=[envoy.cluster("api", API_HTTP, grpc=False), envoy.cluster("grpc", API_GRPC, grpc=True)],
    )
