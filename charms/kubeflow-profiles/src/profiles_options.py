"""The options of kubeflow-profiles."""

import dataclasses
import re

from access_management import PORT
from kubeflow_charms import option
from kubeflow_charms.configuration import options
from page_authorizer import PORT as PAGES_PORT
from poddefaults_webhook import PORT as WEBHOOK_PORT
from profile_controller import HEALTH_PORT
from profile_manifests import PORT as MANIFESTS_PORT
from registry_login import KEYS

PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
"""What tells a profile's namespace from all others; the PodDefaults webhook goes by it."""
SECURITY = "pod-security.kubernetes.io/enforce"
OURS = (*PROFILE, SECURITY, "istio-injection")
TAKEN = (HEALTH_PORT, PORT, MANIFESTS_PORT, PAGES_PORT, WEBHOOK_PORT)


def labels(value: str | None) -> dict[str, str]:
    """Accept labels of namespaces as `key=value,key=value`; an empty value takes a label away.

    Raises:
        ValueError: one is no label, or belongs to another option or to the controller.
    """
    found = options.pairs(value)
    for key, content in found.items():
        if key in OURS:
            raise ValueError(f"{key} cannot be set here, it is the charm's own (see security-policy)")
        name = key.rpartition("/")[2]
        if not re.fullmatch(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[^/]+", key) or not _is_label(name):
            raise ValueError(f"{key!r} is no label, expected for example pipelines.kubeflow.org/enabled=true")
        if content and not _is_label(content):
            raise ValueError(f"{content!r} is no value of a label, expected letters, digits and . _ -")
    return found


def amounts(value: str | None) -> dict[str, str]:
    """Accept nothing, or amounts of `cpu` and `memory`; returned as Kubernetes writes them, to be compared with it."""
    return {name: _canonical(name, amount) for name, amount in sorted(options.pairs(value).items())}


def _canonical(name: str, amount: str) -> str:
    unit = {"cpu": "m?", "memory": "Mi|Gi"}.get(name, "")
    found = re.fullmatch(rf"([1-9][0-9]*)({unit})", amount)
    if not unit or not found:
        raise ValueError(f"{amount!r} cannot be used, expected for example cpu=100m,memory=256Mi")
    number, step = int(found[1]), {"m": 1000, "Mi": 1024}.get(found[2])
    larger = {"m": "", "Mi": "Gi"}.get(found[2], "")
    return f"{number // step}{larger}" if step and number % step == 0 else amount


def _number(amount: str) -> int:
    number = amount.rstrip("mMGi")
    return int(number) * {"m": 1, "": 1000, "Mi": 1, "Gi": 1024}[amount.removeprefix(number)]


def principal(value: str | None) -> str:
    """Accept nothing, or what Istio calls a workload: trust domain, namespace and service account."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"[a-z0-9.-]+/ns/[a-z0-9-]+/sa/[a-z0-9.-]+", text):
        raise ValueError(f"{text!r} is no principal, expected for example cluster.local/ns/NAMESPACE/sa/NAME")
    return text


def users(value: str | None) -> tuple[str, ...]:
    """Accept names of users without blanks, separated by commas."""
    found = tuple(dict.fromkeys(filter(None, (name.strip() for name in (value or "").split(",")))))
    for name in found:
        if re.search(r"[\s\"']", name):
            raise ValueError(f"{name!r} is no user, expected for example ada@example.com,bob@example.com")
    return found


def names(value: str | None) -> tuple[str, ...]:
    """Accept names of profiles, in which `?` is any character, separated by commas."""
    found = tuple(dict.fromkeys(filter(None, (name.strip() for name in (value or "").split(",")))))
    for name in found:
        if not re.fullmatch(r"[a-z0-9?]([-a-z0-9?]{0,61}[a-z0-9?])?", name):
            raise ValueError(f"{name!r} is no profile's name, expected for example com,internal,??")
    return found


def free_port(value: int) -> int:
    """Accept a TCP port that nothing else of the pod listens on."""
    if options.port(value) in TAKEN:
        raise ValueError(f"{value} is taken by another program of the pod, expected none of {TAKEN}")
    return value


def _is_label(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", text))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProfilesOptions:
    """The options, as charmcraft.yaml describes them.

    Raises:
        ValueError: two of them contradict each other.
    """

    namespace_labels: dict[str, str] = option(labels)
    security_policy: str = option(options.one_of("privileged", "baseline", "restricted"))
    allow_host_access: bool = option(bool)
    allow_between_profiles: bool = option(bool)
    reserved_names: tuple[str, ...] = option(names)
    gateway_principal: str = option(principal)
    cluster_admin: tuple[str, ...] = option(users)
    manager_port: int = option(free_port)
    memory: str = option(options.quantity)
    registry_secret: dict[str, str] | None = option(options.SecretKeys(required=KEYS), former="registry-login")
    quota_default_requests: dict[str, str] = option(amounts)
    quota_default_limits: dict[str, str] = option(amounts)

    def __post_init__(self) -> None:
        """Refuse defaults that Kubernetes would."""
        for name, amount in self.quota_default_requests.items():
            if name in self.quota_default_limits and _number(amount) > _number(self.quota_default_limits[name]):
                raise ValueError(f"option quota-default-requests: {name} is above quota-default-limits, expected less")

    @property
    def all_labels(self) -> dict[str, str]:
        """The labels of every profile's namespace; an empty value takes one away."""
        return {**self.namespace_labels, **PROFILE, SECURITY: self.security_policy}
