"""One page of Grafana for the whole platform: who uses what, by profile.

Source of the metric names: kube-state-metrics 2, docs/metrics, with the resources that it shows by default (GPUs are
`nvidia_com_gpu` and the like there); kubelet, `kubelet_volume_stats_used_bytes`; the notebook controller of
kubeflow/notebooks, `notebook_running`; SeaweedFS, weed/stats/metrics.go. A namespace is a profile's if it has the
ConfigMap that every profile gets for ML Metadata, as labels of namespaces are not shown by default.
"""

from kubeflow_charms.parts import Dashboard, Panel

CLAIM = "persistentvolumeclaim"
IN_PROFILES = (
    'on (namespace) group_left () max by (namespace) (kube_configmap_info{configmap="metadata-grpc-configmap"})'
)
RUNNING = 'on (namespace, pod) group_left () max by (namespace, pod) (kube_pod_status_phase{phase="Running"} == 1)'
GPUS = 'resource=~".*_gpu|nvidia_com_mig_.*|habana_ai_gaudi|gpu_intel_com_.*"'


def _by_profile(expression: str) -> str:
    return f"sum by (namespace) ({expression}) * {IN_PROFILES}"


def _asked(resource: str) -> str:
    """Return what running pods ask for, as a pod that has ended is shown for as long as it is there."""
    return _by_profile(f"kube_pod_container_resource_requests{{{resource}}} * {RUNNING}")


def _of_runs() -> str:
    owned = 'max by (namespace, pod, owner_name) (kube_pod_owner{owner_kind="Workflow"})'
    return f"count by (namespace) (count by (namespace, owner_name) ({owned} * {RUNNING})) * {IN_PROFILES}"


DASHBOARD = Dashboard(
    "platform",
    "Kubeflow: who uses what",
    "By profile. It needs kube-state-metrics and the kubelet's metrics in the same Prometheus.",
    (
        Panel("Notebook servers", "sum by (namespace) (max by (namespace, juju_application) (notebook_running)) > 0"),
        Panel("Runs of pipelines", _of_runs()),
        Panel("Models", _by_profile('kube_deployment_status_replicas_available{deployment=~".+-predictor.*"}')),
        Panel("GPUs asked for", _asked(GPUS)),
        Panel("Processors asked for", _asked('resource="cpu"')),
        Panel("Memory asked for", _asked('resource="memory"'), "bytes"),
        Panel("Volumes", _by_profile("kube_persistentvolumeclaim_resource_requests_storage_bytes"), "bytes"),
        Panel(
            "Volumes, in use", _by_profile(f"max by (namespace, {CLAIM}) (kubelet_volume_stats_used_bytes)"), "bytes"
        ),
        Panel(
            "Share of the quota",
            'max by (namespace, resource) (kube_resourcequota{resourcequota="kf-resource-quota",type="used"})'
            ' / max by (namespace, resource) (kube_resourcequota{resourcequota="kf-resource-quota",type="hard"} > 0)',
            "percentunit",
        ),
        Panel("Pods that wait", _by_profile('kube_pod_status_phase{phase="Pending"}')),
        Panel("GPUs of the nodes", f"sum by (node, resource) (kube_node_status_allocatable{{{GPUS}}})"),
        Panel("Objects in the store", "sum by (juju_application) (SeaweedFS_volumeServer_total_disk_size)", "bytes"),
    ),
)
