"""Databases and object stores: databags as the published charms write and read them."""

import json
from typing import Any

import pytest
import yaml
from kubeflow_charms.interfaces import mysql_client, object_storage, postgresql_client, s3
from kubeflow_charms.interfaces.mysql_client import MYSQL_CLIENT
from kubeflow_charms.interfaces.object_storage import OBJECT_STORAGE
from kubeflow_charms.interfaces.postgresql_client import POSTGRESQL_CLIENT
from kubeflow_charms.interfaces.s3 import S3
from kubeflow_charms.storage.object_store import Store

SERVER: Any = MYSQL_CLIENT.provider
CLIENT: Any = MYSQL_CLIENT.requirer
STORE: Any = OBJECT_STORAGE.provider
READER: Any = OBJECT_STORAGE.requirer
PROVIDER: Any = S3.provider
CONSUMER: Any = S3.requirer
POSTGRESQL_SERVER: Any = POSTGRESQL_CLIENT.provider
POSTGRESQL: Any = POSTGRESQL_CLIENT.requirer
SECRET = "secret:d0erdgfmp25c762i8np0"
MYSQL_K8S = {
    "data": '{"database": "mlpipeline", "requested-secrets": "[\\"username\\", \\"password\\"]"}',
    "database": "mlpipeline",
    "endpoints": "mysql-k8s-primary.kubeflow.svc.cluster.local.:3306",
    "read-only-endpoints": "mysql-k8s-replicas.kubeflow.svc.cluster.local.:3306",
    "secret-user": SECRET,
    "version": "8.0.41-0ubuntu0.22.04.1",
}
KFP_API = {
    "database": "mlpipeline",
    "requested-secrets": '["username", "password", "tls", "tls-ca", "uris", "read-only-uris"]',
}
MINIO = {
    "_supported_versions": "- v1\n",
    "data": "access-key: minio\nnamespace: kubeflow\nport: 9000\nsecret-key: QFEJUYZD\nsecure: false\nservice: minio\n",
}
S3_INTEGRATOR_1 = {
    "access-key": "key",
    "bucket": "backups",
    "data": '{"bucket": "relation-7"}',
    "endpoint": "https://s3.example.com",
    "region": "eu-west-1",
    "secret-key": "word",
    "tls-ca-chain": '["-----BEGIN CERTIFICATE-----"]',
}
S3_INTEGRATOR_2 = {
    "bucket": "backups",
    "endpoint": "http://10.1.2.3:9000",
    "lib-version": "1.0",
    "path": "/mysql/",
    "secret-extra": SECRET,
}


def reading(**content: str) -> Any:
    """Return what reads the one secret there is."""
    return lambda identifier: {SECRET: content}[identifier]


def unreadable(identifier: str) -> dict[str, str]:
    raise AssertionError(f"{identifier} is no secret")


def test_mysql_k8s_gives_a_login() -> None:
    database = SERVER.decode(MYSQL_K8S)
    assert database.login(reading(username="relation-7", password="word")) == mysql_client.Login(
        host="mysql-k8s-primary.kubeflow.svc.cluster.local",
        port=3306,
        database="mlpipeline",
        username="relation-7",
        password="word",
    )


def test_a_server_without_secrets_gives_a_login() -> None:
    database = SERVER.decode({"endpoints": "10.0.0.1", "username": "me", "password": "word"})
    login = database.login(unreadable)
    assert (login.host, login.port, login.username, login.password) == ("10.0.0.1", 3306, "me", "word")


@pytest.mark.parametrize(
    "databag",
    [
        {},
        {"data": "{}"},
        {"database": "mlpipeline"},
        {"endpoints": "10.0.0.1:3306"},
        {"endpoints": "10.0.0.1:3306", "username": "me"},
        {"secret-user": SECRET},
    ],
)
def test_a_server_that_gave_no_login_yet_is_waited_for(databag: dict[str, str]) -> None:
    assert SERVER.decode(databag) is None


def test_published_clients_of_mysql_are_understood() -> None:
    request = CLIENT.decode(KFP_API)
    assert request.database == "mlpipeline"
    assert {"username", "password"} <= set(request.requested_secrets)


def test_a_client_that_reads_no_secrets_is_understood() -> None:
    assert CLIENT.decode({"database": "katib"}).requested_secrets == ()


def test_a_client_of_mysql_that_asks_for_nothing_yet_is_waited_for() -> None:
    assert CLIENT.decode({"requested-secrets": "[]"}) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mysql", "the database mysql is MySQL's own"),
        ("SYS", "the database SYS is MySQL's own"),
        ("a`b", "matching regex"),
        ("--all-databases", "matching regex"),
        ("x" * 65, "matching regex"),
    ],
)
def test_a_database_that_nobody_may_have_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CLIENT.decode({"database": name})


