import pathlib

from kubeflow_charms.parts.crds import expand
from kubeflow_charms.parts.templates import render

SOURCE = pathlib.Path(__file__).parents[1] / "src" / "crds.yaml"
ALL = ("v1", "v1beta1", "v1alpha3")
SERVED = {
    "VirtualService": ALL,
    "DestinationRule": ALL,
    "Gateway": ALL,
    "ServiceEntry": ALL,
    "Sidecar": ALL,
    "WorkloadEntry": ALL,
    "WorkloadGroup": ALL,
    "EnvoyFilter": ("v1alpha3",),
    "ProxyConfig": ("v1beta1",),
    "AuthorizationPolicy": ("v1", "v1beta1"),
    "PeerAuthentication": ("v1", "v1beta1"),
    "RequestAuthentication": ("v1", "v1beta1"),
    "Telemetry": ("v1alpha1", "v1"),
    "WasmPlugin": ("v1alpha1",),
    "TrafficExtension": ("v1alpha1",),
}
"""What Istio 1.30 serves, the version that it stores first: the base chart's CRDs."""


def test_every_version_that_istiod_reads_is_served_and_upstreams_is_stored():
    found = {
        definition["spec"]["names"]["kind"]: {
            (version["name"], version["served"], version["storage"]) for version in definition["spec"]["versions"]
        }
        for group in render(SOURCE.read_text(), {})
        for definition in expand(group)
    }
    assert found == {
        kind: {(version, True, version == versions[0]) for version in versions} for kind, versions in SERVED.items()
    }
