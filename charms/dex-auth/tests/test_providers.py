"""Google and Entra ID as the page tells of them: read by the real Dex, and a user's whole log-in through it."""

import base64
import importlib
import json
import pathlib
import re
import textwrap
import urllib.parse
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import yaml
from ops import testing
from support import programs, providers
from support.apiserver import answers, await_answer, free_ports, log_of, program
from support.charms import load_charm
from support.unit import Unit, unit

from testbed.certificates import Authority

CHARM = pathlib.Path(__file__).parents[1]
PAGE = CHARM.parents[1] / "docs" / "logging-in.md"
PUBLIC = "https://kubeflow.example.com"
BACK = f"{PUBLIC}/dex/callback"
GATEKEEPER = {"id": "kubeflow", "name": "Kubeflow", "redirectURIs": [f"{PUBLIC}/oauth2/callback"], "secret": "hush"}
KEYS = {"google": "the word", "entra": "the word", "bind-word": "the word"}
AUTHORITY = base64.b64encode(Authority("directory").certificate()).decode()
STRICT = {"DEX_CONFIG_DISALLOW_UNKNOWN_FIELDS": "true"}
"""With it, Dex refuses a setting that it does not know; the charm lets Dex pass over these."""


def examples() -> dict[str, dict[str, Any]]:
    """Return the connectors of the page, by their identifiers."""
    blocks = re.findall(r"(?:^    .*\n|^\n)+", PAGE.read_text(), re.MULTILINE)
    lists = [textwrap.dedent(block).partition("- type:") for block in blocks if "- type:" in block]
    return {
        item["id"]: item
        for _, begin, rest in lists
        for item in yaml.safe_load(begin + rest.replace("LS0tLS1CRUdJ...", AUTHORITY))
    }


