"""What the actions do in the cluster: each brings it to a state, so that a second run changes nothing."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ops
import profile_objects
import profile_usage
from former_profiles import FormerProfiles
from kubeflow_charms.engine.cluster import Cluster, Object, Reference
from kubeflow_charms.engine.ownership import NOT_JUJUS
from kubeflow_charms.engine.problems import Blocked, Waiting
from kubeflow_charms.engine.user_objects import EVERYWHERE, list_all, merge
from profile_objects import Contributor, Profile
from profile_principals import Principals

PATIENCE = 30
"""Seconds that the controller gets to make a profile's namespace."""


class Actions:
    """Profiles as an operator manages them.

    Every method raises Blocked or Waiting with what to do.
    """

    def __init__(self, cluster: Cluster, application: str, model: str):
        self._cluster = cluster
        self._manager = f"{application}.actions"
        self.former = FormerProfiles(cluster, application, model)

    def create(self, profile: Profile) -> bool:
        """Make a profile, or let it have another quota; tell whether anything changed.

        Raises:
            Blocked: the name is taken, or the profile is not the actions' own and would have to change.
        """
        reference = profile_objects.reference(profile.name)
        found = self._cluster.get(reference)
        wanted = profile_objects.manifest(profile, found)
        if found is None:
            self._check_free(profile)
            self.former.check(wanted)
        elif _owner(found) != _owner(wanted):
            raise Blocked(f"profile {profile.name} belongs to {_owner(found)[1]} already; choose another name")
        elif _same_quota(found, wanted):
            return self._without_quota(profile)
        elif NOT_JUJUS.items() - (found["metadata"].get("labels") or {}).items():
            # Juju would take it for its own from then on, and delete it with the application.
            raise Blocked(
                f"profile {profile.name} was made elsewhere; change its quota with kubectl edit profile {profile.name}"
            )
        self._cluster.apply(wanted, reference, self._manager)
        self._without_quota(profile)
        return True

    def add(self, profile: str, contributor: Contributor, principals: Principals, *, patience: float = 0) -> bool:
        """Let a contributor into a profile; tell whether anything changed.

        Args:
            profile: its name.
            contributor: whom.
            principals: whom Istio's policies let in.
            patience: how many seconds the namespace may take to be there.

        Raises:
            Blocked: there is no such profile, the user is its owner, or the objects have the names of another's.
            Waiting: its namespace is not there yet.
        """
        found = self._cluster.get(profile_objects.reference(profile))
        if found is None:
            raise Blocked(f"there is no profile {profile}; list-profiles shows which there are")
        if _owner(found) == ("User", contributor.user):
            raise Blocked(f"{contributor.user} owns profile {profile}, and may do everything there")
        self._check_capitals(profile, found, contributor)
        self._await_namespace(profile, patience)
        # KFAM's own objects are left as they are; what it made a moment ago counts, too.
        objects = profile_objects.access(profile, contributor, principals)
        missing: list[Object] = []
        for item in objects:
            there = self._cluster.get(Reference.of(item, profile))
            if there is None:
                missing.append(item)
            elif (other := profile_objects.user(there)) not in ("", contributor.user):
                raise Blocked(
                    f"{contributor.user} cannot be {contributor.role} in profile {profile} beside {other}: "
                    "the dashboard calls both "
                    f"{item['metadata']['name']}, and would remove the one for the other; give one another role"
                )
        for item in missing:
            self._cluster.apply(item, Reference.of(item, profile), self._manager)
        return bool(missing)

    def initialise(self, profiles: Iterable[Profile], principals: Principals) -> tuple[list[str], list[str]]:
        """Make profiles with their contributors; return the names of those that changed and of the others.

        Raises:
            Blocked: some cannot be made; the message names each, the others are made.
            Waiting: a namespace is not there yet.
        """
        changed: list[str] = []
        same: list[str] = []
        refused: list[str] = []
        late: list[str] = []
        for profile in profiles:
            try:
                done = self.create(profile)
                for contributor in profile.contributors:
                    done = self.add(profile.name, contributor, principals, patience=0 if late else PATIENCE) or done
            except Blocked as problem:
                refused.append(str(problem))
            except Waiting as problem:
                late.append(str(problem))
            else:
                (changed if done else same).append(profile.name)
        if refused:
            raise Blocked("; ".join(refused + late))
        if late:
            raise Waiting("; ".join(late))
        return changed, same

    def documents(self) -> list[Object]:
        """Return all profiles, in the form that `profile_documents.read` takes."""
        profiles = list_all(self._cluster, profile_objects.reference("list"))
        bindings = list_all(self._cluster, Reference(f"{profile_objects.RBAC}/v1", "RoleBinding", "list", EVERYWHERE))
        return sorted(
            (profile_objects.describe(profile, bindings) for profile in profiles), key=lambda item: item["name"]
        )

    def usage(self, form: str) -> str:
        """Return what profiles use beside their quotas, as a `table`, or as `csv`."""
        rows = profile_usage.usage(
            list_all(self._cluster, profile_objects.reference("list")),
            list_all(self._cluster, Reference("v1", "Pod", "list", EVERYWHERE)),
            list_all(self._cluster, Reference("v1", "PersistentVolumeClaim", "list", EVERYWHERE)),
        )
        if form == "csv":
            return profile_usage.as_csv(rows)
        return profile_usage.as_table([*rows, *profile_usage.by_owner(rows)])

    def label(self, labels: Mapping[str, str], profile_label: Mapping[str, str]) -> list[str]:
        """Give all profiles' namespaces these labels, and return the names of those that changed.

        Args:
            labels: what they should have; an empty value takes a label away.
            profile_label: what tells a profile's namespace.
        """
        changed: list[str] = []
        for namespace in list_all(self._cluster, Reference("v1", "Namespace", "list"), profile_label):
            had = namespace["metadata"].get("labels") or {}
            wanted: dict[str, Any] = {key: value or None for key, value in labels.items() if had.get(key, "") != value}
            if wanted:
                name = namespace["metadata"]["name"]
                merge(self._cluster, Reference("v1", "Namespace", name), {"metadata": {"labels": wanted}})
                changed.append(name)
        return sorted(changed)

    def _without_quota(self, profile: Profile) -> bool:
        """Take the ResourceQuota away where none is wanted, which not each release of the controller does itself.

        Returns:
            Whether there was one.
        """
        quota = Reference("v1", "ResourceQuota", profile_objects.QUOTA, profile.name)
        if profile.quota is None or profile.quota.get("hard") or self._cluster.get(quota) is None:
            return False
        self._cluster.delete(quota)
        return True

    def _check_free(self, profile: Profile) -> None:
        namespace = self._cluster.get(Reference("v1", "Namespace", profile.name))
        if namespace is None:
            return
        owner = (namespace["metadata"].get("annotations") or {}).get("owner")
        if owner != profile.owner["name"]:
            raise Blocked(
                f"namespace {profile.name} is there already; choose another name, or to make it "
                f"{profile.owner['name']}'s: kubectl annotate namespace {profile.name} owner={profile.owner['name']}"
            )

    def _check_capitals(self, profile: str, found: Object, contributor: Contributor) -> None:
        """Refuse a name that differs in capitals alone from one that is there, as its objects would have one name."""
        bindings = list_all(self._cluster, Reference(f"{profile_objects.RBAC}/v1", "RoleBinding", "list", profile))
        people = [(binding["metadata"].get("annotations") or {}).get("user", "") for binding in bindings]
        for user in (_owner(found)[1], *people):
            if user != contributor.user and user.casefold() == contributor.user.casefold():
                raise Blocked(
                    f"{user} is in profile {profile} already, and differs from {contributor.user} in capitals alone; "
                    "use the name that the user logs in with"
                )

    def _await_namespace(self, name: str, patience: float) -> None:
        deadline = time.monotonic() + patience
        while self._cluster.get(Reference("v1", "Namespace", name)) is None:
            if time.monotonic() >= deadline:
                raise Waiting(f"the namespace of profile {name}, then run the action again")
            time.sleep(0.5)


def _owner(profile: Object) -> tuple[str, str]:
    owner = profile.get("spec", {}).get("owner") or {}
    return owner.get("kind", "User"), owner.get("name", "")


def _same_quota(found: Object, wanted: Object) -> bool:
    had, want = (item.get("spec", {}).get("resourceQuotaSpec") or {} for item in (found, wanted))
    return _texts(had) == _texts(want)


def _texts(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a quota with its amounts as text, as 8 and "8" are the same."""
    return {**spec, "hard": {key: str(value) for key, value in (spec.get("hard") or {}).items()}}


def answer(event: ops.ActionEvent, work: Callable[[], Mapping[str, str]]) -> None:
    """Answer an action with what `work` returns, or with why it cannot be done."""
    try:
        event.set_results(dict(work()))
    except Waiting as problem:
        event.fail(f"waiting for {problem}")
    except (Blocked, ValueError) as problem:
        event.fail(str(problem))
