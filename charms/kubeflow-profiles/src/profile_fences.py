"""What Kubernetes itself refuses in the namespaces of profiles, whoever asks, by ValidatingAdmissionPolicies.

Roles say what a user may make; these say what must not be in it.
"""

from collections.abc import Iterable, Iterator, Mapping

from kubeflow_charms.parts import AdmissionPolicies, Part

IDENTITY_HEADERS = (
    "(?i)kubeflow[-_](userid|groups)|x[-_]auth[-_]request[-_]|x[-_]forwarded[-_]client[-_]cert|authorization"
    "|x[-_]kubeflow[-_]artefact[-_]proof"
)
"""A regular expression of RE2 for headers by which a program knows who asks; to some, `_` is the same as `-`."""
INNER_HEADERS = r"knative[-_]serving[-_]|\bk[-_](network|kubelet|proxy|passthrough)|x[-_]serving[-_]key"
"""Likewise for those that say to Knative which Revision is asked, and to a model that the gateway asks. The programs
that make routes to models set them."""
PLACES = ("notebook", "tensorboard", "pvcviewers", "serving", "workspace/connect")
"""Of paths below which are profiles' names, and their programs."""
DURATIONS = r"^([0-9]{1,8}(\.[0-9]{1,9})?s|[0-9]{1,5}(ms|m|h))$"
"""A regular expression of RE2 for times that Envoy takes: protobuf's JSON, and what people write."""
LONGEST = 86400
"""Seconds for which a token of a profile's account may be good that ends with no pod."""
CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
"""What the Pod Security Standard baseline lets containers add."""
SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)
"""What the Pod Security Standard baseline lets pods set."""


ALWAYS_RESERVED = ("svc", "pod", "localhost", "anonymous", "seal")
"""Names of profiles that would lead names of the cluster's own astray, as labels of its domain do, too; and those that
mean something else to the object store, in which a profile's login has the profile's name."""


def reserved(names: Iterable[str], cluster_domain: str) -> str:
    """Return a regular expression for the names that no profile may have.

    Args:
        names: beside those of the cluster, with `?` for any character.
        cluster_domain: of the cluster's DNS.
    """
    found = dict.fromkeys((*ALWAYS_RESERVED, *cluster_domain.split("."), *names))
    return "|".join(name.replace("?", "[-a-z0-9]") for name in found)


def fences(profiles: Mapping[str, str], *, allow_host_access: bool, proxy_image: str) -> Iterator[Part]:
    """Yield the policies.

    Args:
        profiles: the label that tells a profile's namespace.
        allow_host_access: whether pods may have what their node has.
        proxy_image: of Istio's sidecars; empty if unknown.
    """
    common = {"profiles": dict(profiles)}
    yield AdmissionPolicies("service-fence", "service-fence.yaml.j2", common)
    yield AdmissionPolicies(
        "identity-fence",
        "identity-fence.yaml.j2",
        {
            **common,
            "headers": IDENTITY_HEADERS,
            "inner_headers": INNER_HEADERS,
            "longest": LONGEST,
            "places": list(PLACES),
            "durations": DURATIONS,
        },
    )
    if not allow_host_access:
        folder, _, name = proxy_image.partition("@")[0].rpartition("/")
        repository = f"{folder}/{name.partition(':')[0]}".lstrip("/")
        lists = {"capabilities": list(CAPABILITIES), "sysctls": list(SYSCTLS), "proxies": repository}
        yield AdmissionPolicies("pod-fence", "pod-fence.yaml.j2", {**common, **lists})
