"""What the pod knows of the network: its domain, where to listen, and the way out."""

import pathlib
import types
from collections.abc import Iterator
from typing import Any

import pytest
from kubeflow_charms.networking import network


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    caches = (network.anywhere, network.cluster_domain)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        (
            "search edge.svc.k8s.example.org svc.k8s.example.org k8s.example.org\nnameserver 10.0.0.10\n",
            "k8s.example.org",
        ),
        ("search edge.svc.cluster.local svc.cluster.local cluster.local example.com\n", "cluster.local"),
        ("search example.com\nsearch a.svc.two.org svc.two.org. two.org\n", "two.org"),
        ("search\tsvc.tabs.org\n", "tabs.org"),
        ("search example.com\n", "cluster.local"),
        ("search\n", "cluster.local"),
        ("", "cluster.local"),
        (None, "cluster.local"),
    ],
)
def test_the_clusters_domain_is_what_the_resolver_searches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, text: str | None, domain: str
) -> None:
    file = tmp_path / "resolv.conf"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(network, "RESOLVER", file)
    assert network.cluster_domain() == domain


@pytest.mark.parametrize(("text", "address"), [("0001 01 80 10 80 lo\n", "::"), ("", "0.0.0.0"), (None, "0.0.0.0")])
def test_programs_listen_for_ipv6_where_the_kernel_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, text: str | None, address: str
) -> None:
    file = tmp_path / "if_inet6"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(network, "ADDRESSES", file)
    assert network.anywhere() == address


@pytest.mark.parametrize(
    ("host", "written"),
    [("fd00:10:96::a", "[fd00:10:96::a]"), ("[::1]", "[::1]"), ("10.0.0.1", "10.0.0.1"), ("a.b", "a.b")],
)
def test_an_ipv6_address_has_brackets_in_a_url(host: str, written: str) -> None:
    assert network.in_url(host) == written


def model(*applications: str) -> Any:
    relations = [types.SimpleNamespace(app=types.SimpleNamespace(name=name)) for name in applications]
    gone = types.SimpleNamespace(app=None)
    own = types.SimpleNamespace(name="pipelines")
    return types.SimpleNamespace(name="edge", app=own, relations={"any": [*relations, gone]})


def test_a_model_without_a_proxy_has_no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUJU_CHARM_NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("JUJU_CHARM_HTTP_PROXY", raising=False)
    monkeypatch.delenv("JUJU_CHARM_HTTPS_PROXY", raising=False)
    assert network.proxy(model()) == {}


def test_the_models_proxy_is_told_in_both_spellings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUJU_CHARM_HTTP_PROXY", "http://proxy:3128")
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3129")
    found = network.proxy(model())
    assert (found["HTTP_PROXY"], found["http_proxy"]) == ("http://proxy:3128",) * 2
    assert (found["HTTPS_PROXY"], found["https_proxy"]) == ("http://proxy:3129",) * 2
    assert found["NO_PROXY"] == found["no_proxy"]


def test_a_proxy_for_https_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUJU_CHARM_HTTP_PROXY", "")
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3129")
    assert "HTTP_PROXY" not in network.proxy(model())


def test_what_is_in_the_cluster_is_asked_directly_the_api_server_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3129")
    monkeypatch.setenv("JUJU_CHARM_NO_PROXY", "127.0.0.1,site.example.com")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.152.183.1")
    direct = network.proxy(model("minio", "mysql"))["NO_PROXY"].split(",")
    assert direct[0] == "10.152.183.1"
    wanted = {".svc", ".cluster.local", ".edge", "minio", "mysql", "pipelines", "10.0.0.0/8", "fc00::/7"}
    assert {*wanted, "site.example.com", "localhost", "::1"} <= set(direct)
    assert len(direct) == len(set(direct))


def test_pods_of_another_namespace_call_each_other_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3129")
    assert {".ada", ".edge"} <= set(network.proxy(model(), pods_of="ada")["NO_PROXY"].split(","))
