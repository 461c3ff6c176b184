"""What can happen next, and who chooses."""

import dataclasses
import hashlib
import random
from collections.abc import Sequence
from typing import Protocol

OPERATOR, KUBERNETES = "operator", "kubernetes"


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing that can happen.

    Attributes:
        place: the unit, `operator` or `kubernetes`.
        what: a hook's name, or what the operator or Kubernetes does.
        subject: the relation, container, check or secret in question.
        remote: the unit or application on the other side.
    """

    place: str
    what: str
    subject: str = ""
    remote: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.place, self.what, self.subject, self.remote)))


class Schedule(Protocol):
    """Chooses what happens next, and whether what takes a while is quick."""

    def choose(self, steps: Sequence[Step]) -> Step:
        """Return one of the steps, which are in the order in which they became possible."""
        ...

    def likely(self, question: str, probability: float = 0.5) -> bool:
        """Answer a question that has nothing to do with order, the same whenever it is asked."""
        ...


@dataclasses.dataclass
class Chance:
    """Chooses by chance.

    Attributes:
        seed: the same one chooses the same.
    """

    seed: int
    _random: random.Random = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def choose(self, steps: Sequence[Step]) -> Step:
        """See `Schedule`."""
        return self._random.choice(steps)

    def likely(self, question: str, probability: float = 0.5) -> bool:
        """See `Schedule`."""
        return likely(self.seed, question, probability)


@dataclasses.dataclass
class Script:
    """Chooses the steps of a list as they become possible, and when none is, the one that is possible for longest.

    Attributes:
        steps: as text; one that never becomes possible is passed over when nothing of the list is.
        seed: for what has nothing to do with order.
    """

    steps: list[str]
    seed: int = 0

    def __post_init__(self) -> None:
        self.steps = list(self.steps)

    def choose(self, steps: Sequence[Step]) -> Step:
        """See `Schedule`."""
        possible = {str(step): step for step in steps}
        while self.steps:
            text = self.steps.pop(0)
            if text in possible:
                return possible[text]
        return steps[0]

    def likely(self, question: str, probability: float = 0.5) -> bool:
        """See `Schedule`."""
        return likely(self.seed, question, probability)


def likely(seed: int, question: str, probability: float) -> bool:
    """Answer a question by chance, but always in the same way."""
    number = hashlib.sha256(f"{seed} {question}".encode()).digest()
    return int.from_bytes(number[:4], "big") < probability * 2**32
