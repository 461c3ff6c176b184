"""How the program is started that keeps related applications' objects in every profile's namespace."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import ops
import registry_login
from kubeflow_charms import Blocked, Waiting
from kubeflow_charms.engine.cluster import Object, Reference
from kubeflow_charms.engine.run import Run
from kubeflow_charms.parts import AdmissionPolicies, File, HttpCheck, Manifests, Part, Program, Workload
from kubeflow_charms.parts.program import program
from kubeflow_charms.sandbox.role_bindings import binding
from user_manifests import KINDS, RBAC, Kind, Sender, UserManifests

PORT = 8082
FOLDER = "/etc/profile-manifests"
PROGRAM = Program("profile-manifests", role="profile-manifests-role.yaml.j2", writable=(FOLDER,))
LIBRARY = (
    "small_programs.health_server",
    "small_programs.kubernetes_api",
    "small_programs.passes",
    "storage.profile_logins",
)
FILES = (
    "placer.py",
    "placer_documents.py",
    "placer_limits.py",
    "placer_logins.py",
    "placer_names.py",
)
REPORT = f"{FOLDER}/report.json"
NAMES = "kubeflow-profile-owners"
"""The record of whose profiles' names are; with the model it goes, and not with the application."""
RECORDS = "profiles.kubeflow-charms/v1"
"""The version of that kind of ours."""
MOST = 3
"""How many of the things that are wrong the status has in full."""
LIMITS = Kind("limit-ranges", "v1", "LimitRange", "limitranges")
"""What the program places beside what related applications send."""
NETWORK = ("profile-network", next(kind for kind in KINDS if kind.kind == "NetworkPolicy"))
"""What keeps pods of other profiles off."""
IN_PROFILES = ("secret-rights", next(kind for kind in KINDS if kind.kind == "RoleBinding"))
"""What lets the program have kinds in profiles' namespaces that it may not see everywhere."""


def names(model: str) -> Reference:
    """Return what names the record of whose profiles' names are in a model."""
    return Reference(RECORDS, "ProfileNameRecord", NAMES, model)