def test_a_client_asks_as_published_ones_do() -> None:
    written = CLIENT.encode(mysql_client.Request(database="mlpipeline"), {})
    assert written == {
        "database": "mlpipeline",
        "requested-secrets": '["username", "password", "tls", "tls-ca", "uris"]',
    }


def test_a_server_answers_as_mysql_k8s_does() -> None:
    answer = mysql_client.Database(
        endpoints="mysql.edge.svc:3306",
        read_only_endpoints="mysql.edge.svc:3306",
        database="mlpipeline",
        version="8.4.6",
        secret_user=SECRET,
    )
    written = SERVER.encode(answer, {})
    assert written.keys() == MYSQL_K8S.keys() - {"data"}
    assert SERVER.decode(written) == answer


POSTGRESQL_K8S = {
    "endpoints": "postgresql-k8s-primary.kubeflow.svc.cluster.local:5432",
    "database": "katib",
    "secret-user": "secret:user",
    "secret-tls": "secret:tls",
}


def told_by_postgresql(databag: dict[str, str], **tls: str) -> postgresql_client.Login:
    """Return the login in what a PostgreSQL server says."""
    secrets = {"secret:user": {"username": "relation-7", "password": "word"}, "secret:tls": tls}
    database = POSTGRESQL_SERVER.decode(databag)
    return database.login(lambda identifier: secrets[identifier])


def test_postgresql_k8s_gives_a_login() -> None:
    assert told_by_postgresql(POSTGRESQL_K8S, tls="False") == postgresql_client.Login(
        host="postgresql-k8s-primary.kubeflow.svc.cluster.local",
        port=5432,
        database="katib",
        username="relation-7",
        password="word",
    )


def test_a_postgresql_server_that_wants_tls_says_who_signs_its_certificate() -> None:
    login = told_by_postgresql(POSTGRESQL_K8S, **{"tls": "True", "tls-ca": "PEM"})
    assert (login.secure, login.authority) == (True, "PEM")
    plain = {"endpoints": "10.0.0.1", "username": "me", "password": "word", "tls": "True"}
    login = told_by_postgresql(plain)
    assert (login.port, login.secure, login.authority) == (5432, True, "")


@pytest.mark.parametrize("name", ["postgres", "Template1"])
def test_a_database_of_postgresql_itself_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"the database {name} is PostgreSQL's own"):
        POSTGRESQL.decode({"database": name})


def test_minio_is_read_in_plain_text() -> None:
    store = STORE.decode(MINIO).store(unreadable)
    assert store == Store(host="minio.kubeflow.svc", port=9000, secure=False, access_key="minio", secret_key="QFEJUYZD")
    assert (store.endpoint, store.url) == ("minio.kubeflow.svc:9000", "http://minio.kubeflow.svc:9000")


def test_an_object_store_in_no_namespace_is_a_host() -> None:
    document = "access-key: a\nport: 443\nsecret-key: b\nsecure: true\nservice: s3.example.com\nnamespace: null\n"
    store = STORE.decode({"data": document}).store(unreadable)
    assert store.url == "https://s3.example.com:443"


def test_a_consumer_that_reads_secrets_gets_the_key_from_one() -> None:
    told = json.dumps({**yaml.safe_load(MINIO["data"]), "secret-key": SECRET})
    store = STORE.decode({"data": told}).store(reading(**{"secret-key": "word"}))
    assert store.secret_key == "word"


def test_what_we_write_holds_what_minio_writes() -> None:
    written = STORE.encode(STORE.decode(MINIO), {})
    assert yaml.safe_load(written["data"]) == yaml.safe_load(MINIO["data"])
    assert yaml.safe_load(written["_supported_versions"]) == ["v1"]


@pytest.mark.parametrize(
    ("databag", "expected"),
    [
        ({}, None),
        ({"_supported_versions": "- v1\n"}, object_storage.Reader()),
        ({"_supported_versions": '["v1"]', "secrets": "true"}, object_storage.Reader(secrets=True)),
    ],
)
def test_a_consumer_of_objects_says_whether_it_reads_secrets(databag: dict[str, str], expected: Any) -> None:
    assert READER.decode(databag) == expected
    assert expected is None or READER.decode(READER.encode(expected, {})) == expected


def test_s3_integrator_1_gives_a_login_in_plain_text() -> None:
    assert PROVIDER.decode(S3_INTEGRATOR_1).store(unreadable) == Store(
        host="s3.example.com",
        port=443,
        secure=True,
        access_key="key",
        secret_key="word",
        bucket="backups",
        region="eu-west-1",
        authorities=("-----BEGIN CERTIFICATE-----",),
    )


