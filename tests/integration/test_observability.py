"""What is related to watch the charms really finds metrics and gets logs."""

import json
from collections.abc import Iterator
from typing import Any

import jubilant
import pytest
from support.eventually import eventually
from support.kubeflow import ECHO, MODEL, Kubeflow
from support.kubernetes import kubectl

FETCH = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())"
WATCHED = "dex-auth"


@pytest.fixture(scope="module")
def watched(kubeflow: Kubeflow, echo: str) -> Iterator[Kubeflow]:
    """The deployment, with an application that collects Dex's metrics and takes its logs."""
    pairs = ((f"{WATCHED}:metrics-endpoint", f"{ECHO}:metrics"), (f"{WATCHED}:logging", f"{ECHO}:logs"))
    for one, other in pairs:
        kubeflow.juju.integrate(one, other)
    kubeflow.settle(ECHO, changing=[WATCHED, ECHO])
    yield kubeflow
    for one, other in pairs:
        kubeflow.juju.cli("remove-relation", one, other)
    kubeflow.settle(ECHO, changing=[WATCHED, ECHO])


def told(juju: jubilant.Juju) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what Dex says to the collector: the application, and its unit.

    Juju 3.6 shows it at the collector's unit, and 4.1-beta1 at Dex's own.
    """
    for unit, endpoint in ((f"{ECHO}/0", "metrics"), (f"{WATCHED}/0", "metrics-endpoint")):
        shown = json.loads(juju.cli("show-unit", unit, "--format=json"))[unit]["relation-info"]
        (relation,) = [item for item in shown if item["endpoint"] == endpoint]
        if "scrape_jobs" in relation["application-data"]:
            own = relation["related-units"].get(f"{WATCHED}/0") or relation["local-unit"]
            return relation["application-data"], own["data"]
    raise AssertionError("Dex says nothing yet")


def inside(address: str) -> str:
    """Fetch an address from a pod of the model."""
    return kubectl("exec", "-n", MODEL, f"{ECHO}-0", "-c", ECHO, "--", "python3", "-c", FETCH, address)


def test_metrics_are_where_the_collector_is_told(watched: Kubeflow) -> None:
    def shown() -> bool:
        application, unit = told(watched.juju)
        (job,) = json.loads(application["scrape_jobs"])
        (target,) = job["static_configs"][0]["targets"]
        host = target.replace("*", unit["prometheus_scrape_unit_address"])
        return "go_goroutines" in inside(f"http://{host}{job['metrics_path']}")

    assert eventually(shown)


def test_logs_arrive_with_the_name_of_the_unit_that_wrote_them(watched: Kubeflow) -> None:
    watched.works()
    eventually(lambda: f"{WATCHED}/0" in inside("http://localhost:8080/received"))
