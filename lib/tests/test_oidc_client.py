"""A client's password, which an issuer of ours gets as a Juju secret; the databags themselves are in tests/wire."""

import pytest
from kubeflow_charms.interfaces import oidc_client


def test_a_clients_password_in_plain_text_is_taken_as_it_is() -> None:
    client = oidc_client.Client(id="a", name="A", redirect_uris=("/",), secret="word")
    assert oidc_client.resolve(client, pytest.fail) == client


def test_a_clients_password_in_a_juju_secret_is_looked_up() -> None:
    client = oidc_client.Client(id="a", name="A", redirect_uris=("/",), secret="secret:one")
    found = oidc_client.resolve(client, lambda identifier: {"secret": f"of {identifier}"})
    assert found.secret == "of secret:one"
