"""Databags as the published charms write and read them: what we say they understand, and the other way round."""

from typing import Any

import pytest
import yaml
from kubeflow_charms import Interface
from kubeflow_charms.interfaces import (
    dex_oidc_config,
    gateway_info,
    ingress,
    ingress_auth,
    istio_control_plane,
    oidc_client,
)

VERSION_1 = {"_supported_versions": "- v1\n"}

PUBLISHED: list[tuple[Interface[Any], str, dict[str, str], Any]] = [
    (
        ingress.INGRESS_PROVIDER,
        "requirer",
        {**VERSION_1, "data": "port: 5556\nprefix: /dex\nrewrite: /dex\nservice: dex-auth\n"},
        ingress.Route(service="dex-auth", port=5556, prefix="/dex", rewrite="/dex"),
    ),
    (
        ingress.INGRESS_PROVIDER,
        "requirer",
        {
            "_supported_versions": "- v2\n",
            "data": "namespace: kubeflow\nport: 8082\nprefix: /\nservice: kubeflow-dashboard\n",
        },
        ingress.Route(service="kubeflow-dashboard", port=8082, prefix="/", namespace="kubeflow"),
    ),
    (ingress.INGRESS, "provider", {"_supported_versions": "- v1\n- v2\n"}, ingress.Address()),
    (
        ingress_auth.INGRESS_AUTH,
        "requirer",
        {
            **VERSION_1,
            "data": "allowed-request-headers:\n- cookie\n- X-Auth-Token\n"
            "allowed-response-headers:\n- kubeflow-userid\nport: 8080\nservice: oidc-gatekeeper\n",
        },
        ingress_auth.Authorizer(
            service="oidc-gatekeeper",
            port=8080,
            allowed_request_headers=("cookie", "X-Auth-Token"),
            allowed_response_headers=("kubeflow-userid",),
        ),
    ),
    (
        oidc_client.OIDC_CLIENT,
        "provider",
        {
            **VERSION_1,
            "data": "id: authservice-oidc\nname: Ambassador Auth OIDC\n"
            "redirectURIs:\n- /authservice/oidc/callback\nsecret: K9OLY3IV9PPJ\n",
        },
        oidc_client.Client(
            id="authservice-oidc",
            name="Ambassador Auth OIDC",
            redirect_uris=("/authservice/oidc/callback",),
            secret="K9OLY3IV9PPJ",
        ),
    ),
    (oidc_client.OIDC_CLIENT, "requirer", dict(VERSION_1), oidc_client.Issuer(secrets=False)),
    (
        dex_oidc_config.DEX_OIDC_CONFIG,
        "provider",
        {"issuer-url": "http://10.64.140.43.nip.io/dex"},
        dex_oidc_config.IssuerConfiguration(issuer_url="http://10.64.140.43.nip.io/dex"),
    ),
    (
        gateway_info.GATEWAY_INFO,
        "provider",
        {"gateway_name": "kubeflow-gateway", "gateway_namespace": "kubeflow", "gateway_up": "true"},
        gateway_info.GatewayInfo(gateway_name="kubeflow-gateway", gateway_namespace="kubeflow", gateway_up=True),
    ),
    (
        gateway_info.GATEWAY_INFO,
        "provider",
        {"gateway_name": "kubeflow-gateway", "gateway_namespace": "kubeflow"},
        gateway_info.GatewayInfo(gateway_name="kubeflow-gateway", gateway_namespace="kubeflow", gateway_up=True),
    ),
    (
        istio_control_plane.ISTIO_CONTROL_PLANE,
        "provider",
        {**VERSION_1, "data": "service-name: istiod.kubeflow.svc\nservice-port: '15012'\n"},
        istio_control_plane.ControlPlane(service_name="istiod.kubeflow.svc", service_port="15012"),
    ),
    (istio_control_plane.ISTIO_CONTROL_PLANE, "requirer", dict(VERSION_1), None),
]


