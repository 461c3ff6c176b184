"""T14: a larger bundle over a running one adds what is missing and no more; the way back leaves nothing of it."""

from . import bundle
from .bundle import Bundle
from .kubernetes import Kubernetes
from .outcome import CRDS, Outcome, outcome
from .steps import Script
from .wire import changing
from .world import World, running

RECORDS = ".metadata.annotations.kubeflow-charms/"
"""What a charm writes down of its own objects, which are more."""

TOLD = {
    "/api/v1/namespaces/MODEL/configmaps/centraldashboard-config": "new pages are in the menu",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/MODEL-kubeflow-profiles-profile-manifests": "new kinds there",
    "kubeflow-profiles/0 profile-manifests /etc/profile-manifests/manifests.json": "what profiles get for models",
    "seaweedfs/0 logins /srv/logins/settings.json": "the login of who is new",
}
"""What of the smaller bundle the applications of the larger one have reason to change."""


def test_a_running_bundle_becomes_a_larger_one_and_the_smaller_again(kubernetes: Kubernetes) -> None:
    small, large = bundle.named("kubeflow-lite"), bundle.named("kubeflow")
    with running(small, kubernetes, Script([])) as world:
        world.settle()
        before, calls, steps = outcome(world), len(world.wire.calls), len(world.trace)
        world.extend(large)
        settled(world)
        changed = {key for key, value in outcome(world).items() if before.get(key, value) != value}
        changed |= before.keys() - outcome(world).keys()
        surprising = {key for key in changed if RECORDS not in key and not key.startswith(tuple(TOLD))}
        assert surprising == set()
        assert restarted(world, steps) == large.applications.keys() - small.applications.keys()
        writing = {call.unit.partition("/")[0] for call in changing(world.wire.since(calls))}
        assert writing <= concerned(small, large), "who has no new relation writes nothing"
        for name in large.applications.keys() - small.applications.keys():
            world.remove(name)
        settled(world)
        # Knative's namespace takes a while to go.
        kubernetes.rest()
        assert own(outcome(world), small) == own(before, small)


def settled(world: World) -> None:
    world.drain()
    world.converge()
    world.pass_time()


def restarted(world: World, since: int) -> set[str]:
    """Return the applications that got a new pod."""
    return {step.place.partition("/")[0] for step in world.trace[since:] if step.what == "new pod"}


def concerned(small: Bundle, large: Bundle) -> set[str]:
    """Return the applications of relations that the larger bundle adds."""
    return {name for pair in large.relations if pair not in small.relations for name, _ in pair}


def own(found: Outcome, of: Bundle) -> Outcome:
    """Return all but definitions, which stay, and relations to applications that the bundle does not have."""
    others = {name for name in bundle.named("kubeflow").applications if name not in of.applications}
    return {
        key: value
        for key, value in found.items()
        if not key.startswith(CRDS) and not any(f" {name}:" in key for name in others)
    }
