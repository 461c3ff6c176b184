import stat
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from testbed import certificates
from testbed.network import Network
from testbed.paths import Paths


@pytest.fixture
def made(tmp_path: Path) -> Paths:
    paths = Paths("probe", tmp_path / "state")
    paths.state.mkdir()
    certificates.make(paths, Network())
    return paths


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_servers_certificate_is_signed_and_names_its_addresses(made: Paths) -> None:
    authority = read(made.certificates / "authority.crt")
    server = read(made.certificates / "apiserver.crt")
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert Network().node in [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    assert "kubernetes.default.svc" in names.get_values_for_type(x509.DNSName)
    assert isinstance(server.public_key(), ec.EllipticCurvePublicKey)


def test_the_administrators_token_is_the_one_that_the_server_knows(made: Paths) -> None:
    access = yaml.safe_load(made.kubeconfig.read_text())
    token = access["users"][0]["user"]["token"]
    assert (made.certificates / "tokens.csv").read_text().startswith(f"{token},admin,")


def test_nobody_else_can_read_keys(made: Paths) -> None:
    files = [made.kubeconfig, *made.certificates.iterdir()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_what_is_there_is_kept(made: Paths) -> None:
    before = made.kubeconfig.read_bytes()
    certificates.make(made, Network())
    assert made.kubeconfig.read_bytes() == before


def test_no_context_has_the_name_of_the_cloud(made: Paths) -> None:
    assert [it["name"] for it in yaml.safe_load(made.kubeconfig.read_text())["contexts"]] == ["kubernetes"]
