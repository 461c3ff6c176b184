"""Routes to TensorBoards and volume viewers where the cluster's domain is another than cluster.local.

Their controllers write `NAME.NAMESPACE.svc.cluster.local` whatever the domain is, and have no option for it. Istio has
no such Service, and the gateway answers 503. Kubernetes itself puts the right domain in, by a MutatingAdmissionPolicy,
which it has by default since 1.36, and since 1.34 where it is told to. The controllers write theirs again at each look,
which Kubernetes makes the same as what is there, and so no change.

Source of the names: kubeflow/notebooks v1.11, tensorboard_controller.go and pvcviewer_controller.go.
"""

from collections.abc import Iterator
from typing import Any

import pvcviewer_controller
import tensorboard_controller
from kubeflow_charms.engine.cluster import Reference
from kubeflow_charms.engine.remembered import recent
from kubeflow_charms.engine.run import Run
from kubeflow_charms.networking.network import USUAL_DOMAIN
from kubeflow_charms.parts import Manifests, Message, Part
from kubeflow_charms.sandbox.confinement import NAMESPACES

PROGRAMS = (tensorboard_controller.PROGRAM, pvcviewer_controller.PROGRAM)
VERSIONS = ("admissionregistration.k8s.io/v1", "admissionregistration.k8s.io/v1beta1")
MEMORY, AN_HOUR = ".mutating-policies", 3600
"""A file beside the charm's code: which version Kubernetes serves, if any; asked anew after so many seconds."""


def parts(run: Run, domain: str) -> Iterator[Part]:
    """Yield what puts the domain into routes, or says that nothing does; nothing where it is the usual one.

    Raises:
        Waiting: Kubernetes does not answer.
    """
    if domain == USUAL_DOMAIN:
        return
    if version := _served(run):
        accounts = [f"system:serviceaccount:{run.namespace}:{program.account(run.app)}" for program in PROGRAMS]
        context = {"version": version, "accounts": accounts, "profiles": NAMESPACES["profiles"], "domain": domain}
        yield Manifests("routes-domain", "routes-domain.yaml.j2", context | {"usual": USUAL_DOMAIN})
        return
    yield Message(
        f"TensorBoards and volume viewers are not reached: the cluster's domain is {domain}, "
        "which takes Kubernetes 1.36"
    )


def _served(run: Run) -> str:
    """Return in which version Kubernetes has MutatingAdmissionPolicies; empty if in none."""
    memory = run.sources.parent / MEMORY
    if recent(memory, AN_HOUR):
        return memory.read_text()

    def lists(client: Any, kind: Any, _: dict[str, str]) -> bool:
        any(client.list(kind))
        return True

    asked = (Reference(version, "MutatingAdmissionPolicy", "of no name") for version in VERSIONS)
    found = next((item.api_version for item in asked if run.cluster.call(item, lists)), "")
    memory.write_text(found)
    return found
