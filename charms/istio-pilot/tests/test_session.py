"""What a real Envoy, with the filter that the charm gives the gateway, leaves of a request's cookies."""

import contextlib
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubeflow_charms.interfaces.ingress_auth import SECURE_SESSION, SESSION
from support import envoy

Arrives = Callable[..., list[str]]


@pytest.fixture
def gateway(pilot, tmp_path: pathlib.Path) -> Iterator[Callable[..., contextlib.AbstractContextManager[Any]]]:
    """Return a function that starts an Envoy with both filters of a charm with these options, and gives its client."""
    with contextlib.ExitStack() as stack:

        def start(**options: str) -> Any:
            pilot.settle(pilot.gatekeeper(), config=options)
            found = [
                patch["patch"]
                for name in ("istio-gateway-left-over", "istio-gateway-session")
                for patch in pilot.found("EnvoyFilter")[name]["spec"]["configPatches"]
            ]
            assert [patch["operation"] for patch in found] == ["INSERT_FIRST", "INSERT_BEFORE"]
            folder = tmp_path / "envoy"
            folder.mkdir()
            return stack.enter_context(envoy.filtering(folder, [patch["value"] for patch in found]))

        yield start


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


def log_ins(count: int, session: str = SESSION) -> list[str]:
    return [f"{session}_{number:08}_csrf=x" for number in range(count)]


def told(client: Any, *groups: str) -> list[str]:
    """Return the groups that a backend learns of when the gatekeeper says these, a header each."""
    headers = [("kubeflow-groups", group) for group in groups]
    return [value for name, value in client.get("/", headers=headers).json() if name == "kubeflow-groups"]


@pytest.mark.parametrize("session", [SESSION, SECURE_SESSION])
def test_of_many_log_ins_the_newest_stay_and_the_browser_forgets_the_others(gateway, session: str) -> None:
    sent = ["a=1", *log_ins(43, session), f"{session}=secret", f"{session}_0=more"]
    answer = gateway().get("/oauth2/callback?code=x", headers={"cookie": "; ".join(sent)})
    (arrived,) = [value for name, value in answer.json() if name == "cookie"]
    assert arrived == "; ".join(["a=1", *log_ins(43, session)[3:], f"{session}=secret", f"{session}_0=more"])
    gone = answer.headers.get_list("set-cookie")
    assert [item.partition("=")[0] for item in gone] == [item.partition("=")[0] for item in log_ins(3, session)]
    assert all("=; Path=/; Max-Age=0" in item and ("Secure" in item) == (session != SESSION) for item in gone)


def test_log_ins_that_many_tabs_begin_at_once_all_stay(gateway) -> None:
    sent = "; ".join(log_ins(40))
    answer = gateway().get("/oauth2/callback", headers={"cookie": sent})
    assert ["cookie", sent] in answer.json()
    assert "set-cookie" not in answer.headers


def test_what_only_looks_like_a_log_in_stays(gateway) -> None:
    sent = [*(f"my_{SESSION}_{number}_csrf=x" for number in range(50)), *(f"a{number}_csrf=x" for number in range(50))]
    answer = gateway().get("/", headers={"cookie": "; ".join(sent)})
    assert ["cookie", "; ".join(sent)] in answer.json()
    assert "set-cookie" not in answer.headers


def test_backends_are_told_of_no_groups_unless_an_option_names_them(gateway) -> None:
    assert told(gateway(), ",".join(f"a-group-of-a-large-company-{number}" for number in range(200))) == []


def test_backends_are_told_of_the_groups_that_an_option_names(gateway) -> None:
    client = gateway(groups='ml-team, Domain Users,"quoted\\", ö]]')
    headers = {"kubeflow-groups": 'staff,Domain Users,ml-team,ml,"quoted\\",ö]]'.encode()}
    (found,) = [value for name, value in client.get("/", headers=headers).json() if name == "kubeflow-groups"]
    assert found.encode("latin-1").decode() == 'Domain Users,ml-team,"quoted\\",ö]]'
    assert told(client, "ml-team", "staff", "Domain Users") == ["ml-team,Domain Users"]
    assert told(client, "staff") == []


def test_backends_are_told_of_all_groups_where_an_option_says_so(gateway) -> None:
    assert told(gateway(groups="*"), "staff,ml") == ["staff,ml"]


def test_a_group_that_no_header_can_hold_is_refused(pilot) -> None:
    assert "option groups: a name has what no header can hold" in pilot.blocked(groups="a,b\nc")