def rendered(folder: pathlib.Path, connectors: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the charm gives Dex."""
    databag = {"_supported_versions": '["v1"]', "data": json.dumps(GATEKEEPER)}
    relation = testing.Relation("oidc-client", remote_app_name="oidc-gatekeeper", remote_app_data=databag)
    secret = testing.Secret(KEYS)
    options = {"connectors": yaml.safe_dump(connectors), "connectors-secret": secret.id, "public-url": PUBLIC}
    with pytest.MonkeyPatch.context() as patch, unit(Unit, CHARM, patch, folder) as dex:
        state = dex.settle(relations=[relation], secrets=[secret], config=options)
        assert isinstance(state.unit_status, testing.ActiveStatus | testing.WaitingStatus), state.unit_status
        return json.loads(dex.deployment.files["dex"]["/etc/dex/configuration.yaml"].text)


class Dex:
    """A Dex that runs with the charm's configuration; beside the ports it differs in where it keeps its state."""

    def __init__(self, folder: pathlib.Path, connectors: list[dict[str, Any]], environment: dict[str, str]):
        self._folder, self._environment = folder, {"DEX_CONTINUE_ON_CONNECTOR_FAILURE": "true", **environment}
        (folder / "charm").mkdir()
        serves, tells = free_ports(2)
        told = rendered(folder / "charm", connectors) | {"storage": {"type": "memory"}}
        told |= {"web": {"http": f"127.0.0.1:{serves}"}, "telemetry": {"http": f"127.0.0.1:{tells}"}}
        (folder / "configuration.json").write_text(json.dumps(told))
        self._at = f"http://127.0.0.1:{serves}"

    def running(self) -> Iterator[httpx2.Client]:
        """Yield a browser once it answers."""
        found = programs.find("dex")
        with (
            program([found, "serve", "configuration.json"], self._folder, self._environment) as process,
            httpx2.Client(base_url=self._at, timeout=20) as browser,
        ):
            log = log_of(found, self._folder)
            await_answer(process, log, lambda: answers(browser, "/dex/healthz"))
            yield browser

    @property
    def log(self) -> str:
        """What it said."""
        return log_of("dex", self._folder).read_text()


def whole(shape: Any) -> Any:
    """Return a config that has every setting that the charm knows."""
    if isinstance(shape, list):
        return [whole(shape[0])]
    if isinstance(shape, dict):
        return {"any" if key == "*" else key: whole(item) for key, item in shape.items()}
    return {"text": "text", "flag": "true", "base64": ""}[shape]


@pytest.fixture
def provider(tmp_path: pathlib.Path) -> Iterator[providers.Provider]:
    with providers.running(tmp_path, ("", "the word"), BACK) as found:
        yield found


def test_dex_knows_every_setting_that_the_charm_knows(tmp_path: pathlib.Path, provider: providers.Provider) -> None:
    load_charm(CHARM)
    types = importlib.import_module("dex_connector_types").TYPES
    every = [{"type": kind, "id": kind.lower(), "name": kind, "config": whole(it)} for kind, it in types.items()]
    for browser in Dex(tmp_path, every, {**provider.environment, **STRICT}).running():
        assert answers(browser, "/dex/.well-known/openid-configuration")


def test_a_setting_that_dex_does_not_know_would_be_noticed(tmp_path: pathlib.Path) -> None:
    config = {"clientID": "a", "noSuchSetting": "b"}
    dex = Dex(tmp_path, [{"type": "google", "id": "a", "name": "A", "config": config}], STRICT)
    with pytest.raises(AssertionError, match='unknown field "noSuchSetting"'):
        list(dex.running())


@pytest.mark.parametrize("name", examples())
def test_dex_takes_each_example_of_the_page_to_the_letter(
    tmp_path: pathlib.Path, provider: providers.Provider, name: str
) -> None:
    dex = Dex(tmp_path, [examples()[name]], {**provider.environment, **STRICT})
    for _ in dex.running():
        assert "Failed to open connector" not in dex.log


def log_in(browser: httpx2.Client, name: str, code: str = "good") -> tuple[dict[str, str], httpx2.Response]:
    """Return what Dex asked of the provider's page, and its answer to a user who comes back from there."""
    query = {"client_id": "kubeflow", "redirect_uri": GATEKEEPER["redirectURIs"][0], "response_type": "code"}
    begun = browser.get(f"/dex/auth/{name}", params={**query, "scope": "openid email profile groups", "state": "x"})
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(begun.headers["location"]).query))
    answer = browser.get("/dex/callback", params={"code": code, "state": asked["state"]})
    while answer.headers.get("location", "").startswith("/"):
        answer = browser.get(answer.headers["location"])
    return asked, answer


def claims(browser: httpx2.Client, back: httpx2.Response) -> dict[str, Any]:
    """Return what Kubeflow learns of a user who comes back from Dex."""
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back.headers["location"]).query))["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": GATEKEEPER["redirectURIs"][0]}
    told = browser.post("/dex/token", data=form, auth=("kubeflow", "hush")).raise_for_status().json()
    return json.loads(base64.urlsafe_b64decode(told["id_token"].split(".")[1] + "=="))


def ada(**more: Any) -> dict[str, Any]:
    return {"email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace", **more}


def test_a_user_of_the_companys_google_logs_in(tmp_path: pathlib.Path, provider: providers.Provider) -> None:
    example = examples()["google"]
    provider.client, provider.claims = (example["config"]["clientID"], "the word"), ada(hd="example.com")
    for browser in Dex(tmp_path, [example], provider.environment).running():
        asked, back = log_in(browser, "google")
        assert (asked["redirect_uri"], asked["hd"]) == (BACK, "example.com")
        assert claims(browser, back)["email"] == "ada@example.com"


