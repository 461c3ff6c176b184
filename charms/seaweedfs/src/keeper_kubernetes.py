"""Namespaces of profiles, as they are and as they change; runs beside `login_keeper`."""

import dataclasses
from collections.abc import Iterator

from kubeflow_charms.small_programs.kubernetes_api import Kubernetes, Refused

NAMESPACES = "/api/v1/namespaces"


@dataclasses.dataclass(frozen=True)
class Namespaces:
    """The namespaces with a label.

    Attributes:
        kubernetes: the cluster's API.
        selector: the label, as `key=value`.
    """

    kubernetes: Kubernetes
    selector: str

    def list(self) -> tuple[dict[str, str], str]:
        """Return the uid of each namespace that is not about to go, by name, and the version of the list.

        Raises:
            Refused: Kubernetes does not tell.
        """
        found = self.kubernetes.get(NAMESPACES, {"labelSelector": self.selector}) or {}
        try:
            metadata = [item["metadata"] for item in found["items"] if "deletionTimestamp" not in item["metadata"]]
            return {item["name"]: item["uid"] for item in metadata}, found["metadata"]["resourceVersion"]
        except (LookupError, TypeError) as error:
            raise Refused(0, f"it sends no list of namespaces: {error}") from error

    def changes(self, version: str, seconds: int) -> Iterator[tuple[str, str]]:
        """Yield name and uid of each namespace that comes, changes or goes; an empty uid for one that goes.

        Args:
            version: of the list since when.
            seconds: after which it ends.

        Raises:
            Refused: Kubernetes does not tell.
        """
        parameters = {"labelSelector": self.selector, "resourceVersion": version}
        try:
            for event in self.kubernetes.watch(NAMESPACES, parameters, seconds):
                if event["type"] == "ERROR":
                    return
                metadata = event["object"]["metadata"]
                goes = event["type"] == "DELETED" or "deletionTimestamp" in metadata
                yield metadata["name"], "" if goes else metadata["uid"]
        except (LookupError, TypeError) as error:
            raise Refused(0, f"it sends no change of a namespace: {error}") from error
