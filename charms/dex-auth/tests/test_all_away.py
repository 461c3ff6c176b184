"""The only connector is away when Dex starts, or can never be opened."""

import contextlib
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import ops
import pytest
from ops import pebble, testing
from support import programs
from support.apiserver import answers, await_answer, free_ports, log_of, program

CLIENT = {"id": "kubeflow", "name": "K", "redirectURIs": ["http://127.0.0.1/none"], "secret": "hush"}
OPTIONS = {"static-username": "ada", "static-password": "of course"}


@contextlib.contextmanager
def serving(dex: Any, state: testing.State, folder: pathlib.Path) -> Iterator[tuple[Any, pathlib.Path, httpx2.Client]]:
    """Start the real Dex with the charm's configuration and environment; it keeps its state in memory."""
    (port,), found = free_ports(1), programs.find("dex")
    told = {**dex.configuration, "storage": {"type": "memory"}, "web": {"http": f"127.0.0.1:{port}"}, "telemetry": {}}
    told |= {"issuer": f"http://127.0.0.1:{port}/dex", "staticClients": [CLIENT]}
    (folder / "dex.json").write_text(json.dumps(told))
    environment = dict(dex.program(state, "dex").environment)
    with (
        program([found, "serve", "dex.json"], folder, environment) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as browser,
    ):
        yield process, log_of(found, folder), browser


def away(**more: Any) -> dict[str, Any]:
    """Return options with one connector, at whose port nobody listens."""
    config = (
        "{issuer: 'http://127.0.0.1:1', clientID: a, clientSecret: b, redirectURI: 'http://127.0.0.1/dex/callback'}"
    )
    return {"connectors": f"[{{type: oidc, id: sso, name: SSO, config: {config}}}]", **more}


def test_users_of_dexs_own_log_in_while_the_only_connector_is_away(dex, tmp_path):
    state = dex.settle(config=away(**OPTIONS))
    with serving(dex, state, tmp_path) as (process, log, browser):
        await_answer(process, log, lambda: answers(browser, "/dex/healthz"))
        asked = {"client_id": "kubeflow", "redirect_uri": CLIENT["redirectURIs"][0], "response_type": "code"}
        page = browser.get("/dex/auth/local", params=asked | {"scope": "openid", "state": "x"}, follow_redirects=True)
        form = re.search(r'action="([^"]+)"', page.text)
        assert form, page.text
        done = browser.post(form[1].replace("&amp;", "&"), data={"login": "ada", "password": "of course"})
        while done.headers.get("location", "").startswith("/"):
            done = browser.get(done.headers["location"])
    assert done.headers["location"].startswith("http://127.0.0.1/none?code=")


def test_without_users_of_its_own_dex_ends_while_the_only_connector_is_away(dex, tmp_path):
    state = dex.settle(config=away(**{"enable-password-db": False}))
    with serving(dex, state, tmp_path) as (process, log, _):
        assert process.wait(20) != 0
    assert "failed to open all connectors (1/1)" in log.read_text()


def test_then_the_status_names_the_connector_and_not_the_log(dex, monkeypatch):
    def end(*_: Any) -> None:
        raise pebble.ChangeError("exited quickly", None)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(ops.Container, "replan", end)
    state = dex.settle(config=away(**{"enable-password-db": False}))
    assert state.unit_status == testing.WaitingStatus(
        "waiting for the service of connector sso to answer, without which dex does not start"
    )


def test_connectors_of_which_dex_can_open_none_are_refused_where_they_are_all_there_is(dex):
    unfit = "[{type: ldap, id: staff, name: A, config: {host: a}}]"
    assert dex.blocked(connectors=unfit, enable_password_db=False) == (
        "option connectors: of staff, its config lacks userSearch.baseDN, userSearch.username; nobody could log in"
    )


@pytest.mark.parametrize("password_db", [True, False])
def test_one_that_can_be_opened_is_enough(dex, password_db):
    several = "[{type: ldap, id: a, name: A, config: {host: a}}, {type: github, id: b, name: B, config: {clientID: a}}]"
    state = dex.settle(config={"connectors": several, "enable-password-db": password_db})
    assert isinstance(state.unit_status, testing.ActiveStatus)
