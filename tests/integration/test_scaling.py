"""The applications that users work with have two units and one again, and lose their leaders; users see little of it.

Their programs run on one unit at a time, or on all, as the charm decides; that they serve is what counts.
"""

from collections.abc import Iterator

import pytest
from kubeflow_charms.sandbox.confinement import NAMESPACES
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import kubectl, look_up
from support.workspace import IMAGE, Workspace, notebook, workspace

APPLICATIONS = ("kubeflow-dashboard", "kubeflow-profiles", "notebooks", "pipelines")
UNITS = 2
TIMEOUT = 900.0
"""Seconds; four units more run some sixty hooks each, which takes minutes on two cores that have nothing else to do."""


def units(kubeflow: Kubeflow) -> dict[str, dict[str, bool]]:
    """Return of each application the units, all of them active, and whether they lead.

    Raises:
        AssertionError: not all are active and idle.
    """
    applications = kubeflow.juju.status().apps
    found = {name: applications[name].units for name in APPLICATIONS}
    for name, unit in ((name, unit) for every in found.values() for name, unit in every.items()):
        assert (unit.workload_status.current, unit.juju_status.current) == ("active", "idle"), name
    return {name: {key: bool(unit.leader) for key, unit in every.items()} for name, every in found.items()}


def settled(kubeflow: Kubeflow, number: int) -> bool:
    """Tell that each application has so many units, one of which leads."""
    for name, found in units(kubeflow).items():
        assert (len(found), sum(found.values())) == (number, 1), f"{name}: {found}"
    return True


def scale(kubeflow: Kubeflow, number: int) -> None:
    for name in APPLICATIONS:
        kubeflow.juju.cli("scale-application", name, str(number))
    eventually(lambda: settled(kubeflow, number), timeout=TIMEOUT)


@pytest.fixture(scope="module")
def two(kubeflow: Kubeflow, echo: str) -> Iterator[Kubeflow]:
    """Two units of each; one again afterwards."""
    try:
        scale(kubeflow, UNITS)
        yield kubeflow
    finally:
        scale(kubeflow, 1)


@pytest.fixture(scope="module")
def user(two: Kubeflow) -> Iterator[Workspace]:
    with workspace("scaling-user", NAMESPACES["profiles"]) as made:
        yield made


def works(kubeflow: Kubeflow, user: Workspace, name: str) -> bool:
    """Tell that the page answers, that roles are there, and that users' objects are taken.

    Args:
        kubeflow: the deployment.
        user: who makes a notebook.
        name: of the notebook, a new one.
    """
    with kubeflow.session() as browser:
        assert browser.open("/").status_code == 200
    user.apply(notebook(name, {"containers": [{"name": name, "image": IMAGE}]}))
    return bool(user.get("notebooks.kubeflow.org", name))


def test_two_units_serve(two: Kubeflow, user: Workspace):
    assert works(two, user, "with-two")


def test_others_take_over_when_the_leaders_are_lost(two: Kubeflow, user: Workspace):
    leaders = [name for found in units(two).values() for name, leads in found.items() if leads]
    pods = [name.replace("/", "-") for name in leaders]

    def identities() -> set[str]:
        return {item["metadata"]["uid"] for item in look_up("pods", "-n", MODEL, *pods)["items"]}

    before = identities()
    kubectl("delete", "pod", "-n", MODEL, *pods, "--force", "--grace-period=0")

    def came_back() -> bool:
        assert not before & identities()
        return settled(two, UNITS)

    eventually(came_back, timeout=TIMEOUT)
    assert works(two, user, "without-leaders")


def test_one_unit_serves_again(two: Kubeflow, user: Workspace):
    scale(two, 1)
    assert works(two, user, "with-one")
    for name in ("with-two", "without-leaders"):
        assert user.get("notebooks.kubeflow.org", name)
