"""The real SeaweedFS over https: who trusts it, before and after the authority becomes another."""

import dataclasses
import datetime
import signal
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from kubeflow_charms import certificates
from kubeflow_charms.certificates import Certificate, signing
from kubeflow_charms.storage.s3_requests import exchange

HOST, ELSEWHERE = "127.0.0.2", "127.0.0.3"
"""Addresses of this machine that clients do not take for their own pod's, so that they verify whom they speak to."""
DAY = datetime.timedelta(days=1)


def issued():
    """Return a certificate of a new authority by way of one in between, as companies' authorities issue them."""
    now, (root_key, middle_key, key) = certificates.now(), (signing.new_key() for _ in range(3))
    root, itself = (
        signing.authority_certificate(name, it, now, DAY) for name, it in [("root", root_key), ("middle", middle_key)]
    )
    middle = signing.load(itself)
    builder = x509.CertificateBuilder(signing.load(root).subject, middle.subject, middle.public_key(), 1)
    builder = builder.not_valid_before(middle.not_valid_before_utc).not_valid_after(middle.not_valid_after_utc)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signer = serialization.load_pem_private_key(root_key.encode(), None)
    signed = builder.sign(signer, hashes.SHA256())  # pyright: ignore[reportArgumentType]
    chain = [root, signed.public_bytes(serialization.Encoding.PEM).decode()]
    leaf = signing.server_certificate((HOST,), key, itself, middle_key, now, DAY)
    return Certificate(signing.in_order(leaf, chain), key, root)


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """SeaweedFS with a certificate, and that."""
    from support.real_seaweedfs import real_store

    first = issued()
    store = real_store(tmp_path_factory.mktemp("secure"), certificate=first)
    try:
        store.start()
        yield store, first
    finally:
        store.stop(signal.SIGKILL)
        store.cluster.close()


def asked(store, authority, host=HOST):
    """Return the status of what a client gets that trusts this authority."""
    by_name = dataclasses.replace(store.of(store.root), host=host, authorities=(authority,))
    return exchange(by_name, "HEAD", "/kubeflow-readiness").status


def test_consumers_verify_the_store_and_go_on_with_the_authority_that_follows(secure):
    store, first = secure
    second = issued()
    assert asked(store, first.authority) == 200
    for authority, host in [(second.authority, HOST), (first.authority, ELSEWHERE)]:
        with pytest.raises(ssl.SSLCertVerificationError):
            asked(store, authority, host)

    store.stop(signal.SIGKILL)
    store.certify(second)
    store.start()

    assert asked(store, second.authority) == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        asked(store, first.authority)
