"""What a gateway says of itself over `ingress`, beside the published form."""

from typing import Any

import pytest
from kubeflow_charms.interfaces.ingress import INGRESS, Address

CODEC: Any = INGRESS.provider
ONE, TWO = (f"cluster.local/ns/edge/sa/{name}" for name in ("one", "two"))


@pytest.mark.parametrize("address", [Address(), Address(url="http://host"), Address(principals=(ONE, TWO))])
def test_what_a_gateway_writes_is_read_back(address: Address) -> None:
    assert CODEC.decode(CODEC.encode(address, {})) == address


def test_a_gateways_identities_are_in_a_key_of_their_own() -> None:
    written = CODEC.encode(Address(principals=(ONE, TWO)), {})
    assert written["principals"] == f"{ONE} {TWO}"


def test_a_published_gateway_does_not_say_who_it_is() -> None:
    assert CODEC.decode({"_supported_versions": "- v1\n- v2\n"}) == Address(mute=True)


def test_a_gateway_that_has_said_nothing_yet_is_not_taken_for_a_published_one() -> None:
    assert CODEC.decode({}) == Address()


@pytest.mark.parametrize("principals", ["*", "one", f"{ONE} cluster.local/ns/*/sa/two"])
def test_an_identity_that_could_be_anybodys_is_refused(principals: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        CODEC.decode({"principals": principals})