@pytest.mark.parametrize(("interface", "side", "databag", "expected"), PUBLISHED)
def test_a_published_databag_is_read(
    interface: Interface[Any], side: str, databag: dict[str, str], expected: Any
) -> None:
    assert getattr(interface, side).decode(databag) == expected


SCHEMAS = [
    pytest.param(interface, side, databag, data, id=f"{interface.name}-{side}")
    for interface, side, databag, data in PUBLISHED
    if "data" in databag
]


@pytest.mark.parametrize(("interface", "side", "databag", "data"), SCHEMAS)
def test_what_we_write_holds_what_the_published_charm_writes(
    interface: Interface[Any], side: str, databag: dict[str, str], data: Any
) -> None:
    written = getattr(interface, side).encode(data, {})
    spoken = yaml.safe_load(written["_supported_versions"])
    assert set(yaml.safe_load(databag["_supported_versions"])) <= set(spoken)
    assert yaml.safe_load(written["data"]) == yaml.safe_load(databag["data"])


@pytest.mark.parametrize(
    ("interface", "data", "expected"),
    [
        (
            dex_oidc_config.DEX_OIDC_CONFIG,
            dex_oidc_config.IssuerConfiguration(
                issuer_url="http://host/dex", internal_url="http://dex.edge.svc:5556/dex"
            ),
            {"issuer-url": "http://host/dex", "internal-url": "http://dex.edge.svc:5556/dex"},
        ),
        (
            gateway_info.GATEWAY_INFO,
            gateway_info.GatewayInfo(gateway_name="gateway", gateway_namespace="edge", gateway_up=False),
            {"gateway_name": "gateway", "gateway_namespace": "edge", "gateway_up": "false"},
        ),
        (ingress.INGRESS, ingress.Address(), {"_supported_versions": '["v1", "v2"]'}),
        (
            ingress.INGRESS,
            ingress.Address(url="http://host"),
            {"_supported_versions": '["v1", "v2"]', "url": "http://host"},
        ),
        (oidc_client.OIDC_CLIENT.requirer, None, {"_supported_versions": '["v1"]'}),
        (
            oidc_client.OIDC_CLIENT.requirer,
            oidc_client.Issuer(secrets=True),
            {"_supported_versions": '["v1"]', "secrets": "true"},
        ),
        (
            istio_control_plane.ISTIO_CONTROL_PLANE.requirer,
            istio_control_plane.Gateway(kind="ingress", address="10.0.0.1", up=True),
            {"_supported_versions": '["v1"]', "kind": "ingress", "address": "10.0.0.1", "up": "true"},
        ),
    ],
)
def test_what_we_write_beyond_the_published_form_is_in_keys_of_its_own(
    interface: Any, data: Any, expected: dict[str, str]
) -> None:
    codec: Any = interface.provider if isinstance(interface, Interface) else interface
    assert codec.encode(data, {}) == expected
    assert data is None or codec.decode(expected) == data


def test_the_root_certificate_travels_beside_the_published_document() -> None:
    data = istio_control_plane.ControlPlane(service_name="istiod", service_port="15012", root_certificate="PEM")
    codec = istio_control_plane.ISTIO_CONTROL_PLANE.provider
    assert codec is not None
    written = codec.encode(data, {})
    assert yaml.safe_load(written["data"]) == {"service-name": "istiod", "service-port": "15012"}
    assert codec.decode(written) == data


def test_a_clients_password_in_plain_text_is_taken_as_it_is() -> None:
    client = oidc_client.Client(id="a", name="A", redirect_uris=("/",), secret="word")
    assert oidc_client.resolve(client, pytest.fail) == client


def test_a_clients_password_in_a_juju_secret_is_looked_up() -> None:
    client = oidc_client.Client(id="a", name="A", redirect_uris=("/",), secret="secret:one")
    found = oidc_client.resolve(client, lambda identifier: {"secret": f"of {identifier}"})
    assert found.secret == "of secret:one"
