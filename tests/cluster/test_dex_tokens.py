"""Tokens for programs from the real Dex, which keeps its state in a real Kubernetes API, as the charm has it.

With Dex's storage in memory a renewal hangs for ever: it looks the user up while it holds the lock that this takes.
"""

import base64
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from ops import testing
from support import programs, samples, tokens
from support.apiserver import ApiServer, answers, await_answer, free_ports, log_of, program
from support.tokens import AUDIENCE, CLIENT
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parents[2]
CHARM = ROOT / "charms" / "dex-auth"
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


def claims(token: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_a_program_gets_a_token_once_a_user_confirms_and_renews_it_without_her(
    issuer: str, tmp_path: pathlib.Path
) -> None:
    memory = tmp_path / "tokens.json"
    found = tokens.tokens(issuer, memory, USER, PASSWORD)
    assert claims(found["id_token"])["email"] == USER
    assert AUDIENCE in claims(found["id_token"])["aud"]
    kept = json.loads(memory.read_text())[issuer]
    # Who had to confirm once more could not, as nobody has an empty password.
    again = tokens.tokens(issuer, memory, USER, "")
    assert (claims(again["id_token"])["email"], json.loads(memory.read_text())[issuer] != kept) == (USER, True)
    assert AUDIENCE in claims(again["id_token"])["aud"]
