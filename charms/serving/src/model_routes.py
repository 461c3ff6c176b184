"""How the program is started that makes the route to each model, and keeps others off.

KServe itself makes Ingresses and HTTPRoutes with a host name for each model; a site with one address and no wildcard in
its DNS reaches models by paths.
"""

import json
from collections.abc import Callable

import serving_network
from kubeflow_charms.interfaces.gateway_info import GatewayInfo
from kubeflow_charms.parts import File, HttpCheck, Program, Workload
from kubeflow_charms.parts.program import program

FOLDER = "/etc/model-routes"
FILES = ("route_maker.py", "route_objects.py", "knative_routes.py")
LIBRARY = ("small_programs.health_server", "small_programs.kubernetes_api", "small_programs.passes")
PROGRAM = Program("model-routes", role="routes-role.yaml.j2", writable=(FOLDER,))


def workload(
    info: GatewayInfo,
    *,
    app: str,
    model: str,
    platform: str,
    domain: str,
    hosts: str,
    monitoring: str,
    key: str,
    read: Callable[[str], str],
) -> Workload:
    """Return the program.

    Args:
        info: the gateway that the routes come from.
        app: the application; with its model it marks what is made.
        model: see `app`.
        platform: the namespace that Knative's programs are in.
        domain: the cluster's.
        hosts: the domain below which models have host names; "" for none.
        monitoring: the namespace of who may ask for metrics; "" for none.
        key: what makes the keys by which models know what the gateway sends them through Knative.
        read: returns the text of a file of the charm's `src`.
    """
    ((key, value),) = serving_network.WANTED.items()
    # The gateway's proxies are where its principal says, which the Gateway object itself need not be.
    proxies = info.gateway_principal.split("/")[2] if info.gateway_principal else info.gateway_namespace
    settings = {
        "manager": f"{app}.{PROGRAM.container}",
        "labels": {"kubeflow-charms/route-of": app, "kubeflow-charms/route-from": model},
        "profiles": f"{key}={value}",
        "gateway": f"{info.gateway_namespace}/{info.gateway_name}",
        "proxies": proxies,
        "domain": domain,
        "hosts": hosts,
        "monitoring": monitoring,
        "platform": platform,
        "principal": info.gateway_principal,
        "key": key,
    }
    path = f"{FOLDER}/settings.json"
    return Workload(
        container=PROGRAM.container,
        command=f"python3 -B -u {FOLDER}/{FILES[0]} {path} {serving_network.ROUTES}",
        files={
            **program(FOLDER, FILES, read, LIBRARY),
            path: File(json.dumps(settings, sort_keys=True)),
        },
        checks={PROGRAM.container: HttpCheck(serving_network.ROUTES, "/healthz")},
    )
