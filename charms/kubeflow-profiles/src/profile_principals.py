"""Whose word counts for who a user is: what Istio calls the workloads that may speak for users."""

import dataclasses
from collections.abc import Iterable

from kubeflow_charms.engine.problems import Blocked, Waiting
from kubeflow_charms.interfaces.gateway_info import GatewayInfo
from kubeflow_charms.interfaces.kubeflow_profiles import DASHBOARD, NOTEBOOKS, PIPELINES, Caller
from kubeflow_charms.interfaces.wire import principal
from kubeflow_charms.parts.callers import Source, application
from kubeflow_charms.relations.endpoints import Remote

USER_HEADER = "kubeflow-userid"
"""The header in which the gatekeeper says who the user is; mesh and workloads believe it."""

ASKING = (DASHBOARD, "")
"""The roles whose programs call KFAM; the others only tell who they are."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Principals:
    """The principals that the policies of profiles name.

    Attributes:
        gateway: the way in; it sets the user's name in each request.
        pipelines: the pipelines' pages, which pass the user's name on.
        notebooks: the notebook controller, which asks notebooks when they were last used.
    """

    gateway: str
    pipelines: str
    notebooks: str


def gateway(info: GatewayInfo) -> str:
    """Return the principal of the related gateway.

    One that does not tell is a published istio-pilot, whose gateway has the account of its published charm.

    Raises:
        Waiting: there is no gateway behind it yet.
    """
    if info.gateway_principal:
        return info.gateway_principal
    if not info.gateway_up:
        raise Waiting(f"the gateway {info.gateway_name} to come up")
    return principal(info.gateway_namespace, "istio-ingressgateway-workload-service-account")


def require_sidecars(policy: str, info: GatewayInfo | None, application: str) -> None:
    """Refuse a Pod Security Standard that would leave users without servers, jobs and steps.

    Args:
        policy: the standard.
        info: of the related gateway; None without one, whose mesh nobody knows.
        application: that it is of.

    Raises:
        Blocked: Kubernetes would refuse each pod that gets a sidecar.
    """
    if policy != "privileged" and info and info.sidecars_need_rights:
        raise Blocked(
            f"option security-policy: expected privileged, or Istio's CNI plugin and juju config {application} cni=true"
        )


def origins(callers: Iterable[Remote[Caller]], namespace: str) -> tuple[Source, ...]:
    """Return where KFAM's requests come from: the dashboard's pods, and those of published charms, which say no role.

    Args:
        callers: what related applications say of themselves.
        namespace: of those who say nothing, the model's.
    """
    said = {
        caller.data.principal or principal(namespace, caller.application)
        for caller in callers
        if caller.data.role in ASKING
    }
    return tuple(application(caller, caller.rpartition("/")[2]) for caller in sorted(said))


def principals(*, gateway: str, callers: Iterable[Remote[Caller]], ourselves: str) -> Principals:
    """Return whom the policies let in.

    Args:
        gateway: the gateway's principal.
        callers: the related applications.
        ourselves: our own principal, for what is not related: programs without one fall back on names that somebody
            else could have, and we ask nothing of users' pods.
    """
    named = {caller.data.role: caller.data.principal for caller in callers if caller.data.principal}
    return Principals(
        gateway=gateway,
        pipelines=named.get(PIPELINES, ourselves),
        notebooks=named.get(NOTEBOOKS, ourselves),
    )
