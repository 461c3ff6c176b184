"""The one door to Kubernetes: read, apply and delete, with every failure turned into a status."""

import dataclasses
import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .problems import Blocked, Problem, Waiting

if TYPE_CHECKING:
    import lightkube

logger = logging.getLogger(__name__)

Object = dict[str, Any]
DELAYS = (0.2, 0.5, 1.0)
TRANSIENT = (408, 429, 500, 502, 503, 504)
CLUSTER_SCOPED = {
    "APIService",
    "CompositeController",
    "CustomResourceDefinition",
    "DecoratorController",
    "GatewayClass",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "Profile",
    "RuntimeClass",
    "StorageClass",
    "SubjectAccessReview",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "WorkspaceKind",
}


@dataclasses.dataclass(frozen=True, order=True)
class Reference:
    """Names one object; `namespace` is empty for a cluster-scoped one."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, item: Object, default_namespace: str) -> "Reference":
        """Return the reference of an object; a namespaced one without a namespace gets the default."""
        metadata = item["metadata"]
        namespace = "" if is_cluster_scoped(item["kind"]) else metadata.get("namespace") or default_namespace
        return cls(item["apiVersion"], item["kind"], metadata["name"], namespace)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def is_cluster_scoped(kind: str) -> bool:
    """Tell whether objects of a kind have no namespace; kinds called Cluster... have none, by convention."""
    return kind in CLUSTER_SCOPED or kind.startswith("Cluster")


def plural(kind: str) -> str:
    """Return the name of a kind in URLs, by the rule that Kubernetes' own generators use.

    Source: k8s.io/apimachinery, `UnsafeGuessKindToResource`, with vowels before the y minded as Gateway needs.
    """
    word = kind.lower()
    if word.endswith("endpoints"):
        return word
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def connect() -> "lightkube.Client":
    """Return a client for the cluster that this charm runs in; imported late, as most hooks need none."""
    import lightkube

    # Each line of their logs would cost the hook a call of juju-log.
    for name in ("httpcore2", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return lightkube.Client(trust_env=True)


class Conflict(Blocked):
    """Somebody else owns fields of an object that is to be applied, with another value.

    Attributes:
        managers: who, by the names of their field managers.
    """

    def __init__(self, message: str, managers: Iterable[str]):
        super().__init__(message)
        self.managers = tuple(sorted(set(managers)))


class Cluster:
    """Kubernetes as the charm's application sees it.

    Every method raises Blocked or Waiting with what to do, never an exception of the client library.
    """

    def __init__(self, application: str, connect: Callable[[], "lightkube.Client"] | None = None):
        self._application = application
        self._connect = connect
        self._client: lightkube.Client | None = None

    def get(self, reference: Reference) -> Object | None:
        """Return an object, or None when it, or its kind, is not there."""
        return self.call(reference, lambda client, kind, where: client.get(kind, reference.name, **where))

    def apply(
        self, item: Object, reference: Reference, manager: str, *, rehearsal: bool = False, force: bool = False
    ) -> Object:
        """Apply an object server-side under a field manager, and return it as it is then.

        Args:
            item: the fields to apply.
            reference: the object.
            manager: who applies them.
            rehearsal: only find out whether it would be accepted.
            force: take fields from whoever else owns them; those of another part of the same application, which had
                the object in an earlier revision of the charm, are taken in any case.

        Raises:
            Conflict: somebody else owns some of the fields, and force is not to be used.
        """

        def patch(client: Any, kind: Any, where: dict[str, str], *, force: bool) -> Object:
            from lightkube.types import PatchType

            return client.patch(
                kind,
                reference.name,
                item,
                patch_type=PatchType.APPLY,
                field_manager=manager,
                force=force,
                dry_run=rehearsal,
                **where,
            )

        def send(client: Any, kind: Any, where: dict[str, str]) -> Object:
            import httpx2

            try:
                return patch(client, kind, where, force=force)
            except httpx2.HTTPStatusError as error:
                if not _with_ourselves(error.response.text, manager):
                    raise
                return patch(client, kind, where, force=True)

        applied = self.call(reference, send, unknown_may_come=True)
        if applied is None:
            group = reference.api_version.rpartition("/")[0] or "core"
            raise Waiting(f"Kubernetes to know {reference.kind} ({group}), for {reference}")
        return applied

    def remove_containers(self, reference: Reference, names: Iterable[str], manager: str) -> None:
        """Take containers out of an object's pod template; those that are not there are fine."""
        gone = [{"name": name, "$patch": "delete"} for name in names]
        fields = {"spec": {"template": {"spec": {"containers": gone}}}}

        def patch(client: Any, kind: Any, where: dict[str, str]) -> Object:
            return client.patch(kind, reference.name, fields, field_manager=manager, **where)

        self.call(reference, patch)

    def delete(self, reference: Reference, *, grace_seconds: int | None = None) -> None:
        """Delete an object; one that is not there is fine.

        Args:
            reference: the object.
            grace_seconds: how long a pod may take to end; None for what the pod says.
        """

        def send(client: Any, kind: Any, where: dict[str, str]) -> Object:
            client.delete(kind, reference.name, grace_period=grace_seconds, **where)
            return {}

        self.call(reference, send)

    def call(self, reference: Reference, send: Callable[..., Any], *, unknown_may_come: bool = False) -> Any:
        """Send one request, again after a short pause where that helps; None for 404.

        Args:
            reference: the object in question.
            send: sends the request with a client.
            unknown_may_come: whether to try again after a 404, as a kind is served shortly after its CRD is there.
        """
        import httpx2
        from lightkube.core.exceptions import ApiError, ConfigError

        placed = reference.namespace and not is_cluster_scoped(reference.kind)
        where = {"namespace": reference.namespace} if placed else {}
        for delay in (*DELAYS, None):
            try:
                if self._client is None:
                    self._client = (self._connect or connect)()
                return send(self._client, _resource(reference), where)
            except httpx2.HTTPStatusError as error:
                code = error.response.status_code
                # An API group that the server does not know is refused in plain text, not with a Status.
                message = error.status.message if isinstance(error, ApiError) else error.response.text
                if code == 404 and (delay is None or not unknown_may_come):
                    return None
                problem, again = self._explain(reference, code, message or "")
            except (httpx2.HTTPError, ConfigError, OSError) as error:
                problem, again = Waiting(f"the Kubernetes API to answer ({type(error).__name__})"), True
            if not again or delay is None:
                raise problem
            time.sleep(delay)
        raise AssertionError("unreachable")

    def _explain(self, reference: Reference, code: int, message: str) -> tuple[Problem, bool]:
        """Return what a refusal means for an operator, and whether to try again at once.

        Source of the words of a conflict: k8s.io/apimachinery, `managedfields.NewConflictError`.
        """
        if code == 403 and "being terminated" in message:
            return Waiting(f"the namespace of {reference} to be gone"), False
        if code == 403 and (" cannot " in message or "attempting to grant" in message):
            logger.warning("Kubernetes forbids %s: %s", reference, message)
            return Blocked(f"needs trust, run: juju trust {self._application} --scope=cluster"), False
        if code == 409 and message.startswith("Apply failed with "):
            told = f"{reference} belongs to someone else: {' '.join(message.split())}"
            return Conflict(told, _in_the_way(message)), False
        if code in (*TRANSIENT, 401, 404, 409):
            return Waiting(f"the Kubernetes API ({code} for {reference})"), True
        return Blocked(f"Kubernetes refuses {reference}: {message}"), False


def _with_ourselves(refusal: str, manager: str) -> bool:
    """Tell whether a refusal names field managers, and only those of the same application as `manager`."""
    others = _in_the_way(refusal)
    family = manager.rpartition(".")[0]
    return bool(others) and all(other.rpartition(".")[0] == family for other in others)


def _in_the_way(refusal: str) -> list[str]:
    """Return the field managers that a refusal names, in plain words or inside of JSON."""
    import re

    return re.findall(r'conflicts? with \\?"([^"\\]+)', refusal)


def _resource(reference: Reference) -> Any:
    from lightkube import generic_resource

    known = generic_resource.get_generic_resource(reference.api_version, reference.kind)
    if known is not None:
        return known
    group, _, version = reference.api_version.rpartition("/")
    if is_cluster_scoped(reference.kind):
        create = generic_resource.create_global_resource
    else:
        create = generic_resource.create_namespaced_resource
    return create(group, version, reference.kind, plural(reference.kind))
