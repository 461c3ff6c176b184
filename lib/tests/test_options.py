"""Options become typed values, or a message that names each bad one and what is expected."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms import options
from kubeflow_charms.options import SecretKeys, option
from kubeflow_charms.parts import Message, Part
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

CONNECTORS = options.yaml_list_of_mappings(keys=("type", "id"))


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (options.port, 1024, 1024),
        (options.port, 65535, 65535),
        (options.quantity, "", ""),
        (options.quantity, None, ""),
        (options.quantity, " 256Mi ", "256Mi"),
        (options.quantity, "1.5Gi", "1.5Gi"),
        (options.quantity, "100m", "100m"),
        (options.quantity, "1k", "1k"),
        (options.quantity, "2", "2"),
        (options.url, "", ""),
        (options.url, None, ""),
        (options.url, "http://10.64.140.43.nip.io", "http://10.64.140.43.nip.io"),
        (options.url, "https://kubeflow.example.com/", "https://kubeflow.example.com"),
        (options.url, "http://[::1]:8080/path", "http://[::1]:8080/path"),
        (options.origin, "https://kubeflow.example.com/", "https://kubeflow.example.com"),
        (options.one_of("a", "b"), "b", "b"),
        (options.words, "a, b  c,,d", ("a", "b", "c", "d")),
        (options.words, None, ()),
        (options.pairs, "a=b, c = d=e,", {"a": "b", "c": "d=e"}),
        (options.pairs, "", {}),
        (options.yaml_list_of_mappings(keys=("type",)), "", ()),
        (options.yaml_list_of_mappings(keys=("type",)), "- {type: ldap}", ({"type": "ldap"},)),
        (options.yaml_list_of_mappings(keys=("type",)), "[]", ()),
    ],
)
def test_a_good_value_is_read(parse: Callable[[Any], Any], value: Any, expected: Any) -> None:
    assert parse(value) == expected


@pytest.mark.parametrize(
    ("parse", "value", "message"),
    [
        (options.port, 80, "80 is no usable port, expected 1024 to 65535"),
        (options.port, 65536, "expected 1024 to 65535"),
        (options.quantity, "much", "'much' is no quantity, expected for example 256Mi"),
        (options.quantity, "1K", "expected for example 256Mi"),
        (options.quantity, "-1", "expected for example 256Mi"),
        (options.quantity, "1 Gi", "expected for example 256Mi"),
        (options.url, "kubeflow.example.com", "is no URL, expected for example https://kubeflow.example.com"),
        (options.url, "ftp://host", "is no URL"),
        (options.url, "http://", "is no URL"),
        (options.url, "http://host:99999", "is no URL"),
        (options.url, "http://host:port", "is no URL"),
        (options.url, "http://[::1", "is no URL"),
        (options.url, "http://my host", "is no URL"),
        (options.url, "http://host/?a=b", "has a query or a fragment"),
        (options.url, "http://host/#a", "has a query or a fragment"),
        (options.origin, "http://host/path", "has a path, expected the address alone"),
        (options.one_of("a", "b"), "c", "'c' is unknown, expected one of a, b"),
        (options.pairs, "a", "'a' is no pair, expected key=value,key=value"),
        (options.pairs, "=b", "is no pair"),
        (options.yaml_list_of_mappings(keys=("type",)), "- {", "no YAML, expected a list such as '- {type: ...}'"),
        (
            options.yaml_list_of_mappings(keys=("type", "id")),
            "type: a",
            "expected a YAML list of mappings with type, id",
        ),
        (options.yaml_list_of_mappings(keys=("type",)), "- a", "expected a YAML list of mappings with type"),
        (
            options.yaml_list_of_mappings(keys=("type", "id")),
            "- {type: a}",
            "item 1 lacks id, expected type, id in each",
        ),
    ],
)
def test_a_bad_value_is_refused_with_what_is_expected(parse: Callable[[Any], Any], value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the tests' charm.

    Raises:
        ValueError: two contradict each other.
    """

    public_url: str = option(options.url)
    port: int = option(options.port)
    login: dict[str, str] | None = option(SecretKeys(required=("username", "password"), optional=("email",)))
    anything: dict[str, str] | None = option(SecretKeys.any(), name="any-secret")

    def __post_init__(self) -> None:
        if self.public_url and self.port == 2048:
            raise ValueError("options public-url and port: not both")


def plan(charm: Any) -> Iterator[Part]:
    yield Message(str(dataclasses.asdict(charm.options)))


@pytest.fixture
def example(deploy: Deploy) -> Deployment:
    config = {
        "options": {
            "public-url": {"type": "string", "default": ""},
            "port": {"type": "int", "default": 8080},
            "login": {"type": "secret"},
            "any-secret": {"type": "secret"},
        }
    }
    return deploy(plan, attributes={"options_type": Options}, config=config)


def status(deployment: Deployment, *secrets: testing.Secret, **config: Any) -> Any:
    config = {key.replace("_", "-"): value for key, value in config.items()}
    state = deployment.state(config=config, secrets=set(secrets))
    return deployment.run(deployment.context.on.config_changed(), state).unit_status


def test_options_are_read_by_their_names(example: Deployment) -> None:
    secret, other = testing.Secret({"username": "a", "password": "b"}), testing.Secret({"x": "y"})
    found = status(example, secret, other, public_url="http://host", port=9000, login=secret.id, any_secret=other.id)
    expected = {
        "public_url": "http://host",
        "port": 9000,
        "login": {"username": "a", "password": "b"},
        "anything": {"x": "y"},
    }
    assert found == ops.ActiveStatus(str(expected))


def test_all_bad_options_are_named_at_once(example: Deployment) -> None:
    found = status(example, public_url="host", port=1, login="secret:d0erdgfmp25c762i8np0")
    assert found == ops.BlockedStatus(
        "option public-url: 'host' is no URL, expected for example https://kubeflow.example.com; "
        "option port: 1 is no usable port, expected 1024 to 65535; "
        "option login: the secret is not there or not granted, expected: juju grant-secret NAME example"
    )


def test_options_that_contradict_each_other_block(example: Deployment) -> None:
    found = status(example, public_url="http://host", port=2048)
    assert found == ops.BlockedStatus("options public-url and port: not both")


@pytest.mark.parametrize(
    "content",
    [{"username": "a"}, {"username": "a", "password": "b", "extra": "c"}],
    ids=["one missing", "one too many"],
)
def test_a_secret_with_the_wrong_keys_is_refused_with_the_right_ones(
    example: Deployment, content: dict[str, str]
) -> None:
    secret = testing.Secret(content)
    found = status(example, secret, login=secret.id)
    expected = f"the secret's keys are {', '.join(sorted(content))}, expected username, password, email (optional)"
    assert found == ops.BlockedStatus(f"option login: {expected}")


def test_no_value_of_a_secret_is_shown(example: Deployment) -> None:
    secret = testing.Secret({"username": "hidden-name", "wrong": "hidden-word"})
    assert "hidden" not in status(example, secret, login=secret.id).message


def test_a_changed_user_secret_is_read_anew(example: Deployment) -> None:
    secret = testing.Secret({"x": "old"}, latest_content={"x": "new"})
    state = example.state(config={"any-secret": secret.id}, secrets={secret})
    state = example.run(example.context.on.secret_changed(secret), state)
    assert "'new'" in state.unit_status.message
