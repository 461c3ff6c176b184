"""What an active unit tells its operator."""

import dataclasses

from ..engine.run import Run


@dataclasses.dataclass(frozen=True)
class Message:
    """A sentence for the active status, such as the address at which users find the user interface."""

    text: str

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Add the sentence."""
        run.messages.append(self.text)
