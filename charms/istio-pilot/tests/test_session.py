"""What a real Envoy, with the filter that the charm gives the gateway, leaves of a request's cookies."""

import pathlib
from collections.abc import Callable, Iterator

import pytest
from kubeflow_charms.interfaces.ingress_auth import SECURE_SESSION, SESSION
from support import envoy

Arrives = Callable[..., list[str]]


@pytest.fixture
def arrives(pilot, tmp_path: pathlib.Path) -> Iterator[Arrives]:
    """Return a function that asks for a path with Cookie headers, and returns those that arrive."""
    pilot.settle(pilot.gatekeeper())
    (patch,) = pilot.found("EnvoyFilter")["istio-gateway-session"]["spec"]["configPatches"]
    assert (patch["applyTo"], patch["patch"]["operation"]) == ("HTTP_FILTER", "INSERT_BEFORE")
    folder = tmp_path / "envoy"
    folder.mkdir()
    with envoy.filtering(folder, [patch["patch"]["value"]]) as client:

        def ask(path: str, *cookies: str) -> list[str]:
            headers = client.get(path, headers=[("cookie", cookie) for cookie in cookies]).json()
            return [value for name, value in headers if name == "cookie"]

        yield ask


@pytest.mark.parametrize("session", [SESSION, SECURE_SESSION])
def test_no_backend_gets_the_session_and_each_its_own_cookies(arrives: Arrives, session: str) -> None:
    theirs = "_xsrf=2|a==; username-ada=x"
    for suffix in ("", "_0", "_1", "_csrf", "_5tqk1a2b_csrf"):
        assert arrives("/notebook/ada/one/", f"{session}{suffix}=secret; {theirs}") == [theirs]
        assert arrives("/notebook/ada/one/", f"{theirs}; {session}{suffix}=secret") == [theirs]
    assert arrives("/notebook/ada/one/", f"{session}_0=a|b; {session}_1=c; a=1;{session}=d;  b=2") == ["a=1; b=2"]


def test_nothing_arrives_where_there_is_nothing_else(arrives: Arrives) -> None:
    assert arrives("/", f"{SESSION}=secret") == []
    assert arrives("/") == []


def test_several_headers_are_looked_through(arrives: Arrives) -> None:
    assert arrives("/", f"{SESSION}=secret", f"a=1; {SECURE_SESSION}_1=x", "b=2") == ["a=1; b=2"]


def test_a_cookie_whose_name_only_ends_alike_or_holds_it_as_a_value_arrives(arrives: Arrives) -> None:
    theirs = f"my_{SESSION}=1; a={SESSION}=2"
    assert arrives("/", theirs) == [theirs]


@pytest.mark.parametrize("path", ["/oauth2/sign_out", "/oauth2/callback?code=a/b&state=c", "/oauth2/start?rd=%2F"])
def test_the_gatekeepers_own_pages_get_them(arrives: Arrives, path: str) -> None:
    assert arrives(path, f"{SESSION}=secret; a=1") == [f"{SESSION}=secret; a=1"]


@pytest.mark.parametrize("path", ["/oauth2/ada/viewer/", "/oauth2", "/x/oauth2/callback", "/x?y=/oauth2/callback"])
def test_no_path_that_is_like_theirs_gets_them(arrives: Arrives, path: str) -> None:
    assert arrives(path, f"{SESSION}=secret") == []
