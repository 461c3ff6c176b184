"""The names of profiles that have gone, as an operator sees them: whose they were, and how one is free again."""

import dataclasses

from kubeflow_charms.engine.cluster import Cluster, Object
from kubeflow_charms.engine.problems import Blocked
from kubeflow_charms.engine.user_objects import list_all, merge
from placer_names import owner
from profile_manifests import names
from profile_objects import reference


@dataclasses.dataclass(frozen=True)
class FormerProfiles:
    """What the program profile-manifests wrote down, see `placer_names`.

    Attributes:
        cluster: where it is.
        application: the charm's own.
        model: its namespace.
    """

    cluster: Cluster
    application: str
    model: str

    def names(self) -> dict[str, str]:
        """Return the owner of each profile that is no more, as kind and name.

        Raises:
            Blocked: the application lacks trust.
            Waiting: Kubernetes does not answer.
        """
        there = {profile["metadata"]["name"] for profile in list_all(self.cluster, reference("list"))}
        return {name: said for name, said in sorted(self._owners().items()) if name not in there}

    def check(self, profile: Object) -> None:
        """Let nobody have the name of another's former profile.

        Raises:
            Blocked: it is one.
            Waiting: Kubernetes does not answer.
        """
        name = profile["metadata"]["name"]
        was = self._owners().get(name, owner(profile))
        if was != owner(profile):
            raise Blocked(
                f"profile {name} was {was.partition(' ')[2]}'s; choose another name, or: "
                f"juju run {self.application}/leader remove-former-profile name={name}"
            )

    def remove(self, name: str) -> bool:
        """Let anybody have the name; tell whether anything changed.

        Raises:
            Blocked: there is a profile of that name.
            Waiting: Kubernetes does not answer.
        """
        if self.cluster.get(reference(name)):
            raise Blocked(f"profile {name} is there; delete it first: kubectl delete profile {name}")
        if name not in self._owners():
            return False
        merge(self.cluster, names(self.model), {"owners": {name: None}})
        return True

    def _owners(self) -> dict[str, str]:
        return (self.cluster.get(names(self.model)) or {}).get("owners") or {}
