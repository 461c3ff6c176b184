"""Trials of log-ins: with the real Dex, against the real slapd, and a second Dex as the provider."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from ops import testing
from support.apiserver import free_ports
from support.programs import find

ADA, ADAS = "ada", "lovely Engine"
PEOPLE = """\
dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: cn=reader,dc=example,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reading word

dn: uid=ada,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
mail: ada@example.com
userPassword: lovely Engine

dn: uid=mute,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: mute
cn: Without Address
sn: Address
userPassword: lovely Engine

dn: cn=engineers,ou=people,dc=example,dc=com
objectClass: groupOfNames
cn: engineers
member: uid=ada,ou=people,dc=example,dc=com
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A directory with people and a group; its port."""
    slapd = shutil.which("slapd", path=f"{os.environ['PATH']}:/usr/sbin")
    if slapd is None:
        pytest.skip("there is no slapd: apt-get install slapd")
    folder, (port,) = tmp_path_factory.mktemp("slapd"), free_ports(1)
    (folder / "data").mkdir()
    schemas = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
    (folder / "slapd.conf").write_text(
        f"{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {folder}/pid\ndatabase mdb\n"
        f'suffix "dc=example,dc=com"\nrootdn "cn=root,dc=example,dc=com"\ndirectory {folder}/data\n'
        "access to attrs=userPassword by anonymous auth by * none\naccess to * by users read by * none\n"
    )
    (folder / "people.ldif").write_text(PEOPLE)
    configuration = ["-f", str(folder / "slapd.conf")]
    subprocess.run([slapd, "-T", "add", *configuration, "-l", str(folder / "people.ldif")], check=True)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [slapd, *configuration, "-d", "0", "-h", f"ldap://127.0.0.1:{port}"], stdout=log, stderr=log
        )
    try:
        _await(lambda: _connects(port))
        yield port
    finally:
        server.terminate()
        server.wait()


def _connects(port: int) -> bool:
    import socket

    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _await(ready) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ldap(port: int, **changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = {
        "host": f"127.0.0.1:{port}",
        "insecureNoSSL": True,
        "bindDN": "cn=reader,dc=example,dc=com",
        "bindPW": "reading word",
        "userSearch": {
            "baseDN": "ou=people,dc=example,dc=com",
            "username": "uid",
            "idAttr": "uid",
            "emailAttr": "mail",
            "nameAttr": "cn",
        },
        "groupSearch": {
            "baseDN": "ou=people,dc=example,dc=com",
            "filter": "(objectClass=groupOfNames)",
            "userMatchers": [{"userAttr": "DN", "groupAttr": "member"}],
            "nameAttr": "cn",
        },
    }
    return {"connectors": json.dumps([{"type": "ldap", "id": "staff", "name": "Staff", "config": config | changes}])}


def profile(name: str, owner: str) -> dict[str, Any]:
    spec = {"owner": {"kind": "User", "name": owner}}
    return {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "metadata": {"name": name}, "spec": spec}


def test_a_user_of_a_directory_is_found_with_groups_claims_and_profile(real, directory):
    real.cluster.add("/apis/kubeflow.org/v1/profiles/ada", profile("ada", "ada@example.com"))
    shown = real.act("test-login", real.settle(config=ldap(directory)), username=ADA, password=ADAS)
    assert shown.pop("seconds") > 0
    assert shown.pop("claims").startswith("email=ada@example.com, name=Ada Lovelace")
    assert shown == {
        "connector": "staff",
        "entry": "uid=ada,ou=people,dc=example,dc=com",
        "user": "ada@example.com",
        "groups": "engineers",
        "profiles": "ada (owner)",
    }


@pytest.mark.parametrize(
    ("changes", "user", "word", "reason"),
    [
        ({}, ADA, "wrong Engine", "invalid password for user: uid=ada,ou=people"),
        ({}, "nobody", ADAS, r"no results returned for filter: \(uid=nobody\)"),
        ({"bindPW": "another word"}, ADA, ADAS, "initial bind for user .*reader.* failed.*Invalid Credentials"),
        ({"host": "127.0.0.1:9"}, ADA, ADAS, "connection refused"),
        ({"userSearch": {"baseDN": "ou=none,dc=example,dc=com", "username": "uid"}}, ADA, ADAS, "No Such Object"),
        ({}, "mute", ADAS, 'missing following required attribute.*"mail"'),
    ],
)
def test_why_a_user_of_a_directory_does_not_log_in_is_said(real, directory, changes, user, word, reason):
    state = real.settle(config=ldap(directory, **changes))
    with pytest.raises(testing.ActionFailed, match=reason) as failure:
        real.act("test-login", state, username=user, password=word)
    assert not {"lovely", "wrong Engine", "another word", "reading word"} & set(failure.value.message.split('"'))
    assert "Engine" not in failure.value.message
    assert "another word" not in failure.value.message


def test_the_administrators_log_in_is_tried_with_the_password_that_the_charm_knows(real):
    shown = real.act("test-login", real.settle())
    assert (shown["connector"], shown["user"]) == ("local", "admin")
    assert shown["profiles"].startswith("none yet")


def test_the_password_may_be_in_a_secret(real):
    secret = testing.Secret({"username": "admin", "password": "marker-word"})
    with pytest.raises(testing.ActionFailed, match="Invalid username or password"):
        real.act("test-login", real.settle(secrets=[secret]), credentials=secret.id)


def test_a_claim_that_the_gatekeeper_wants_and_dex_does_not_give_is_named(real):
    with pytest.raises(testing.ActionFailed, match="no claim preferred_username to know the user by, only email=admin"):
        real.act("test-login", real.settle(), claim="preferred_username")


@pytest.fixture
def provider(tmp_path: pathlib.Path) -> Iterator[str]:
    """A second Dex, which knows the first as its client kubeflow; its issuer."""
    program, (port,) = find("dex"), free_ports(1)
    issuer = f"http://127.0.0.1:{port}/dex"
    back = "http://dex-auth.edge.svc:5556/dex/callback"
    client = {"id": "kubeflow", "name": "Kubeflow", "secret": "shared word", "redirectURIs": [back]}
    connectors = [{"type": "mockCallback", "id": "mock", "name": "Mock"}]
    document = {"issuer": issuer, "storage": {"type": "memory"}, "web": {"http": f"127.0.0.1:{port}"}}
    (tmp_path / "provider.json").write_text(
        json.dumps(document | {"staticClients": [client], "connectors": connectors})
    )
    with (tmp_path / "provider.log").open("wb") as log:
        server = subprocess.Popen([program, "serve", tmp_path / "provider.json"], stdout=log, stderr=log)
    try:
        _await(lambda: _answers(f"{issuer}/healthz"))
        yield issuer
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(url, timeout=2) as answer:
        return answer.status == 200
    return False


def oidc(at: str, **changes: Any) -> dict[str, Any]:
    config = {"issuer": at, "clientID": "kubeflow", "clientSecret": "shared word"}
    config["redirectURI"] = "http://dex-auth.edge.svc:5556/dex/callback"
    return {"connectors": json.dumps([{"type": "oidc", "id": "sso", "name": "Sign on", "config": config | changes}])}


def test_a_provider_that_knows_this_dex_is_tried_up_to_its_page(real, provider):
    shown = real.act("test-login", real.settle(config=oidc(provider)))
    assert shown.pop("seconds") > 0
    assert shown == {
        "connector": "sso",
        "redirect": "http://dex-auth.edge.svc:5556/dex/callback",
        "provider": "127.0.0.1",
        "secret": "accepted",
        "left": "the log-in itself, in a browser: http://dex-auth.edge.svc:5556",
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"redirectURI": "http://other/dex/callback"},
            "redirectURI is http://other/dex/callback, expected http://dex-a",
        ),
        ({"clientID": "nobody"}, "127.0.0.1 does not show its page: .*nvalid client_id"),
        ({"clientSecret": "marker word"}, "does not accept clientID with clientSecret: invalid_client"),
        ({"issuer": "http://127.0.0.1:9/dex"}, "connection refused"),
    ],
)
def test_why_a_provider_does_not_take_this_dex_is_said(real, provider, changes, reason):
    state = real.settle(config=oidc(provider, **changes))
    with pytest.raises(testing.ActionFailed, match=reason) as failure:
        real.act("test-login", state)
    assert "marker word" not in failure.value.message


def test_a_provider_that_does_not_know_where_users_come_back_to_is_told_of(real, provider):
    config = {
        **oidc(provider, redirectURI="https://kf.example.com/dex/callback"),
        "public-url": "https://kf.example.com",
    }
    with pytest.raises(testing.ActionFailed, match=r"does not show its page: .*nregistered redirect_uri"):
        real.act("test-login", real.settle(config=config))


def test_which_connector_is_meant_must_be_said_where_there_are_several(dex):
    connectors = "[{type: ldap, id: a, name: A}, {type: ldap, id: b, name: B}]"
    with pytest.raises(testing.ActionFailed, match="connector: expected one of a, b, local"):
        dex.act("test-login", dex.settle(config={"connectors": connectors}), username="x", password="y")
