"""What is broken off in the middle: a deployment by a power cut, an application and its model by force.

These tests are in order, in a model of their own: each takes it as the one before left it.
"""

import time

import jubilant
import pytest
from support import kubeflow, power
from support.eventually import eventually
from support.kubernetes import cluster_scoped, look_up
from support.leftovers import definitions, jujus_own

CHARMS = ("dex-auth", "istio-pilot")
"""Those that make objects outside of their model: roles, kinds, webhooks."""
FORCED = "dex-auth"
SETTLED = {"dex-auth": "active", "istio-pilot": "waiting"}
"""Without a gatekeeper, istio-pilot keeps the gateway shut and waits for one."""


@pytest.fixture(scope="module")
def before(inside_testbed: None) -> set[str]:
    """The cluster-scoped objects that were there before."""
    return cluster_scoped()


@pytest.fixture(scope="module")
def juju(before: set[str]) -> jubilant.Juju:
    """A model in which applications are being deployed."""
    kubeflow.offer(*CHARMS)
    found = jubilant.Juju(wait_timeout=300)
    found.add_model(f"broken-off-{int(time.time())}")
    for name in CHARMS:
        found.deploy(name, trust=True)
    return found


def units(juju: jubilant.Juju) -> dict[str, jubilant.statustypes.UnitStatus]:
    """Return the first unit of each application that has one."""
    apps = juju.status().apps
    return {name: app.units[f"{name}/0"] for name, app in apps.items() if f"{name}/0" in app.units}


def settled(juju: jubilant.Juju) -> dict[str, str]:
    """Return the status of the units; those at work are left out."""
    return {
        name: unit.workload_status.current
        for name, unit in units(juju).items()
        if unit.juju_status.current == "idle" and unit.workload_status.message != "installing agent"
    }


@pytest.mark.testbed
def test_a_deployment_goes_on_after_a_power_cut(juju: jubilant.Juju):
    # The pod is there, and its first hooks run.
    eventually(lambda: units(juju)[CHARMS[0]].juju_status.current == "executing")
    power.cycle(now=True)
    assert eventually(lambda: settled(juju) == SETTLED, timeout=300)


def test_an_application_that_is_removed_by_force_leaves_the_others_alone(juju: jubilant.Juju):
    roles = {name for name in cluster_scoped() if "istio-pilot" in name}
    juju.cli("remove-application", FORCED, "--force", "--no-wait", "--no-prompt")
    eventually(lambda: FORCED not in juju.status().apps)
    assert eventually(lambda: settled(juju) == {name: status for name, status in SETTLED.items() if name != FORCED})
    assert roles <= cluster_scoped()
    assert definitions(cluster_scoped(), ".dex.coreos.com")


def test_with_the_model_goes_what_force_left(juju: jubilant.Juju, before: set[str]):
    model = str(juju.model)
    juju.destroy_model(model, destroy_storage=True, force=True, no_wait=True)

    def as_before() -> bool:
        now = cluster_scoped()
        assert now - before - definitions(now) <= jujus_own(model, "modeloperator", *CHARMS)
        return True

    assert eventually(as_before)
    assert [item for item in look_up("namespaces")["items"] if item["metadata"]["name"] == model] == []
