"""Tokens for programs from the real Dex, which keeps its state in a real Kubernetes API, as the charm has it.

With Dex's storage in memory a renewal hangs for ever: it looks the user up while it holds the lock that this takes.
"""

import base64
import html
import json
import pathlib
import re
import runpy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from ops import testing
from support import programs, samples
from support.apiserver import ApiServer, answers, await_answer, free_ports, log_of, program
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parents[2]
CHARM = ROOT / "charms" / "dex-auth"
EXAMPLE = ROOT / "examples" / "token" / "kubeflow_token.py"
AUDIENCE, CLIENT = "authservice-oidc", "kubeflow-programs"
GATEKEEPER = {"id": AUDIENCE, "name": "Kubeflow", "redirectURIs": ["/oauth2/callback"], "secret": "hush"}
USER, PASSWORD = "ada@example.com", "wonderland"


def configuration(port: int, folder: pathlib.Path) -> dict[str, Any]:
    """Return what the charm gives Dex at an address of this machine."""
    databag = {"_supported_versions": '["v1"]', "data": json.dumps(GATEKEEPER)}
    relation = testing.Relation("oidc-client", remote_app_name="oidc-gatekeeper", remote_app_data=databag)
    secret = testing.Secret({"username": USER, "password": PASSWORD})
    options = {
        "program-client": CLIENT,
        "static-credentials-secret": secret.id,
        "public-url": f"http://127.0.0.1:{port}",
    }
    with pytest.MonkeyPatch.context() as patch, unit(Unit, CHARM, patch, folder) as dex:
        dex.settle(relations=[relation], secrets=[secret], config=options)
        return json.loads(dex.deployment.files["dex"]["/etc/dex/configuration.yaml"].text)


@pytest.fixture(scope="module")
def issuer(apiserver: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Dex that runs with the charm's configuration."""
    found, folder = programs.find("dex"), tmp_path_factory.mktemp("dex")
    serves, tells = free_ports(2)
    told = configuration(serves, tmp_path_factory.mktemp("charm"))
    with apiserver.client() as client:
        samples.define(client, [kind for kind in samples.kinds() if kind.charm == "dex-auth"])
    access = folder / "kubeconfig"
    access.write_text(json.dumps(apiserver.kubeconfig(apiserver.token)))
    # Beside the ports, all that differs: from where it knows the API server.
    told["storage"]["config"] = {**told["storage"]["config"], "inCluster": False, "kubeConfigFile": str(access)}
    told |= {"web": {"http": f"127.0.0.1:{serves}"}, "telemetry": {"http": f"127.0.0.1:{tells}"}}
    file = folder / "configuration.json"
    file.write_text(json.dumps(told))
    with (
        program([found, "serve", file], folder, {"KUBERNETES_POD_NAMESPACE": "default"}) as process,
        httpx2.Client(base_url=told["issuer"]) as client,
    ):
        await_answer(process, log_of(found, folder), lambda: answers(client, "/.well-known/openid-configuration"))
        yield told["issuer"]


def confirm(where: str) -> None:
    """Log in as a user does who was told this address."""
    with httpx2.Client(follow_redirects=True, timeout=20) as browser:
        page = browser.get(where)
        for fields in ({}, {"login": USER, "password": PASSWORD}):
            form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
            hidden = dict(re.findall(r'name="(user_code)"[^>]*value="([^"]*)"', page.text))
            target = page.url.join(html.unescape(form.group(1))) if form else page.url
            page = browser.post(target, data={**hidden, **fields})
            assert page.is_success, page.text


def claims(token: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_a_program_gets_a_token_once_a_user_confirms_and_renews_it_without_her(
    issuer: str, tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]
) -> None:
    get, memory = runpy.run_path(str(EXAMPLE))["tokens"], tmp_path / "tokens.json"
    with ThreadPoolExecutor(max_workers=1) as pool:
        first = pool.submit(get, issuer, CLIENT, AUDIENCE, memory)
        said = ""
        while "Log in at" not in said:
            assert not first.done(), first.exception()
            said += capfd.readouterr().err
        confirm(said.split("Log in at ")[1].split(" and confirm")[0])
        found = first.result(timeout=60)
    assert claims(found["id_token"])["email"] == USER
    assert AUDIENCE in claims(found["id_token"])["aud"]
    kept = json.loads(memory.read_text())[issuer]
    again = get(issuer, CLIENT, AUDIENCE, memory)
    assert "Log in" not in capfd.readouterr().err
    assert (claims(again["id_token"])["email"], json.loads(memory.read_text())[issuer] != kept) == (USER, True)
    assert AUDIENCE in claims(again["id_token"])["aud"]