@pytest.mark.parametrize("said", [{}, {"hd": "elsewhere.example"}])
def test_an_account_at_google_that_is_not_the_companys_is_refused(
    tmp_path: pathlib.Path, provider: providers.Provider, said: dict[str, str]
) -> None:
    example = examples()["google"]
    provider.client, provider.claims = (example["config"]["clientID"], "the word"), ada(**said)
    dex = Dex(tmp_path, [example], provider.environment)
    for browser in dex.running():
        _, back = log_in(browser, "google")
        assert "location" not in back.headers
        assert "unexpected hd claim" in dex.log


def test_a_user_of_entra_logs_in_though_it_says_nothing_of_her_address_and_has_her_groups(
    tmp_path: pathlib.Path, provider: providers.Provider
) -> None:
    example = examples()["entra"]
    provider.client = (example["config"]["clientID"], "the word")
    provider.claims = {"email": "ada@example.com", "name": "Ada Lovelace", "groups": ["0000-engineers"]}
    for browser in Dex(tmp_path, [example], provider.environment).running():
        asked, back = log_in(browser, "entra")
        assert asked["redirect_uri"] == BACK
        found = claims(browser, back)
        assert (found["email"], found["groups"]) == ("ada@example.com", ["0000-engineers"])


def test_with_the_type_microsoft_groups_have_their_names(tmp_path: pathlib.Path, provider: providers.Provider) -> None:
    example = examples()["entra-groups"]
    provider.client = (example["config"]["clientID"], "the word")
    provider.person = {"id": "1", "displayName": "Ada Lovelace", "userPrincipalName": "Ada@example.com"}
    provider.groups = {"0000-engineers": "engineers"}
    for browser in Dex(tmp_path, [example], provider.environment).running():
        _, back = log_in(browser, "entra-groups")
        found = claims(browser, back)
        assert (found["email"], found["groups"]) == ("ada@example.com", ["engineers"])


def test_a_client_secret_that_has_expired_ends_the_log_in(tmp_path: pathlib.Path, provider: providers.Provider) -> None:
    example = examples()["entra"]
    provider.client = (example["config"]["clientID"], "another word")
    dex = Dex(tmp_path, [example], provider.environment)
    for browser in dex.running():
        _, back = log_in(browser, "entra")
        assert "location" not in back.headers
        assert "AADSTS7000215" in dex.log


def tried(real: Any, provider: providers.Provider, monkeypatch: pytest.MonkeyPatch, name: str) -> dict[str, str]:
    """Return what test-login says of an example of the page."""
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", provider.proxy)
    monkeypatch.setenv("SSL_CERT_FILE", str(provider.authorities))
    secret = testing.Secret(KEYS)
    options = {"connectors": yaml.safe_dump([examples()[name]]), "connectors-secret": secret.id, "public-url": PUBLIC}
    return real.act("test-login", real.settle(config=options, secrets=[secret]))


@pytest.mark.parametrize(("name", "host"), [("google", providers.GOOGLE), ("entra", providers.ENTRA)])
def test_a_trial_goes_as_far_as_the_providers_page(
    real: Any, provider: providers.Provider, monkeypatch: pytest.MonkeyPatch, name: str, host: str
) -> None:
    provider.client = (examples()[name]["config"]["clientID"], "the word")
    shown = tried(real, provider, monkeypatch, name)
    assert (shown["redirect"], shown["provider"], shown["secret"]) == (BACK, host, "accepted")


@pytest.mark.parametrize(
    ("word", "back", "reason"),
    [
        ("another word", BACK, "does not accept clientID with clientSecret: invalid_client AADSTS7000215"),
        ("the word", "https://elsewhere/dex/callback", "does not show its page: redirect_uri_mismatch"),
    ],
)
def test_a_trial_says_what_the_provider_does_not_take(
    real: Any, provider: providers.Provider, monkeypatch: pytest.MonkeyPatch, word: str, back: str, reason: str
) -> None:
    provider.client, provider.back = (examples()["google"]["config"]["clientID"], word), back
    with pytest.raises(testing.ActionFailed, match=reason):
        tried(real, provider, monkeypatch, "google")
