"""What Kubernetes itself checks of each request, as no role can say it."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..engine.cluster import Object
from ..engine.run import Declaration, Run, fingerprint
from ..sandbox.confinement import NAMESPACES, bound, within
from .templates import render


@dataclasses.dataclass(frozen=True)
class AdmissionPolicies:
    """ValidatingAdmissionPolicies of the application, each with the binding that makes it deny.

    Attributes:
        name: the part's name.
        template: a Jinja2 file in the charm's src folder: the specification of each policy by its name, to which the
            application's and the model's are added. It fails closed unless it says otherwise; under `binding` is what
            its binding has beyond that. Beside what every template knows there is `in_a_profile`, in CEL: whether the
            object is in the namespace of a profile.
        context: what else the template may use.
    """

    name: str
    template: str
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def declare(self, run: Run) -> None:
        """Declare the policies and their bindings."""
        text = run.source(self.template)
        context = run.context({"in_a_profile": within(NAMESPACES["profiles"]), **self.context})

        def objects() -> list[Object]:
            return [
                item
                for document in render(text, context)
                for name, policy in document.items()
                for item in bound(
                    f"{run.app}-{name}-{run.namespace}",
                    _specification(name, policy),
                    **policy.get("binding", {}),
                )
            ]

        run.declare(Declaration(self.name, fingerprint(text, context), objects))

    def apply(self, run: Run) -> None:
        """Nothing is left to do once the cluster has the objects."""


def _specification(name: str, policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a policy is beside its binding.

    Raises:
        ValueError: its parameters are of a kind that is built in. Once a policy of that kind had gone and come again,
            Kubernetes would see none of their changes any more: up to 1.36, k8s.io/apiserver's policy_source.go starts
            the informer that it shares with the first policy, for that one's life.
    """
    if "." not in policy.get("paramKind", {}).get("apiVersion", "."):
        raise ValueError(f"policy {name}: its parameters must be of a kind of a CustomResourceDefinition")
    return {key: value for key, value in policy.items() if key != "binding"}
