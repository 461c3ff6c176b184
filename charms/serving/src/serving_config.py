"""KServe's configuration: a ConfigMap that it reads as it starts and for each InferenceService.

Source of names and keys: kserve/kserve v0.15.2, pkg/apis/serving/v1beta1/configmap.go and config/configmap. Each value
is JSON. Modes have other names from 0.16 on, which reads these too.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kubeflow_charms.configuration.images import Images
from serving_images import AGENT, BATCHER, EXPLAINER, LOGGER, ROUTER, STORAGE, split

NAME = "inferenceservice-config"
STANDARD, KNATIVE = "RawDeployment", "Serverless"
"""The modes, as objects name them, too, in an annotation."""
BY_KNATIVE = [KNATIVE, "Knative"]
"""What KServe notes of a model that Knative runs, up to 0.15 and from 0.16 on."""
AT_START = ("deploy", "ingress", "multiNode")
"""What is read as KServe starts, and never again."""
GRAPH = '(index .Labels "serving.kserve.io/inferencegraph")'
HOST = (
    f"{{{{ .Name }}}}{{{{ if not {GRAPH} }}}}-predictor{{{{ end }}}}.{{{{ .Namespace }}}}.svc.{{{{ .IngressDomain }}}}"
)
"""The address in the cluster, which is the only one that KServe knows: routes from the gateway are made beside it.

Of a model it is its predictor's; a graph's Service has the graph's name.
"""
SIDE = {"memoryRequest": "100Mi", "memoryLimit": "1Gi", "cpuRequest": "100m", "cpuLimit": "1"}
"""What a container beside a model's asks for and may use."""


def data(
    *,
    images: Images,
    requests: Mapping[str, str],
    limits: Mapping[str, str],
    fetch_limits: Mapping[str, str],
    gpus: Iterable[str],
    gateway: str,
    domain: str,
    mode: str = STANDARD,
) -> dict[str, str]:
    """Return the ConfigMap's data.

    Args:
        images: of what runs beside models.
        requests: of a model's container that says nothing, by resource.
        limits: of the same.
        fetch_limits: of the container that fetches a model.
        gpus: resources that count as GPUs beside the known ones.
        gateway: namespace and name of the Gateway; KServe wants to be told one, and makes no use of it in this mode.
        domain: the cluster's.
        mode: of what says none itself.
    """
    explainer, version = split(images, EXPLAINER)
    sections: dict[str, Any] = {
        "agent": {"image": images.of(AGENT), **SIDE},
        "batcher": {"image": images.of(BATCHER), **SIDE, "maxBatchSize": "32", "maxLatency": "5000"},
        "credentials": {
            "storageSpecSecretName": "storage-config",
            "storageSecretNameAnnotation": "serving.kserve.io/storageSecretName",
            "gcs": {"gcsCredentialFileName": "gcloud-application-credentials.json"},
            "s3": {"s3AccessKeyIDName": "AWS_ACCESS_KEY_ID", "s3SecretAccessKeyName": "AWS_SECRET_ACCESS_KEY"},
        },
        "deploy": {"defaultDeploymentMode": mode},
        "explainers": {"art": {"image": explainer, "defaultImageVersion": version}},
        "inferenceService": {
            "resource": {
                "cpuRequest": requests.get("cpu", ""),
                "memoryRequest": requests.get("memory", ""),
                "cpuLimit": limits.get("cpu", ""),
                "memoryLimit": limits.get("memory", ""),
            }
        },
        "ingress": {
            "ingressGateway": gateway,
            "ingressDomain": domain,
            "domainTemplate": HOST,
            "urlScheme": "http",
            "disableIngressCreation": True,
            "disableIstioVirtualHost": True,
        },
        "localModel": {"enabled": False, "jobNamespace": "kserve-localmodel-jobs"},
        "logger": {"image": images.of(LOGGER), **SIDE, "defaultUrl": "http://default-broker"},
        # The runtimes say it: KServe would send Prometheus to a port that only Knative's pods have.
        "metricsAggregator": {"enableMetricAggregation": "false", "enablePrometheusScraping": "false"},
        "multiNode": {"customGPUResourceTypeList": list(gpus)},
        "router": {"image": images.of(ROUTER), **SIDE},
        "security": {"autoMountServiceAccountToken": False},
        "storageInitializer": {
            "image": images.of(STORAGE),
            "memoryRequest": "100Mi",
            "memoryLimit": fetch_limits["memory"],
            "cpuRequest": "100m",
            "cpuLimit": fetch_limits["cpu"],
            "caBundleConfigMapName": "",
            "caBundleVolumeMountPath": "/etc/ssl/custom-certs",
            "enableDirectPvcVolumeMount": True,
            "enableModelcar": True,
            "cpuModelcar": "10m",
            "memoryModelcar": "15Mi",
            "uidModelcar": 1010,
        },
    }
    return {name: json.dumps(section, sort_keys=True) for name, section in sections.items()}


def at_start(configuration: Mapping[str, str], *, knative: bool) -> str:
    """Return that for which KServe has to start anew.

    Args:
        configuration: of which it reads a part as it starts.
        knative: whether that is related: as it starts KServe looks whether Knative's kinds are there to be watched.
    """
    return json.dumps({name: configuration[name] for name in AT_START} | {"knative": knative}, sort_keys=True)
