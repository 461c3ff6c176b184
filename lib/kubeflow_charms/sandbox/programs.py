"""What runs in the containers of charmcraft.yaml, as data: the library makes each its sandbox before a plan begins.

With `juju trust` the application's token opens the whole cluster, and Juju mounts it in every container. A sandbox
mounts memory in its place, which stays empty or gets the token of a ServiceAccount that has only the role's rights,
once the container's `Workload` is about to run.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..engine.cluster import Object
from ..engine.run import Declaration, Run, fingerprint
from ..parts.templates import render
from .identity import FOLDER, Identity
from .roles import identity, lease, lease_rule

IN_MEMORY = {"emptyDir": {"medium": "Memory"}}


class Undeclared(Exception):
    """A container of charmcraft.yaml has no program, or a program no container: a mistake in the charm."""


@dataclasses.dataclass(frozen=True)
class Token:
    """A token for another audience than Kubernetes; the cluster's API refuses it.

    It is of the program's own ServiceAccount; of a program without a role, of the pod's, which is the application's.

    Attributes:
        path: the file in the container.
        audience: who accepts the token.
    """

    path: str
    audience: str


@dataclasses.dataclass(frozen=True)
class SharedFolder:
    """A folder in memory, gone with the pod: what one program writes there, another reads.

    Attributes:
        name: of the volume.
        path: of the folder, the same in each container.
    """

    name: str
    path: str


def unlabelled(options: Any) -> Mapping[str, str]:
    """Label no pod."""
    return {}


@dataclasses.dataclass(frozen=True)
class Program:
    """What a container runs, as far as it is known without relations, on which no pod depends.

    The option `memory`, where a charm has it, limits programs: all of them alike, or each by its container.

    Attributes:
        container: its name in charmcraft.yaml.
        role: a template in the charm's src folder with `cluster` and `namespace`, lists of RBAC rules, and
            `only_in: profiles` where `cluster` lets change nothing elsewhere, see `roles.identity`; None for a program
            that never calls Kubernetes. It knows `app`, `namespace`, and what `Charm.role_context` returns.
        writable: folders that the program, or the charm's files for it, write to; in memory, gone with the pod.
        shared: folders that other programs of the pod see as well.
        tokens: further tokens.
        labels: returns those of the pod, for selectors of other software, from the options.
        limited: whether the option `memory` is for it.
        leader_only: whether it elects no leader among several of its kind: it runs on the unit that leads, and stops
            on one that leads no longer, whatever stands in the way of the plan.
        elects: the Lease by which it elects its own leader, with `{app}` for the application: the library makes it,
            as nobody would take away one that the program made, and grants its use. Empty if it has none.
    """

    container: str
    _: dataclasses.KW_ONLY
    role: str | None = None
    writable: tuple[str, ...] = ()
    shared: tuple[SharedFolder, ...] = ()
    tokens: tuple[Token, ...] = ()
    labels: Callable[[Any], Mapping[str, str]] = unlabelled
    limited: bool = True
    leader_only: bool = False
    elects: str = ""

    def account(self, app: str) -> str:
        """Return the program's ServiceAccount."""
        return f"{app}-{self.container}"

    def lease(self, app: str) -> str:
        """Return the Lease by which it elects its own leader; empty if it has none."""
        return self.elects.format(app=app)


@dataclasses.dataclass(frozen=True)
class Sandboxes:
    """Each container's own identity, limits, writable folders and tokens; the library's own part.

    Attributes:
        programs: what runs in the containers.
        options: the charm's.
        context: what templates of roles may use besides `app` and `namespace`.
    """

    programs: tuple[Program, ...]
    options: Any
    context: Mapping[str, Any]

    def declare(self, run: Run) -> None:
        """Declare the identities, the Leases, and what the containers mount."""
        for program in self.programs:
            run.pod.containers[program.container] = self._container(run, program)
            run.pod.labels |= program.labels(self.options)
        leases = [program.lease(run.app) for program in self.programs if program.elects]
        if leases:
            run.declare(Declaration("lease", fingerprint(leases), lambda: [lease(name) for name in leases]))

    def apply(self, run: Run) -> None:
        """Nothing is left to do once the pod is as declared."""

    def _container(self, run: Run, program: Program) -> Object:
        mounts = [self._identity(run, program)]
        for number, path in enumerate(program.writable):
            mounts.append(_volume(run, f"{program.container}-writable-{number}", path, IN_MEMORY))
        for number, token in enumerate(program.tokens):
            folder, _, name = token.path.rpartition("/")
            source = {"audience": token.audience, "expirationSeconds": 43200, "path": name}
            projected = {"projected": {"sources": [{"serviceAccountToken": source}]}}
            mounts.append(
                _volume(
                    run, f"{program.container}-token-{number}", folder, projected if program.role is None else IN_MEMORY
                )
            )
        mounts += [_volume(run, folder.name, folder.path, IN_MEMORY) for folder in program.shared]
        limit = _limit(self.options, program)
        return {
            "volumeMounts": mounts,
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            **({"resources": {"limits": {"memory": limit}}} if limit else {}),
        }

    def _identity(self, run: Run, program: Program) -> Object:
        if program.role is None:
            return _volume(run, f"{program.container}-no-token", FOLDER, {"emptyDir": {}})
        text = run.source(program.role)
        # What other programs' roles speak of does not change this one's.
        spoken = {name: value for name, value in self.context.items() if name in text}
        context = {"app": run.app, "namespace": run.namespace, **spoken}
        name, elected = program.account(run.app), program.lease(run.app)
        further = [lease_rule(elected)] if elected else []
        run.declare(
            Declaration(
                f"{program.container}-identity",
                fingerprint(text, context, *further),
                lambda: identity(name, run.namespace, render(text, context)[0], further),
            )
        )
        run.identities[program.container] = Identity(name, {token.path: token.audience for token in program.tokens})
        return _volume(run, f"{program.container}-token", FOLDER, IN_MEMORY)


def require_each(programs: Iterable[Program], containers: Iterable[str]) -> None:
    """Check that each container has one program; one without would have the application's powerful token.

    Raises:
        Undeclared: some have none, or several.
    """
    declared, wanted = sorted(program.container for program in programs), sorted(containers)
    if declared != wanted:
        raise Undeclared(f"charmcraft.yaml has the containers {wanted}, and programs are declared for {declared}")


def _limit(options: Any, program: Program) -> str:
    given = getattr(options, "memory", "") if program.limited else ""
    if isinstance(given, Mapping):
        return given.get(program.container, "")
    return str(given)


def _volume(run: Run, name: str, path: str, source: Object) -> Object:
    run.pod.volumes[name] = source
    return {"name": name, "mountPath": path}
