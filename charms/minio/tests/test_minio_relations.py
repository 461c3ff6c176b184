"""What consumers, gateway and dashboard are told."""

import json

import pytest
from ops import testing
from support.issuers import RELATED, Issuer

PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"


def said(state, relation):
    return dict(state.get_relation(relation.id).local_app_data)


def test_a_published_consumer_is_told_in_plain_text(minio):
    relation = minio.consumer(secrets=False)
    databag = said(minio.settle(relation), relation)
    assert json.loads(databag["data"]) == {
        "access-key": "minio",
        "secret-key": minio.login[1],
        "service": "minio-primary",
        "namespace": "edge",
        "port": 9000,
        "secure": False,
    }
    assert json.loads(databag["_supported_versions"]) == ["v1"]


def test_a_consumer_that_reads_secrets_is_granted_one(minio):
    relation = minio.consumer(secrets=True)
    state = minio.settle(relation)
    [secret] = [secret for secret in state.secrets if secret.label == "login"]
    assert json.loads(said(state, relation)["data"])["secret-key"] == secret.id
    assert secret.remote_grants == {relation.id: {"argo-controller"}}
    assert minio.login[1] not in str(said(state, relation))


def test_a_consumer_that_says_nothing_is_told_no_password(minio):
    relation = testing.Relation("object-storage", remote_app_name="argo-controller")
    assert "data" not in said(minio.settle(relation), relation)


def test_another_password_reaches_consumers(minio):
    hidden, plain = minio.consumer(secrets=True), minio.consumer(secrets=False)
    state = minio.reconfigure(minio.settle(hidden, plain), secret_key="long enough")
    [secret] = [secret for secret in state.secrets if secret.label == "login"]
    assert secret.latest_content == {"access-key": "minio", "secret-key": "long enough"}
    assert json.loads(said(state, plain)["data"])["secret-key"] == "long enough"


def test_https_reaches_consumers(minio):
    objects, bucket = minio.consumer(secrets=True), testing.Relation("s3", remote_app_data={"bucket": "relation-1"})
    state = minio.settle(objects, bucket, config={"ssl-cert": PEM, "ssl-key": PEM, "ssl-ca": PEM})
    assert json.loads(said(state, objects)["data"])["secure"] is True
    assert said(state, bucket)["endpoint"] == "https://minio-primary.edge.svc:9000"
    assert json.loads(said(state, bucket)["tls-ca-chain"]) == [f"{PEM}\n"]


def test_an_issued_certificate_is_served_and_its_authority_reaches_consumers(minio):
    consumer = minio.consumer(secrets=True)
    state = minio.settle(RELATED, consumer)
    (relation,) = state.get_relations("certificates")
    state = minio.again(state, Issuer().answer(relation), state.get_relation(consumer.id))
    certificate = minio.files["/run/minio/certs/public.crt"].text
    told = json.loads(said(state, consumer)["data"])
    assert (told["secure"], told["authority"].strip()) == (True, certificate.strip())


def test_consumers_hear_when_minio_answers(minio):
    relation = minio.consumer(secrets=True)
    assert minio.settle(relation).get_relation(relation.id).local_unit_data["answers-since"]


def test_minio_leaves_https_when_its_certificate_goes(minio):
    state = minio.settle(config={"ssl-cert": PEM, "ssl-key": PEM, "ssl-ca": PEM})
    assert "/run/minio/certs/public.crt" in minio.files
    minio.again(state, config={})
    assert minio.files.keys() == {"/run/minio/access-key", "/run/minio/secret-key"}


def test_a_consumer_of_s3_v0_is_told_in_plain_text(minio):
    relation = testing.Relation("s3", remote_app_data={"bucket": "relation-7"})
    assert said(minio.settle(relation), relation) == {
        "lib-version": "1.0",
        "access-key": "minio",
        "secret-key": minio.login[1],
        "endpoint": "http://minio-primary.edge.svc:9000",
        "bucket": "relation-7",
        "region": "us-east-1",
        "s3-uri-style": "path",
    }


