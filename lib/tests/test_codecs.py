"""Any published form is read, and exactly one is written."""

from typing import Any

import msgspec
import pytest
from kubeflow_charms.relations.codecs import Flat, Json, Versioned


class Route(msgspec.Struct, frozen=True, kw_only=True):
    service: str
    port: int
    rewrite: str | None = None
    paths: tuple[str, ...] = ()


class Info(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    gateway_name: str
    is_up: bool = True
    port: int | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    name: str = ""
    parts: tuple[str, ...] = ()


ROUTES, INFOS, DOCUMENTS, WISHES = Versioned(Route, ("v1", "v2")), Flat(Info), Json(Route), Flat(Wish)


@pytest.mark.parametrize(
    ("codec", "databag", "expected"),
    [
        (ROUTES, {}, None),
        (ROUTES, {"_supported_versions": "- v1\n"}, None),
        (
            ROUTES,
            {"_supported_versions": "- v1\n", "data": "port: 8080\nservice: web\n"},
            Route(service="web", port=8080),
        ),
        (ROUTES, {"data": "port: '8080'\nservice: web\n"}, Route(service="web", port=8080)),
        (
            ROUTES,
            {"_supported_versions": '["v2", "v3"]', "data": '{"service": "web", "port": 1, "paths": ["/a"], "new": 1}'},
            Route(service="web", port=1, paths=("/a",)),
        ),
        (ROUTES, {"data": "port: 1\nservice: web\nrewrite: null\n"}, Route(service="web", port=1)),
        (INFOS, {}, None),
        (INFOS, {"egress-subnets": "10.0.0.0/8"}, None),
        (INFOS, {"gateway-name": "istio", "is-up": "false"}, Info(gateway_name="istio", is_up=False)),
        (INFOS, {"gateway-name": "istio", "is-up": "True", "port": "80"}, Info(gateway_name="istio", port=80)),
        (WISHES, {"other": "1"}, None),
        (WISHES, {"name": "[a]", "parts": '["b", "c"]'}, Wish(name="[a]", parts=("b", "c"))),
        (DOCUMENTS, {}, None),
        (DOCUMENTS, {"other": "1"}, None),
        (
            DOCUMENTS,
            {"service": '"web"', "port": "80", "paths": '["/a"]'},
            Route(service="web", port=80, paths=("/a",)),
        ),
    ],
)
def test_a_databag_is_read(codec: Any, databag: dict[str, str], expected: Any) -> None:
    assert codec.decode(databag) == expected


@pytest.mark.parametrize(
    ("codec", "databag", "message"),
    [
        (ROUTES, {"_supported_versions": "- v7\n"}, "it speaks v7, expected v1 or v2"),
        (ROUTES, {"_supported_versions": "v1"}, "_supported_versions is no list"),
        (ROUTES, {"data": "port: ["}, "no YAML"),
        (ROUTES, {"data": "port: 8080\n"}, "missing required field `service`"),
        (ROUTES, {"data": "port: many\nservice: web\n"}, "Expected `int`"),
        (INFOS, {"gateway-name": "istio", "is-up": "perhaps"}, "Expected `bool"),
        (DOCUMENTS, {"service": '"web"'}, "missing required field `port`"),
    ],
)
def test_a_databag_that_is_wrong_is_refused_with_the_reason(codec: Any, databag: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        codec.decode(databag)


@pytest.mark.parametrize(
    ("codec", "data", "expected"),
    [
        (ROUTES, None, {"_supported_versions": '["v1", "v2"]'}),
        (WISHES, Wish(name="a", parts=("b",)), {"name": "a", "parts": '["b"]'}),
        (WISHES, Wish(), {}),
        (
            ROUTES,
            Route(service="web", port=80),
            {"_supported_versions": '["v1", "v2"]', "data": '{"service": "web", "port": 80, "paths": []}'},
        ),
        (INFOS, None, {}),
        (INFOS, Info(gateway_name="istio"), {"gateway-name": "istio", "is-up": "true"}),
        (
            INFOS,
            Info(gateway_name="istio", is_up=False, port=80),
            {"gateway-name": "istio", "is-up": "false", "port": "80"},
        ),
        (DOCUMENTS, None, {}),
        (DOCUMENTS, Route(service="web", port=80), {"service": '"web"', "port": "80", "paths": "[]"}),
    ],
)
def test_a_databag_is_written(codec: Any, data: Any, expected: dict[str, str]) -> None:
    assert codec.encode(data, {}) == expected


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (ROUTES, Route(service="web", port=80, rewrite="/", paths=("/a", "/b"))),
        (INFOS, Info(gateway_name="istio", is_up=False, port=1)),
        (DOCUMENTS, Route(service="web", port=80, rewrite="/")),
    ],
)
def test_what_is_written_is_read_back(codec: Any, data: Any) -> None:
    assert codec.decode(codec.encode(data, {})) == data
