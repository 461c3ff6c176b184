"""Which commands help an application that is not active."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from tools.up.deployment import Row

_COMMAND = re.compile(r"\b(?:juju|microk8s|kubectl) [a-z][a-z0-9-]*(?: [^;\n]*?)?(?=, or |;| says |\. | \(and |\n|$)")

_OPTION = re.compile(r"\boption ([a-z][a-z0-9_-]*):")
"""How charms begin to say what is wrong with an option."""

_POD = re.compile(r"\bcontainer ([a-z0-9-]+) to start\b|\bthe pod to restart\b|\bKubernetes to know the unit's pod\b")
"""How charms say that they wait for Kubernetes to start their pod: an image is pulled, or there is no room."""

_PROGRAM = re.compile(r"\bwaiting for ([a-z0-9-]+) to answer\b")
"""How charms say that a program of theirs does not answer; it is called like its container."""

OTHER = "APPLICATION"
"""What charms say for the application that is missing, which they cannot know."""


def commands(message: str) -> list[str]:
    """Return the commands that a status message names, up to the next `;`, `, or` or end of a sentence."""
    found = (match.rstrip(" ,") for match in _COMMAND.findall(message))
    return [command if command.endswith("...") else command.rstrip(".") for command in found]


def log_command(model: str, unit: str) -> str:
    """Return the command that shows what a unit logged."""
    return f"juju debug-log --model {model} --replay --no-tail --level WARNING --include unit-{unit.replace('/', '-')}"


def starts(row: Row) -> bool:
    """Tell whether Kubernetes or Juju is at work on an application, which takes as long as images take to come."""
    return not row.settled or bool(_POD.search(row.message))


@dataclasses.dataclass(frozen=True)
class Advice:
    """What helps in one model.

    Attributes:
        model: its name, for commands.
        partners: the other end of each relation of the bundle, by `APPLICATION:ENDPOINT`.
    """

    model: str = ""
    partners: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def named(self, row: Row) -> list[str]:
        """Return the commands that a row's message names, and one for each option that it finds fault with."""
        found = [self._filled(command) for command in commands(row.message)]
        return found or [f"juju config {row.application} {option}=..." for option in _OPTION.findall(row.message)]

    def help(self, row: Row) -> list[str]:
        """Return what `named` does, or else the commands that show why it takes so long, or failed."""
        failed = [log_command(self.model, unit) for unit in row.failed]
        return [*self.named(row), *failed] or list(self._looks(row))

    def _filled(self, command: str) -> str:
        """Return a command with the application that the bundle relates in the place of the unknown one."""
        words = command.split()
        known = next((self.partners[word] for word in words if word in self.partners), OTHER)
        return " ".join(known if word == OTHER else word for word in words)

    def _looks(self, row: Row) -> Iterator[str]:
        pod = f"{row.application}-0"
        if found := _PROGRAM.search(row.message):
            yield f"kubectl logs -n {self.model} {pod} -c {found[1]} --tail 20"
        elif _POD.search(row.message) or not row.settled:
            yield f"kubectl describe pod -n {self.model} {pod}"
