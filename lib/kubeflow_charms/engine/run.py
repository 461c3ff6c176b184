"""One reconciliation: who the charm is, what its parts have declared, and what stands in the way."""

import dataclasses
import json
import logging
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

import ops

from ..observability.metrics import Metrics, Panel
from ..relations.secrets import Secrets
from ..sandbox.identity import Identity
from .cluster import Cluster, Object, Reference
from .problems import Problem, Waiting

logger = logging.getLogger(__name__)

DOMAIN = "kubeflow-charms"
MARKER = pathlib.Path("/var/run/kubeflow-charms/pod")


class Twice(Exception):
    """A plan has two parts of which the last would win: a mistake in the charm, which no operator can mend."""


class Part(Protocol):
    """One thing that should exist.

    `declare` states, without effects, what it wants of the cluster and of the pod; `apply` does the rest once
    the cluster has that. Both raise Blocked or Waiting.
    """

    def declare(self, run: "Run") -> None:
        """State objects of the cluster and changes of the pod."""

    def apply(self, run: "Run") -> None:
        """Make the part so on this unit."""


class Removal(Protocol):
    """What is done as the application goes; see `parts/left_behind.py`."""

    def remove(self, run: "Run") -> Iterator[None]:
        """Do what needs the programs, yield, and do the rest once they have stopped."""
        ...


def always() -> bool:
    """Let objects be made at once."""
    return True


@dataclasses.dataclass(frozen=True)
class Declaration:
    """Objects that a part wants in the cluster.

    Attributes:
        part: the part's name, the second half of the field manager.
        fingerprint: changes whenever the objects would; cheaper than making them.
        render: makes the objects.
        when: tells whether new objects may be made already; those that exist stay.
        retained: the objects outlive the application and are shared by every model (CRDs).
        version: of the retained objects; they are never downgraded.
    """

    part: str
    fingerprint: str
    render: Callable[[], Iterable[Object]]
    when: Callable[[], bool] = always
    retained: bool = False
    version: str = ""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """An object that a part wants.

    Attributes:
        item: its fields.
        reference: to it.
        declared: where it is from.
        manager: the field manager; all applications of a charm have one for the definitions.
    """

    item: Object
    reference: Reference
    declared: Declaration
    manager: str


@dataclasses.dataclass
class Pod:
    """What the parts change in the application's pods: containers and volumes by name, and labels."""

    containers: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    volumes: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    labels: dict[str, str] = dataclasses.field(default_factory=dict)

    def digest(self) -> str:
        """Return what tells one pod from another; empty when the pods stay as Juju makes them."""
        return fingerprint(vars(self)) if self.containers else ""


@dataclasses.dataclass
class Run:
    """What parts get to see and to fill.

    Attributes:
        charm: the charm's name; app: the application's; both give objects their owner.
        metrics: where workloads show metrics, by container.
        dashboards: title, description and panels of those beside that of the workloads, by name.
        claimed: what there may be one of, and is.
        identities: who the workloads are, by container.
        bound: the object with which their tokens end, once one was asked for.
        look: whether parts are to trust nothing that they remember of the cluster; now and then so on every unit.
        changed: whether this hook has changed the cluster.
        anew: accounts that had to be made again; tokens of the one before it open nothing.
        collectors: applications that are related to collect them.
        sources: the charm's src folder, where templates are.
        leader: whether this unit may write cluster objects and application databags.
        purge: whether the CRDs go with the application.
    """

    charm: str
    unit: ops.Unit
    model: ops.Model
    sources: pathlib.Path
    leader: bool
    purge: bool
    secrets: Secrets
    cluster: Cluster
    collectors: tuple[str, ...] = ()
    pod: Pod = dataclasses.field(default_factory=Pod)
    metrics: dict[str, Metrics] = dataclasses.field(default_factory=dict)
    dashboards: dict[str, tuple[str, str, tuple[Panel, ...]]] = dataclasses.field(default_factory=dict)
    declarations: list[Declaration] = dataclasses.field(default_factory=list)
    claimed: set[str] = dataclasses.field(default_factory=set)
    identities: dict[str, Identity] = dataclasses.field(default_factory=dict)
    bound: Mapping[str, str] | None = None
    look: bool = False
    changed: bool = False
    anew: set[str] = dataclasses.field(default_factory=set)
    problems: list[Problem] = dataclasses.field(default_factory=list)
    messages: list[str] = dataclasses.field(default_factory=list)

    @property
    def app(self) -> str:
        """The application's name."""
        return self.unit.app.name

    @property
    def namespace(self) -> str:
        """The model's name, which is its Kubernetes namespace too."""
        return self.model.name

    @property
    def late(self) -> bool:
        """Whether some objects wait for a workload of this run."""
        return any(item.when is not always for item in self.declarations)

    def source(self, name: str) -> str:
        """Return the text of a file of the charm's src folder."""
        return (self.sources / name).read_text()

    def context(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a template of objects may use: who the application is, and `more`."""
        return {"app": self.app, "namespace": self.namespace, "model": self.namespace, **more}

    def declare(self, declaration: Declaration) -> None:
        """Take objects that a part wants.

        Raises:
            Twice: another part has the name, and so the field manager; each would undo what the other applied.
        """
        self.claim(f"the part {declaration.part}")
        self.declarations.append(declaration)

    def wanted(self, declarations: Iterable[Declaration]) -> list[Wanted]:
        """Return the objects of declarations, which are made anew."""
        return [
            Wanted(
                item,
                Reference.of(item, self.namespace),
                declared,
                f"{self.charm if declared.retained else self.app}.{declared.part}",
            )
            for declared in declarations
            for item in declared.render()
        ]

    def claim(self, what: str) -> None:
        """Take what there may be one of, so that no part silently takes the place of another.

        Raises:
            Twice: another part has it.
        """
        if what in self.claimed:
            raise Twice(f"the plan has {what} twice")
        self.claimed.add(what)

    def attempt(self, action: Callable[..., Any], *arguments: Any) -> bool:
        """Do something; keep the problem that it raises, and tell whether there was none."""
        try:
            action(*arguments)
        except Problem as problem:
            self.report(problem)
            return False
        return True

    def report(self, problem: Problem) -> None:
        """Keep a problem for the status, once."""
        if str(problem) not in [str(known) for known in self.problems]:
            self.problems.append(problem)

    def require_own_pod(self) -> None:
        """Let no workload start in a pod that still has the application's powerful token.

        Raises:
            Waiting: this pod is not yet the one that the parts asked for; Kubernetes is about to replace it.
        """
        if self.pod.digest() != running_pod():
            raise Waiting("the pod to restart with its own identity")


def running_pod() -> str:
    """Return the digest of the pod that this charm runs in, as its annotation tells; empty if Juju's own."""
    try:
        return MARKER.read_text()
    except FileNotFoundError:
        return ""


def fingerprint(*values: Any) -> str:
    """Return a short digest of JSON-like values."""
    import hashlib

    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
