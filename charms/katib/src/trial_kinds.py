"""The kinds of object that a trial can be, and which of them the cluster knows.

Katib looks for the definitions of kinds only as it starts, and never again. So the charm looks for those that were
missing, one in a hook, and lets Katib start anew with those that have come. Source: kubeflow/katib v0.19.0,
pkg/controller.v1beta1/trial.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec
from kubeflow_charms.engine.cluster import Reference, plural

JOB = "Job.v1.batch"
"""What every cluster has."""


@dataclasses.dataclass(frozen=True, order=True)
class Kind:
    """A kind that a trial can be; `str` gives it as Katib wants it."""

    kind: str
    version: str
    group: str

    @classmethod
    def parse(cls, text: str) -> "Kind":
        """Return the kind of a text such as `RayJob.v1.ray.io`.

        Raises:
            ValueError: it is none.
        """
        found = re.fullmatch(r"([A-Z][A-Za-z0-9]*)\.(v[0-9][a-z0-9]*)\.([a-z0-9-]+(?:\.[a-z0-9-]+)+)", text)
        if not found:
            raise ValueError(f"{text!r} is no kind, expected Kind.version.group such as RayJob.v1.ray.io")
        return cls(*found.groups())

    def __str__(self) -> str:
        return f"{self.kind}.{self.version}.{self.group}"

    @property
    def resource(self) -> str:
        """The name of the kind in roles and addresses."""
        return plural(self.kind)

    @property
    def definition(self) -> Reference:
        """The definition by which the cluster knows the kind."""
        return Reference("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{self.resource}.{self.group}")


TRAINING = tuple(Kind(kind, "v1", "kubeflow.org") for kind in ("TFJob", "PyTorchJob", "MPIJob", "XGBoostJob"))
TRAINER = (Kind("TrainJob", "v1alpha1", "trainer.kubeflow.org"),)
FAMILIES = ((TRAINING[1], TRAINING), (TRAINER[0], TRAINER))
"""Kinds that come together, after the one whose definition tells that they are there."""


class Memory(msgspec.Struct, frozen=True):
    """What is known of the cluster.

    Attributes:
        found: the definitions that are there.
        turn: how often was asked for others.
    """

    found: tuple[str, ...] = ()
    turn: int = 0


def known(memory: pathlib.Path, extra: Iterable[Kind], there: Callable[[Reference], bool]) -> tuple[str, ...]:
    """Return the kinds that a trial can be here, as Katib wants them.

    Args:
        memory: a file that keeps what was found; the unit's own, and gone with its pod.
        extra: kinds beside Katib's own.
        there: tells whether the cluster has an object; called once, but for the first time in a pod.
    """
    families = (*FAMILIES, *((kind, (kind,)) for kind in extra))
    probes = [probe.definition for probe, _ in families]
    had = _read(memory)
    missing = [probe for probe in probes if had is None or probe.name not in had.found]
    asked = missing if had is None else missing[had.turn % len(missing) :][:1] if missing else []
    before = had or Memory()
    now = Memory((*before.found, *(probe.name for probe in asked if there(probe))), before.turn + bool(missing))
    if now != had:
        memory.write_bytes(msgspec.json.encode(now))
    return (JOB, *_in(now, families))


def _in(memory: Memory, families: Iterable[tuple[Kind, tuple[Kind, ...]]]) -> Iterator[str]:
    for probe, kinds in families:
        if probe.definition.name in memory.found:
            yield from map(str, kinds)


def _read(memory: pathlib.Path) -> Memory | None:
    try:
        return msgspec.json.decode(memory.read_bytes(), type=Memory)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
