"""The action smoke-test."""

import time
from collections.abc import Callable

import ops
import smoke_test
from authorizer import FOLDER, PROGRAM
from kubeflow_charms import Blocked, Problem, Waiting
from kubeflow_charms.configuration.images import moved
from kubeflow_charms.engine.cluster import Reference
from kubeflow_charms.engine.run import Run
from pipelines_network import API_HTTP
from pipelines_options import PipelinesOptions

API = f"http://127.0.0.1:{API_HTTP}"


def act(options: Callable[[], PipelinesOptions], unit: ops.Unit, run: Run, event: ops.ActionEvent) -> None:
    """Run it, and say how it went.

    Args:
        options: returns the charm's; raises Blocked while they are wrong.
        unit: that runs it.
        run: what reaches the cluster.
        event: the action.
    """
    profile = str(event.params["profile"])
    try:
        given = options()
        outcome = smoke_test.run(
            smoke_test.Api(API, owner(run, profile)),
            namespace=profile,
            image=str(event.params.get("image", "")) or moved(given.custom_images["frontend"], given.image_registry),
            account=given.runner_sa,
            patience=float(event.params.get("seconds", 600)),
            say=event.log,
        )
    except Waiting as problem:
        event.fail(f"waiting for {problem}; run it again then")
        return
    except Problem as problem:
        event.fail(str(problem))
        return
    try:
        place = f"{FOLDER}/{smoke_test.METRICS}"
        unit.get_container(PROGRAM.container).push(place, smoke_test.metrics(outcome, time.time()), make_dirs=True)
    except ops.pebble.Error as error:
        event.log(f"the metric could not be kept: {error}")
    event.set_results({"run": outcome.run, "state": outcome.state, "seconds": outcome.seconds})
    if not outcome.succeeded:
        event.fail(f"{outcome.reason or outcome.state}; the run stays, as {smoke_test.NAME} in profile {profile}")


def owner(run: Run, profile: str) -> str:
    """Return whose a profile is.

    Raises:
        Blocked: there is no such profile, or it is a group's.
        Waiting: Kubernetes does not answer.
    """
    found = run.cluster.get(Reference("kubeflow.org/v1", "Profile", profile))
    if found is None:
        raise Blocked(
            f"there is no profile {profile}; run kubeflow-profiles/leader list-profiles shows which there are"
        )
    whose = found.get("spec", {}).get("owner") or {}
    if whose.get("kind", "User") != "User":
        raise Blocked(f"profile {profile} belongs to a group, and a run is made in a user's name; choose another")
    return str(whose.get("name", ""))
