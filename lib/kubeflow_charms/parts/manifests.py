"""Objects of the cluster, from a template of the charm."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..engine.run import Declaration, Run, fingerprint
from .templates import render


@dataclasses.dataclass(frozen=True)
class Manifests:
    """Kubernetes objects, applied by the leader and pruned once a plan no longer has them.

    Attributes:
        name: the part's name; with the application's it is the field manager.
        template: a Jinja2 file in the charm's src folder; `app`, `namespace` and `model` are always there.
        context: what else the template may use.
    """

    name: str
    template: str
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def declare(self, run: Run) -> None:
        """Declare the template's objects."""
        text = run.source(self.template)
        context = run.context(self.context)
        run.declare(
            Declaration(self.name, fingerprint(text, context), lambda: render(text, context)),
        )

    def apply(self, run: Run) -> None:
        """Nothing is left to do once the cluster has the objects."""
