"""What a workload's container may do: an identity of its own instead of the application's, limits, and no root."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from .. import confinement
from ..cluster import Object
from ..identity import FOLDER, Identity
from ..run import Declaration, Run, fingerprint
from ..templates import render

IN_MEMORY = {"emptyDir": {"medium": "Memory"}}


@dataclasses.dataclass(frozen=True)
class Token:
    """A token for another audience than Kubernetes; the cluster's API refuses it.

    It is of the workload's own ServiceAccount; in a workload without a role, of the pod's, which is the application's.

    Attributes:
        path: the file in the container.
        audience: who accepts the token.
    """

    path: str
    audience: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sandbox:
    """One workload container's identity and limits; yield it before anything that may raise.

    With `juju trust` the application's token opens the whole cluster, and Juju mounts it in every container. The
    sandbox mounts memory in its place, which stays empty or gets the token of a ServiceAccount that has only the
    role's rights, once the container's `Workload` is about to run.

    Attributes:
        container: the container's name.
        role: a template in the charm's src folder with `cluster` and `namespace`, lists of RBAC rules, and
            `only_in: profiles` where `cluster` lets change nothing elsewhere; None for a workload that never calls
            Kubernetes.
        context: what the role's template may use besides `app` and `namespace`.
        writable: folders that the workload, or the charm's files for it, write to; in memory, gone with the pod.
        tokens: further tokens.
        labels: of the pod, for selectors of other software.
        memory: limit, a Kubernetes quantity such as `256Mi`; empty for none.
        cpu: request, a Kubernetes quantity such as `100m`; empty for none.
    """

    container: str
    role: str | None = None
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    writable: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    memory: str = ""
    cpu: str = ""

    def declare(self, run: Run) -> None:
        """Declare the identity's objects, and what the container mounts."""
        run.claim(f"a sandbox for {self.container}")
        mounts = [self._identity(run)]
        for number, path in enumerate(self.writable):
            mounts.append(self._volume(run, f"writable-{number}", path, IN_MEMORY))
        for number, token in enumerate(self.tokens):
            folder, _, name = token.path.rpartition("/")
            source = {"audience": token.audience, "expirationSeconds": 43200, "path": name}
            projected = {"projected": {"sources": [{"serviceAccountToken": source}]}}
            mounts.append(self._volume(run, f"token-{number}", folder, projected if self.role is None else IN_MEMORY))
        container: dict[str, Any] = {
            "volumeMounts": mounts,
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        }
        resources = {"limits": {"memory": self.memory}} if self.memory else {}
        resources |= {"requests": {"cpu": self.cpu}} if self.cpu else {}
        if resources:
            container["resources"] = resources
        run.pod.containers[self.container] = container
        run.pod.labels |= self.labels

    def apply(self, run: Run) -> None:
        """Nothing is left to do once the pod is as declared."""

    def _identity(self, run: Run) -> Object:
        if self.role is None:
            return self._volume(run, "no-token", FOLDER, {"emptyDir": {}})
        text = run.source(self.role)
        context = {"app": run.app, "namespace": run.namespace, **self.context}
        name = f"{run.app}-{self.container}"
        run.declare(
            Declaration(
                f"{self.container}-identity",
                fingerprint(text, context),
                lambda: identity(name, run.namespace, render(text, context)[0]),
            )
        )
        audiences = {token.path: token.audience for token in self.tokens}
        run.identities[self.container] = Identity(name, audiences)
        return self._volume(run, "token", FOLDER, IN_MEMORY)

    def _volume(self, run: Run, purpose: str, path: str, source: Object) -> Object:
        name = f"{self.container}-{purpose}"
        run.pod.volumes[name] = source
        return {"name": name, "mountPath": path}


def identity(name: str, namespace: str, rules: Object) -> list[Object]:
    """Return a ServiceAccount, the roles that `rules` asks for, and what keeps them to some namespaces.

    Args:
        name: of the ServiceAccount, and of its Role.
        namespace: where it is.
        rules: lists of RBAC rules under `cluster`, for the whole cluster, and `namespace`, for its own namespace; under
            `only_in`, a key of `confinement.NAMESPACES`, where alone the account may change anything besides.
    """
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    objects: list[Object] = [{**account, "automountServiceAccountToken": False}]
    for kind, role_name, granted in (
        ("ClusterRole", f"{namespace}-{name}", rules.get("cluster")),
        ("Role", name, rules.get("namespace")),
    ):
        if granted:
            objects += _grant(
                kind, role_name, granted, {"kind": "ServiceAccount", "name": name, "namespace": namespace}
            )
    if place := rules.get("only_in"):
        labels = confinement.NAMESPACES[place]
        objects += confinement.policies(name, namespace, rules.get("namespace") or (), labels)
    return objects


def _grant(kind: str, name: str, rules: list[Object], subject: Object) -> list[Object]:
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "rules": rules}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": f"{kind}Binding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": kind, "name": name},
        "subjects": [subject],
    }
    return [role, binding]