def test_s3_integrator_2_gives_a_login_in_a_secret() -> None:
    store = PROVIDER.decode(S3_INTEGRATOR_2).store(reading(**{"access-key": "key", "secret-key": "word"}))
    assert (store.url, store.path) == ("http://10.1.2.3:9000", "mysql")
    assert (store.access_key, store.secret_key) == ("key", "word")


@pytest.mark.parametrize(
    ("endpoint", "region", "expected"),
    [
        ("", "", "https://s3.us-east-1.amazonaws.com:443"),
        ("", "eu-west-1", "https://s3.eu-west-1.amazonaws.com:443"),
        ("storage.example.com", "", "https://storage.example.com:443"),
        ("http://minio.edge.svc:9000/", "", "http://minio.edge.svc:9000"),
    ],
)
def test_an_endpoint_is_found_as_providers_spell_it(endpoint: str, region: str, expected: str) -> None:
    connection = s3.Connection(endpoint=endpoint, region=region, access_key="a", secret_key="b")
    assert connection.store(unreadable).url == expected


@pytest.mark.parametrize("endpoint", ["ftp://host", "http://"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="names no endpoint"):
        PROVIDER.decode({"access-key": "a", "secret-key": "b", "endpoint": endpoint})


@pytest.mark.parametrize("databag", [{}, {"lib-version": "1.0"}, {"bucket": "b", "access-key": "a"}])
def test_a_provider_of_s3_that_gave_no_login_yet_is_waited_for(databag: dict[str, str]) -> None:
    assert PROVIDER.decode(databag) is None


def test_we_ask_in_a_way_that_both_versions_of_s3_integrator_answer() -> None:
    assert CONSUMER.encode(s3.Request(bucket="mlpipeline"), {}) == {
        "bucket": "mlpipeline",
        "lib-version": "1.0",
        "requested-secrets": '["access-key", "secret-key"]',
    }


@pytest.mark.parametrize(
    ("databag", "secrets"),
    [
        ({"bucket": "relation-7"}, False),
        ({"lib-version": "1.0", "requested-secrets": '["access-key", "secret-key"]'}, True),
    ],
)
def test_consumers_of_s3_are_understood(databag: dict[str, str], secrets: bool) -> None:
    assert bool(CONSUMER.decode(databag).requested_secrets) is secrets


def test_a_consumer_of_s3_that_asks_for_nothing_yet_is_waited_for() -> None:
    assert CONSUMER.decode({"requested-secrets": '["access-key"]'}) is None


def test_no_password_is_shown_where_a_login_is_printed() -> None:
    login = mysql_client.Login(host="host", port=1, database="d", username="me", password="hidden")
    store = Store(host="host", port=1, secure=False, access_key="key", secret_key="hidden")
    assert "hidden" not in f"{login} {store}"


@pytest.mark.parametrize("style", ["host", "virtual", "other"])
def test_a_store_that_wants_buckets_in_host_names_is_refused(style: str) -> None:
    with pytest.raises(ValueError, match=r"s3-uri-style .* is not supported here, expected path"):
        s3.Connection(endpoint="https://s3.example.com", s3_uri_style=style, access_key="a", secret_key="b")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("s3_uri_style", "HOST", "path"),
        ("s3_api_version", "s3v2", "s3v4"),
        ("storage_class", "GLACIER", "standard"),
        ("endpoint", "https://s3.example.com/base", "a URL without a path"),
        ("endpoint", "https://key:word@s3.example.com", "a URL without a path"),
        ("endpoint", "https://s3.example.com?region=a", "a URL without a path"),
    ],
)
def test_what_programs_would_pass_over_is_refused_without_repeating_an_endpoint(
    field: str, value: str, expected: str
) -> None:
    said: dict[str, Any] = {"endpoint": "https://s3.example.com", field: value}
    with pytest.raises(ValueError, match=f"expected {expected}") as error:
        s3.Connection(access_key="a", secret_key="b", **said)
    assert "word" not in str(error.value)


@pytest.mark.parametrize(
    "said", [{"s3_uri_style": "Path"}, {"s3_api_version": "s3v4"}, {"storage_class": "STANDARD"}, {"region": "a"}]
)
def test_what_programs_do_anyway_may_be_said(said: dict[str, Any]) -> None:
    s3.Connection(endpoint="https://s3.example.com/", access_key="a", secret_key="b", **said)


@pytest.mark.parametrize("endpoint", ["", "https://s3.eu-west-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"])
def test_amazons_own_store_takes_either_style(endpoint: str) -> None:
    s3.Connection(endpoint=endpoint, s3_uri_style="host", access_key="a", secret_key="b")


def test_an_ipv6_address_of_a_store_has_brackets() -> None:
    store = s3.Connection(endpoint="http://[fd00::5]:9000", access_key="a", secret_key="b").store(lambda _: {})
    assert (store.host, store.endpoint, store.url) == ("fd00::5", "[fd00::5]:9000", "http://[fd00::5]:9000")
