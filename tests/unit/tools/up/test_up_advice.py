"""The commands that help."""

import pytest

from tools.up.advice import Advice, commands
from tools.up.deployment import Row


def row(message: str, *, status: str = "blocked", settled: bool = True, failed: tuple[str, ...] = ()) -> Row:
    return Row("dex", "1/1", status, message, settled, failed)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("needs trust, run: juju trust dex-auth --scope=cluster", ["juju trust dex-auth --scope=cluster"]),
        (
            "an address for x; without one: microk8s enable metallb, "
            "or juju config gateway gateway_service_type=NodePort",
            ["microk8s enable metallb", "juju config gateway gateway_service_type=NodePort"],
        ),
        (
            "needs relations, run: juju integrate a:x APPLICATION; juju integrate a:y APPLICATION",
            ["juju integrate a:x APPLICATION", "juju integrate a:y APPLICATION"],
        ),
        ("or without one: juju config profiles gateway-principal=...", ["juju config profiles gateway-principal=..."]),
        ("run: juju config a b=.... Then wait.", ["juju config a b=..."]),
        ("run: juju trust a.", ["juju trust a"]),
        ("run: juju integrate a:x b:x (and 2 more; see log)", ["juju integrate a:x b:x"]),
        ("its log says why: kubectl logs -n edge dex-0 -c dex", ["kubectl logs -n edge dex-0 -c dex"]),
        ("no other: juju debug-log --include a says why", ["juju debug-log --include a"]),
        ("run: microk8s kubectl get nodes; and more", ["microk8s kubectl get nodes"]),
        ("waiting for dex to answer", []),
    ],
)
def test_commands_are_taken_from_messages_as_they_are_typed(message, found):
    assert commands(message) == found


def test_a_wrong_option_is_helped_by_the_command_that_sets_it():
    message = "option public-url: 'a' is no URL; option port: 0 is out of range"
    assert Advice("edge").help(row(message)) == ["juju config dex public-url=...", "juju config dex port=..."]


def test_the_application_that_the_bundle_relates_is_filled_in():
    advice = Advice("edge", {"dex:ingress": "istio-pilot:ingress"})
    message = "needs relations, run: juju integrate dex:ingress APPLICATION; juju integrate dex:other APPLICATION"
    assert advice.help(row(message)) == [
        "juju integrate dex:ingress istio-pilot:ingress",
        "juju integrate dex:other APPLICATION",
    ]


def test_a_program_that_does_not_answer_is_helped_by_its_log():
    found = Advice("edge").help(row("waiting for dex to answer", status="waiting"))
    assert found == ["kubectl logs -n edge dex-0 -c dex --tail 20"]


def test_an_error_is_helped_by_the_units_log():
    assert "--include unit-dex-0" in Advice("edge").help(row("hook failed", status="error", failed=("dex/0",)))[0]
