"""A port that speaks TLS is told from others, and its program has nothing to complain of."""

import contextlib
import datetime
import pathlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kubeflow_charms import handshake


def certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """Return a certificate that nobody trusts, for a name that nobody asks for, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.edge.svc")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(1))
        .sign(key, hashes.SHA256())
    )
    files = folder / "tls.crt", folder / "tls.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return files


@contextlib.contextmanager
def listener(family: socket.AddressFamily, address: str) -> Iterator[socket.socket]:
    with socket.socket(family) as made:
        made.bind((address, 0))
        made.listen()
        made.settimeout(5)
        yield made


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_port_with_any_certificate_completes_and_the_program_sees_no_error(
    tmp_path: pathlib.Path, family: socket.AddressFamily, address: str
) -> None:
    context, errors = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    context.load_cert_chain(*certificate(tmp_path))

    def serve(accepting: socket.socket) -> None:
        try:
            connection, _ = accepting.accept()
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)
        except OSError as error:
            errors.append(error)

    try:
        probe = listener(family, address)
        accepting = probe.__enter__()
    except OSError:
        pytest.skip(f"this machine has no {address}")
    try:
        thread = threading.Thread(target=serve, args=(accepting,))
        thread.start()
        assert handshake.completes(accepting.getsockname()[1])
        thread.join()
    finally:
        probe.__exit__(None, None, None)
    assert errors == []


def test_a_port_that_answers_without_tls_does_not_complete() -> None:
    with listener(socket.AF_INET, "127.0.0.1") as accepting:

        def serve() -> None:
            connection, _ = accepting.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        assert not handshake.completes(accepting.getsockname()[1])
        thread.join()


def test_a_program_that_hangs_does_not_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "SECONDS", 0.2)
    with listener(socket.AF_INET, "127.0.0.1") as silent:
        assert not handshake.completes(silent.getsockname()[1])


def test_a_port_at_which_nobody_listens_does_not_complete() -> None:
    with listener(socket.AF_INET, "127.0.0.1") as closed:
        port = closed.getsockname()[1]
    assert not handshake.completes(port)
