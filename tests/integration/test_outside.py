"""A model behind a company's proxy, whose image comes from a registry that asks for a login.

On demand, as both are a testbed's by option: `python -m testbed up --proxy --registry` before. Dex is the program that
leaves the cluster; outside is a second Dex, which only the proxy can name and reach. It takes three minutes.
"""

import contextlib
import json
import pathlib
import subprocess
from collections.abc import Callable, Iterator

import jubilant
import pytest
import yaml
from support import kubeflow as deployed
from support import programs
from support.apiserver import log_of, program
from support.eventually import eventually
from support.kubernetes import kubectl, look_up

from testbed import node, outside, state
from testbed.machine import Machine
from testbed.network import Network
from testbed.paths import Paths

pytestmark = pytest.mark.outside

MODEL = "outside"
IMAGE = "ghcr.io/dexidp/dex:v2.45.1"
ISSUER = f"http://{outside.NAME}:5557/dex"
Requests = Callable[[], list[str]]
BACK = f"http://dex-auth.{MODEL}.svc:5556/dex/callback"


@pytest.fixture(scope="module")
def paths(inside_testbed: None) -> Paths:
    found = Paths.from_environment()
    if not {"proxy", "registry"} <= Machine(found).programs().keys():
        pytest.skip("the testbed has no proxy or no registry: python -m testbed up --proxy --registry")
    return found


@pytest.fixture(scope="module")
def network(paths: Paths) -> Network:
    record = state.read(paths)
    assert record
    return record.network


@pytest.fixture(scope="module")
def requests(paths: Paths) -> Requests:
    """A function that returns what the proxy was asked for since the tests began."""
    log = paths.logs / "proxy.log"
    start = log.stat().st_size

    def read() -> list[str]:
        return [line for line in log.read_bytes()[start:].decode().splitlines() if "Request (" in line]

    return read


@pytest.fixture(scope="module")
def ours(paths: Paths, network: Network) -> str:
    """An image in the registry, and no longer among those that the node has."""
    name = f"{network.registry}/{IMAGE.partition('/')[2]}"
    ctr = ("ctr", *node.address(paths), "images")
    login = ("--plain-http", "--user", f"{outside.USER}:{outside.PASSWORD}")
    for command in (("tag", "--force", IMAGE, name), ("push", *login, name), ("rm", name)):
        subprocess.run([*ctr, *command], check=True, capture_output=True)
    return name


@pytest.fixture(scope="module")
def company(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """The log of an identity service that is outside."""
    folder, found = tmp_path_factory.mktemp("company"), programs.find("dex")
    client = {"id": "kubeflow", "name": "Kubeflow", "secret": "hush", "redirectURIs": [BACK]}
    told = {
        "issuer": ISSUER,
        "storage": {"type": "memory"},
        "web": {"http": f"{network.families[0].outside}:5557"},
        "enablePasswordDB": True,
        "staticClients": [client],
    }
    (folder / "configuration.json").write_text(json.dumps(told))
    with program([found, "serve", folder / "configuration.json"], folder):
        yield log_of(found, folder)


@pytest.fixture(scope="module")
def juju(
    network: Network, company: pathlib.Path, requests: Requests, ours: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[jubilant.Juju]:
    """A model with dex-auth, behind the proxy."""
    deployed.offer("dex-auth")
    image = tmp_path_factory.mktemp("image") / "image.yaml"
    image.write_text(yaml.safe_dump({"registrypath": ours, "username": outside.USER, "password": outside.PASSWORD}))
    config = {"issuer": ISSUER, "clientID": "kubeflow", "clientSecret": "hush", "redirectURI": BACK}
    connectors = [{"type": "oidc", "id": "company", "name": "Company", "config": config}]
    direct = ",".join(("127.0.0.1", "localhost", *(family.services for family in network.families)))
    juju = jubilant.Juju(wait_timeout=300)
    proxy = {"juju-http-proxy": network.proxy, "juju-https-proxy": network.proxy, "juju-no-proxy": direct}
    juju.add_model(MODEL, config=proxy)
    try:
        options = {"connectors": json.dumps(connectors)}
        juju.deploy("dex-auth", trust=True, resources={"oci-image": str(image)}, config=options)
        juju.wait(jubilant.all_active, error=jubilant.any_error)
        yield juju
    finally:
        with contextlib.suppress(jubilant.CLIError):
            juju.destroy_model(MODEL, destroy_storage=True, force=True)


def test_an_image_is_pulled_from_a_registry_with_the_login_that_the_resource_has(juju: jubilant.Juju, ours: str):
    found = look_up("pod", "dex-auth-0", "-n", MODEL)
    (status,) = [item for item in found["status"]["containerStatuses"] if item["name"] == "dex"]
    assert (status["image"], status["ready"]) == (ours, True)
    assert f'Successfully pulled image "{ours}"' in kubectl("get", "events", "-n", MODEL)


def test_dex_opens_a_connector_that_only_the_proxy_can_name(juju: jubilant.Juju, requests: Requests):
    eventually(lambda: any(f"GET {ISSUER}/.well-known/openid-configuration" in line for line in requests()))
    assert juju.status().apps["dex-auth"].app_status.message == ""


def test_nothing_in_the_cluster_is_asked_through_the_proxy(juju: jubilant.Juju, requests: Requests):
    assert [line for line in requests() if outside.NAME not in line] == []
