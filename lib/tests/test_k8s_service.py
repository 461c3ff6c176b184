"""Where a Service is, in either of the two formats that are published under one name."""

from typing import Any

import pytest
import yaml
from kubeflow_charms.interfaces.k8s_service import K8S_SERVICE, K8S_SERVICE_INFO, Service, ServiceCodec

VERSIONED = {"_supported_versions": "- v1\n", "data": "service-name: kubeflow-profiles\nservice-port: '8081'\n"}
PLAIN = {"name": "kubeflow-profiles", "port": "8081"}
SERVICE = Service(name="kubeflow-profiles", port=8081)


@pytest.mark.parametrize("interface", [K8S_SERVICE, K8S_SERVICE_INFO])
@pytest.mark.parametrize(
    ("databag", "expected"),
    [
        (VERSIONED, SERVICE),
        ({"data": VERSIONED["data"]}, SERVICE),
        ({"data": '{"service-name": "kubeflow-profiles", "service-port": 8081}'}, SERVICE),
        (PLAIN, SERVICE),
        ({"_supported_versions": "- v1\n"}, None),
        ({"egress-subnets": "10.0.0.0/8"}, None),
        ({}, None),
    ],
)
def test_either_published_format_is_read(interface: Any, databag: dict[str, str], expected: Service | None) -> None:
    assert interface.provider.decode(databag) == expected


@pytest.mark.parametrize(
    "databag",
    [
        {"name": "kubeflow-profiles"},
        {"port": "8081"},
        {"name": "kubeflow-profiles", "port": "http"},
        {"name": "no name", "port": "8081"},
        {"data": "service-name: kubeflow-profiles\n"},
        {"data": "service-name: kubeflow-profiles\nservice-port: '0'\n"},
        {**VERSIONED, "_supported_versions": "- v7\n"},
    ],
)
def test_a_service_that_nobody_could_reach_is_refused(databag: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"Expected|missing|expected"):
        ServiceCodec().decode(databag)


def test_the_versioned_format_is_written_as_published_with_the_port_as_text() -> None:
    written = ServiceCodec().encode(SERVICE, {})
    assert yaml.safe_load(written["_supported_versions"]) == ["v1"]
    assert yaml.safe_load(written["data"]) == {"service-name": "kubeflow-profiles", "service-port": "8081"}


def test_the_plain_format_is_written_as_published() -> None:
    assert ServiceCodec(versioned=False).encode(SERVICE, {}) == PLAIN


def test_without_a_service_only_the_versions_are_written() -> None:
    assert ServiceCodec().encode(None, {}) == {"_supported_versions": '["v1"]'}
    assert ServiceCodec(versioned=False).encode(None, {}) == {}


def test_who_uses_the_service_says_which_version_it_speaks() -> None:
    codec: Any = K8S_SERVICE.requirer
    assert codec.encode(None, {}) == {"_supported_versions": '["v1"]'}


def test_a_bare_name_is_in_the_namespace_of_its_model() -> None:
    assert SERVICE.host("edge") == "kubeflow-profiles.edge.svc"


def test_a_host_name_is_taken_as_it_is() -> None:
    assert Service(name="kfam.other", port=8081).host("edge") == "kfam.other"
