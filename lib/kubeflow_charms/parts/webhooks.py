"""Admission webhooks, registered once their workload answers."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..engine.run import Declaration, Run, fingerprint
from .answers import answers
from .templates import render

UNLESS_DELETED = (
    "!has(object.metadata.deletionTimestamp) || has(object.spec) != has(oldObject.spec) || "
    "has(object.spec) && object.spec != oldObject.spec"
)
"""An object that is being deleted must be able to go while nobody answers, but as it is: with a finalizer of hers
somebody could otherwise put into it what a controller cannot read, or must not."""


@dataclasses.dataclass(frozen=True)
class Webhooks:
    """Webhook configurations: made only when the container that serves them answers, removed before all else.

    Attributes:
        name: the part's name.
        template: a Jinja2 file in the charm's src folder.
        container: the workload that must answer first.
        context: what the template may use; `ca_bundle` is the usual name for the authority, in base64. What is in
            `unless_deleted` is always known: the condition of a webhook that may keep objects from changing.
    """

    name: str
    template: str
    container: str
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def declare(self, run: Run) -> None:
        """Declare the webhooks, to be made when the workload answers."""
        text = run.source(self.template)
        context = run.context({"unless_deleted": UNLESS_DELETED, **self.context})
        container = run.unit.get_container(self.container)
        run.declare(
            Declaration(
                self.name,
                fingerprint(text, context),
                lambda: render(text, context),
                when=lambda: answers(container),
            )
        )

    def apply(self, run: Run) -> None:
        """Nothing is left to do; the library commits once more after the workloads."""
