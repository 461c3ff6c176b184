"""Routes to TensorBoards and volume viewers where the cluster's domain is another than cluster.local.

Their controllers write `NAME.NAMESPACE.svc.cluster.local` whatever the domain is, and have no option for it. Istio has
no such Service, and the gateway answers 503. Kubernetes itself puts the right domain in, by a MutatingAdmissionPolicy.
The controllers write theirs again at each look, which Kubernetes makes the same as what is there, and so no change.

Source of the names: kubeflow/notebooks v1.11, tensorboard_controller.go and pvcviewer_controller.go.
"""

from collections.abc import Iterator

import pvcviewer_controller
import tensorboard_controller
from kubeflow_charms.engine.run import Run
from kubeflow_charms.networking.network import USUAL_DOMAIN
from kubeflow_charms.parts import Manifests, Message, Part
from kubeflow_charms.sandbox import mutating_policies
from kubeflow_charms.sandbox.confinement import NAMESPACES

PROGRAMS = (tensorboard_controller.PROGRAM, pvcviewer_controller.PROGRAM)


def parts(run: Run, domain: str) -> Iterator[Part]:
    """Yield what puts the domain into routes, or says that nothing does; nothing where it is the usual one.

    Raises:
        Waiting: Kubernetes does not answer.
    """
    if domain == USUAL_DOMAIN:
        return
    if version := mutating_policies.served(run):
        accounts = [f"system:serviceaccount:{run.namespace}:{program.account(run.app)}" for program in PROGRAMS]
        context = {"version": version, "accounts": accounts, "profiles": NAMESPACES["profiles"], "domain": domain}
        yield Manifests("routes-domain", "routes-domain.yaml.j2", context | {"usual": USUAL_DOMAIN})
        return
    yield Message(
        f"TensorBoards and volume viewers are not reached: the cluster's domain is {domain}, "
        "which takes Kubernetes 1.36"
    )
