"""How the program is started that keeps related applications' objects in every profile's namespace."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping

import ops
import registry_login
from kubeflow_charms import Blocked, Waiting
from kubeflow_charms.parts import File, HttpCheck, Manifests, Part, Sandbox, Workload
from kubeflow_charms.run import Run
from user_manifests import Kind, UserManifests

CONTAINER = "profile-manifests"
PORT = 8082
FOLDER = "/etc/profile-manifests"
PROGRAM = ("placer.py", "placer_api.py", "placer_limits.py", "placer_logins.py")
REPORT = f"{FOLDER}/report.json"
MOST = 3
"""How many of the things that are wrong the status has in full."""
LIMITS = Kind("limit-ranges", "v1", "LimitRange", "limitranges")
"""What the program places beside what related applications send."""


def sandbox(memory: str, found: UserManifests, owners: Mapping[str, str]) -> Sandbox:
    """Return the program's sandbox: it may write what is related, and no more."""
    return Sandbox(
        container=CONTAINER,
        role="profile-manifests-role.yaml.j2",
        context={"kinds": (*found.kinds, LIMITS), "rights": found.rights, "owners": list(owners.values())},
        writable=(FOLDER,),
        memory=memory,
    )


def owners(found: UserManifests, *, app: str, model: str) -> dict[str, str]:
    """Return the name of what the placed objects of each endpoint belong to."""
    return {kind.endpoint: f"{model}-{app}-{kind.endpoint}" for kind in (*found.kinds, LIMITS)}


def objects(owners: Mapping[str, str], profiles: Mapping[str, str]) -> Iterator[Part]:
    """Yield what the placed objects belong to, and what keeps the program to profiles' namespaces."""
    yield Manifests("manifest-owners", "manifest-owners.yaml.j2", {"owners": list(owners.values())})
    yield Manifests("manifest-fence", "manifest-fence.yaml.j2", {"container": CONTAINER, "profiles": dict(profiles)})


def workload(
    found: UserManifests,
    owners: Mapping[str, str],
    *,
    app: str,
    model: str,
    profiles: Mapping[str, str],
    requests: Mapping[str, str],
    limits: Mapping[str, str],
    read: Callable[[str], str],
) -> Workload:
    """Return the program.

    Args:
        found: what it is to place.
        owners: what that belongs to, by endpoint.
        app: the application; with its model it marks what is placed.
        model: see `app`.
        profiles: the one label that tells a profile's namespace.
        requests: of containers that say nothing, where a profile's quota counts them.
        limits: of the same.
        read: returns the text of a file of the charm's `src`.
    """
    ((key, value),) = profiles.items()
    document = {
        "manager": f"{app}.{CONTAINER}",
        "profiles": f"{key}={value}",
        # Not the labels of the application's own objects, which are never to be taken for placed ones.
        "labels": {"kubeflow-charms/placed-by": app, "kubeflow-charms/placed-from": model},
        "kinds": [
            {
                "api_version": kind.api_version,
                "kind": kind.kind,
                "plural": kind.plural,
                "owner": owners[kind.endpoint],
            }
            for kind in (*found.kinds, LIMITS)
        ],
        "objects": found.objects,
        "requests": dict(requests),
        "limits": dict(limits),
        "login": registry_login.NAME,
        "logged_in": any(item["metadata"]["name"] == registry_login.NAME for item in found.objects),
    }
    manifests = f"{FOLDER}/manifests.json"
    return Workload(
        container=CONTAINER,
        command=f"python3 -u {FOLDER}/{PROGRAM[0]} {manifests} {PORT} {REPORT}",
        files={
            **{f"{FOLDER}/{name}": File(read(name)) for name in PROGRAM},
            manifests: File(json.dumps(document, sort_keys=True)),
        },
        # The second, which makes nothing unready, wakes the charm when something cannot be placed, and when it could.
        checks={CONTAINER: HttpCheck(PORT, "/healthz"), "placed": HttpCheck(PORT, "/placed", level="")},
    )


@dataclasses.dataclass(frozen=True)
class Placed:
    """Part: the status says what the program could not place, in which namespace and why."""

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Read the program's report.

        Raises:
            Blocked: somebody has to do something.
            Waiting: it may pass.
        """
        try:
            with run.unit.get_container(CONTAINER).pull(REPORT) as stream:
                found = json.load(stream)
        except (ops.pebble.Error, ValueError):
            return  # It has made no pass yet; the workload's own part says whether it runs.
        lasting = [item["text"] for item in found if item["lasting"]]
        passing = [item["text"] for item in found if not item["lasting"]]
        if lasting:
            raise Blocked(f"cannot place {_brief(lasting)}")
        if passing:
            raise Waiting(f"what related applications send to be placed: {_brief(passing)}")


def _brief(found: list[str]) -> str:
    more = f"; and {len(found) - MOST} more, see the log of {CONTAINER}" if len(found) > MOST else ""
    return "; ".join(found[:MOST]) + more