@dataclasses.dataclass(frozen=True)
class Placing:
    """What the program places, and what that belongs to.

    Attributes:
        app: the application; with its model it marks what is placed.
        model: see `app`.
        found: what is to be placed.
        separate: whether pods of other profiles are kept off.
        reserved: a regular expression for names that no profile may have.
    """

    app: str
    model: str
    found: UserManifests
    separate: bool = True
    reserved: str = ""

    @property
    def placed(self) -> tuple[tuple[str, Kind], ...]:
        """Every kind that is placed, with what for."""
        confined = (IN_PROFILES,) if any(not kind.everywhere for _, kind in self.found.placed) else ()
        network = (NETWORK,) if self.separate else ()
        return (*confined, *self.found.placed, (LIMITS.endpoint, LIMITS), *network)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every kind that is placed, in the order in which it is."""
        return tuple(sorted({kind for _, kind in self.placed}, key=(*KINDS, LIMITS).index))

    @property
    def rights(self) -> str:
        """The name of the ClusterRole that the program has in profiles' namespaces alone."""
        return f"{self.model}-{self.app}-in-profiles"

    @property
    def owners(self) -> tuple[str, ...]:
        """The names of all that placed objects belong to."""
        return tuple(dict.fromkeys(self.owner(purpose, kind) for purpose, kind in self.placed))

    def owner(self, purpose: str, kind: Kind) -> str:
        """Return the name of what a kind's objects belong to, which goes when nobody sends them any more."""
        return f"{self.model}-{self.app}-{purpose}{'' if kind.endpoint == purpose else f'-{kind.plural}'}"

    def role_context(self) -> dict[str, Any]:
        """Return what the program may write: what is related, and no more."""
        return {
            "kinds": [kind for kind in self.kinds if kind.everywhere],
            "rights": self._own_rights(),
            "owners": list(self.owners),
            "names": NAMES,
        }

    def objects(self) -> Iterator[Part]:
        """Yield what the placed objects belong to, what the program may do in profiles alone, and whose names are."""
        yield Manifests("manifest-owners", "manifest-owners.yaml.j2", {"owners": list(self.owners)})
        confined = [kind for kind in self.kinds if not kind.everywhere]
        if confined:
            yield Manifests("manifest-rights", "manifest-rights.yaml.j2", {"name": self.rights, "kinds": confined})
        context = {**dataclasses.asdict(names(self.model)), "reserved": self.reserved}
        yield AdmissionPolicies("name-fence", "name-fence.yaml.j2", context)

    def workload(
        self,
        *,
        profiles: Mapping[str, str],
        requests: Mapping[str, str],
        limits: Mapping[str, str],
        callers: Sequence[Object],
        read: Callable[[str], str],
    ) -> Workload:
        """Return the program.

        Args:
            profiles: the one label that tells a profile's namespace.
            requests: of containers that say nothing, where a profile's quota counts them.
            limits: of the same.
            callers: peers of a NetworkPolicy that reach pods of profiles beside those of the profile itself.
            read: returns the text of a file of the charm's `src`.
        """
        ((key, value),) = profiles.items()
        document = {
            "manager": f"{self.app}.{PROGRAM.container}",
            "profiles": f"{key}={value}",
            # Not the labels of the application's own objects, which are never to be taken for placed ones.
            "labels": {"kubeflow-charms/placed-by": self.app, "kubeflow-charms/placed-from": self.model},
            "kinds": [
                {name: getattr(kind, name) for name in ("api_version", "kind", "plural", "everywhere")}
                for kind in self.kinds
            ],
            "senders": [*self._own(callers), *(self._sender(sender) for sender in self.found.senders)],
            "limits_owner": self.owner(LIMITS.endpoint, LIMITS),
            "requests": dict(requests),
            "limits": dict(limits),
            "login": registry_login.NAME,
            "logged_in": self._logged_in,
            "names": f"/apis/{RECORDS}/namespaces/{self.model}/profilenamerecords/{NAMES}",
        }
        manifests = f"{FOLDER}/manifests.json"
        return Workload(
            container=PROGRAM.container,
            command=f"python3 -B -u {FOLDER}/{FILES[0]} {manifests} {PORT} {REPORT}",
            files={
                **program(FOLDER, FILES, read, LIBRARY),
                manifests: File(json.dumps(document, sort_keys=True)),
            },
            # The second makes nothing unready; it wakes the charm when something cannot be placed, and when it could.
            checks={PROGRAM.container: HttpCheck(PORT, "/healthz"), "placed": HttpCheck(PORT, "/placed", level="")},
        )

    @property
    def _logged_in(self) -> bool:
        return any(item["metadata"]["name"] == registry_login.NAME for item in self.found.objects)

    def _sender(self, sender: Sender) -> dict[str, Any]:
        sent = map(registry_login.with_login, sender.objects) if self._logged_in else sender.objects
        kinds = {(kind.api_version, kind.kind): kind for _, kind in self.found.placed}
        return {
            "selector": dict(sender.selector),
            "takes_over": dict(sender.takes_over),
            "keys": dict(sender.keys),
            "objects": [
                {"owner": self.owner(sender.endpoint, kinds[item["apiVersion"], item["kind"]]), "object": item}
                for item in sent
            ],
        }

    def _own(self, callers: Sequence[Object]) -> Iterator[dict[str, Any]]:
        """Yield what is ours: the program's rights in profiles' namespaces, and what keeps other profiles' pods off."""
        if self.separate:
            ingress = [{"from": [{"podSelector": {}}, *callers]}]
            policy = {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": NETWORK[0]},
                "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": ingress},
            }
            yield self._ours(NETWORK, policy)
        if IN_PROFILES in self.placed:
            yield self._ours(IN_PROFILES, self._binding)

    @property
    def _binding(self) -> Object:
        return binding("RoleBinding", "ClusterRole", self.rights, PROGRAM.account(self.app), self.model)

    def _ours(self, purpose: tuple[str, Kind], item: Object) -> dict[str, Any]:
        """Return an object of ours for all profiles, as one of a sender."""
        placed = {"owner": self.owner(*purpose), "object": item}
        return {"selector": {}, "takes_over": {}, "keys": {}, "objects": [placed]}

    def _own_rights(self) -> list[dict[str, Any]]:
        """Return rules beside those to write each kind: Kubernetes lets nobody hand out what she may not do herself."""
        if IN_PROFILES not in self.placed:
            return self.found.rights
        bind = {"apiGroups": [RBAC], "resources": ["clusterroles"], "resourceNames": [self.rights], "verbs": ["bind"]}
        return [*self.found.rights, bind]


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
            with run.unit.get_container(PROGRAM.container).pull(REPORT) as stream:
                found = json.load(stream)
        except (ops.pebble.Error, ValueError):
            return  # It has made no pass yet; the workload's own part says whether it runs.
        lasting = [item["text"] for item in found if item["lasting"]]
        passing = [item["text"] for item in found if not item["lasting"] and not item.get("users")]
        if theirs := [item["text"] for item in found if item.get("users")]:
            run.messages.append(f"users keep out what related applications send: {_brief(theirs)}")
        if lasting:
            raise Blocked(f"cannot place {_brief(lasting)}")
        if passing:
            raise Waiting(f"what related applications send to be placed: {_brief(passing)}")


def _brief(found: list[str]) -> str:
    more = f"; and {len(found) - MOST} more, see the log of {PROGRAM.container}" if len(found) > MOST else ""
    return "; ".join(found[:MOST]) + more