def test_a_consumer_of_s3_v1_is_granted_a_secret_and_gets_its_bucket(minio, monkeypatch):
    asked = []

    def send(store, method, path, body=b""):
        asked.append(f"{method} {store.url}{path}")
        return (404 if method == "HEAD" else 200), b""

    monkeypatch.setattr("kubeflow_charms.storage.s3_requests.send", send)
    wish = {"bucket": "backups", "path": "mysql", "lib-version": "1.0", "requested-secrets": '["access-key"]'}
    relation = testing.Relation("s3", remote_app_name="mysql", remote_app_data=wish)
    state = minio.settle(relation)
    [secret] = [secret for secret in state.secrets if secret.label == "login"]
    assert said(state, relation) == {
        "lib-version": "1.0",
        "secret-extra": secret.id,
        "endpoint": "http://minio-primary.edge.svc:9000",
        "bucket": "backups",
        "path": "mysql",
        "region": "us-east-1",
        "s3-uri-style": "path",
    }
    assert asked == ["HEAD http://localhost:9000/backups", "PUT http://localhost:9000/backups"]


def test_the_console_has_a_route_and_a_link(minio):
    route, links = minio.gateway(), testing.Relation("dashboard-links")
    state = minio.settle(route, links)
    assert json.loads(said(state, route)["data"]) == {
        "service": "minio-primary",
        "port": 9001,
        "prefix": "/minio/",
        "rewrite": "/",
    }
    [link] = json.loads(said(state, links)["dashboard_links"])
    assert (link["link"], link["location"]) == ("/minio/", "external")
    environment = state.get_container("minio").plan.services["minio"].environment
    assert environment["MINIO_BROWSER_REDIRECT_URL"] == "http://10.64.140.43/minio/"


@pytest.mark.parametrize("related", [False, True])
def test_there_is_no_link_to_a_console_that_has_no_route(minio, related):
    links = testing.Relation("dashboard-links")
    relations = (minio.gateway(), links) if related else (links,)
    options = {"ssl-cert": PEM, "ssl-key": PEM} if related else {}
    state = minio.settle(*relations, config=options)
    assert said(state, links) == {"dashboard_links": "[]"}
    assert "MINIO_BROWSER_REDIRECT_URL" not in state.get_container("minio").plan.services["minio"].environment


def test_a_gateway_that_tells_no_address_routes_all_the_same(minio):
    state = minio.settle(minio.gateway(url=""))
    environment = state.get_container("minio").plan.services["minio"].environment
    assert environment["MINIO_BROWSER_REDIRECT_URL"] == "http://minio.edge.svc/minio/"


def test_a_consumer_that_asks_for_nonsense_keeps_no_other_from_its_bucket(minio, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "kubeflow_charms.storage.s3_requests.send", lambda store, *what: (asked.append(what), (200, b""))[1]
    )
    wish = {"lib-version": "1.0", "requested-secrets": '["access-key"]'}
    wrong = testing.Relation("s3", remote_app_name="odd", remote_app_data={**wish, "bucket": "No Bucket"})
    good = testing.Relation("s3", remote_app_name="mysql", remote_app_data={**wish, "bucket": "backups"})
    state = minio.settle(wrong, good)
    assert "relation s3: odd sends invalid data" in state.unit_status.message
    assert said(state, wrong) == {}
    assert said(state, good)["bucket"] == "backups"
    assert asked == [("HEAD", "/backups", b"")]


def test_a_gateway_that_says_nonsense_keeps_minio_from_nothing(minio):
    consumer = minio.consumer(secrets=True)
    state = minio.settle(consumer, minio.gateway(principals="nobody"))
    assert "relation ingress: istio-pilot sends invalid data" in state.unit_status.message
    assert "data" in said(state, consumer)
