"""A certificate from an application that issues them, and what consumers hear of it."""

import json

import pytest
from cryptography import x509
from ops import testing
from support.issuers import RELATED, Issuer, asked

PEM = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----"


@pytest.fixture(scope="module")
def issuer():
    return Issuer()


def issued(seaweedfs, issuer, state):
    (relation,) = state.get_relations("certificates")
    others = [item for item in state.relations if item.id != relation.id]
    return seaweedfs.again(state, *others, issuer.answer(relation))


def certificate(seaweedfs):
    return seaweedfs.deployment.files["seaweedfs"].get("/run/seaweedfs/tls.crt")


def test_it_asks_for_the_names_by_which_consumers_reach_it(seaweedfs):
    (relation,) = seaweedfs.settle(RELATED).get_relations("certificates")
    names = asked(relation).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "seaweedfs-primary.edge.svc",
        "seaweedfs-primary.edge",
        "seaweedfs-primary.edge.svc.cluster.local",
    ]


def test_it_goes_on_without_https_until_the_certificate_is_issued(seaweedfs):
    relation = seaweedfs.consumer()
    before = seaweedfs.settle(relation)
    after = seaweedfs.again(before, *before.relations, RELATED)
    assert after.unit_status == testing.WaitingStatus(
        "waiting for ca to issue a certificate for seaweedfs-primary.edge.svc seaweedfs-primary.edge "
        "seaweedfs-primary.edge.svc.cluster.local"
    )
    assert after.get_container("seaweedfs").plan == before.get_container("seaweedfs").plan
    assert json.loads(after.get_relation(relation.id).local_app_data["data"])["secure"] is False


def test_an_issued_certificate_is_served_and_its_authority_reaches_consumers(seaweedfs, issuer):
    reader, requester = seaweedfs.consumer(), testing.Relation("s3", remote_app_data={"bucket": "relation-1"})
    state = issued(seaweedfs, issuer, seaweedfs.settle(RELATED, reader, requester))

    assert state.unit_status == testing.ActiveStatus()
    assert "-s3.cert.file=/run/seaweedfs/tls.crt" in seaweedfs.program(state, "seaweedfs").command
    assert seaweedfs.settings["secure"] is True
    told = json.loads(state.get_relation(reader.id).local_app_data["data"])
    assert (told["secure"], told["authority"].strip()) == (True, certificate(seaweedfs).text.strip())
    told = state.get_relation(requester.id).local_app_data
    assert told["endpoint"] == "https://seaweedfs-primary.edge.svc:8333"
    assert json.loads(told["tls-ca-chain"])[0].strip() == certificate(seaweedfs).text.strip()


def test_a_renewed_certificate_is_served(seaweedfs, issuer):
    state = issued(seaweedfs, issuer, seaweedfs.settle(RELATED))
    before, summary = certificate(seaweedfs).text, seaweedfs.program(state, "seaweedfs").summary
    state = issued(seaweedfs, issuer, state)
    assert certificate(seaweedfs).text != before
    assert seaweedfs.program(state, "seaweedfs").summary != summary


def test_https_ends_with_the_relation(seaweedfs, issuer):
    state = issued(seaweedfs, issuer, seaweedfs.settle(RELATED))
    (relation,) = state.get_relations("certificates")
    state = seaweedfs.deployment.run(seaweedfs.deployment.context.on.relation_broken(relation), state)
    assert "s3.cert.file" not in seaweedfs.program(state, "seaweedfs").command
    assert certificate(seaweedfs) is None


def test_two_certificates_contradict_each_other(seaweedfs):
    message = seaweedfs.blocked(RELATED, ssl_cert=PEM, ssl_key=PEM)
    assert message.endswith("ssl-cert, ssl-key and ssl-ca, or run: juju remove-relation seaweedfs:certificates ca")
