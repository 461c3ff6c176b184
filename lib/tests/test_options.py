"""Options become typed values, or a message that names each bad one and what is expected."""

import contextlib
import dataclasses
import itertools
import pathlib
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.configuration import options
from kubeflow_charms.configuration.options import SecretKeys, load, option
from kubeflow_charms.engine.problems import Blocked
from kubeflow_charms.parts import Message, Part
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy
from support.related import ROOTS, Described

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
        (options.pairs, 'a="x,y",b=z', {"a": "x,y", "b": "z"}),
        (options.pairs, "a='Env=dev,Owner=ml'", {"a": "Env=dev,Owner=ml"}),
        (options.pairs, "a=it's, b=\"", {"a": "it's", "b": '"'}),
        (options.pairs, "a=http://host:80/x,b=c: d", {"a": "http://host:80/x", "b": "c: d"}),
        (options.pairs, "a=1\nb=2", {"a": "1", "b": "2"}),
        (options.pairs, '{"a": "x,y", "b": "c=d"}', {"a": "x,y", "b": "c=d"}),
        (
            options.pairs,
            "a: x,y\nb: 0123\nc: yes\nd: true\ne: 8\nf:",
            {"a": "x,y", "b": "0123", "c": "yes"} | {"d": "true", "e": "8", "f": ""},
        ),
        (options.pairs, "{a: 10.0.0.5,b: c}", {"a": "10.0.0.5", "b": "c"}),
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
        (options.pairs, "a", "'a' is no pair, expected key=value,key='value"),
        (options.pairs, "=b", "is no pair"),
        (options.pairs, "a=x,y", "'y' is no pair, expected key=value,key='value, with commas'"),
        (options.pairs, "a=Env=dev,Owner=ml", "'a=Env=dev' is no pair, expected"),
        (options.pairs, "a=1,a=2", "'a' is there twice, expected each key once"),
        (options.pairs, "{a: b", "it is no mapping in YAML or JSON, expected for example {key: value}"),
        (options.pairs, "{a: [b]}", "'a' has no text for its value, expected for example {key: value}"),
        (options.pairs, "[a, b]", "is no pair"),
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


def test_all_bad_options_are_named_at_once_in_the_log_and_the_first_of_them_in_the_status(example: Deployment) -> None:
    found = status(example, public_url="host", port=1, login="secret:d0erdgfmp25c762i8np0")
    first = "option public-url: it is no URL, expected for example https://kubeflow.example.com"
    assert found == ops.BlockedStatus(f"{first} (and 2 more; see log)")
    assert [log.message for log in example.context.juju_log if log.level == "WARNING"] == [
        f"{first}; option port: 1 is no usable port, expected 1024 to 65535; "
        "option login: the secret is not there or not granted, expected: juju grant-secret NAME example"
    ]


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


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("word", "word"),
        ("word\n", "word"),
        ("word\r\n", "word"),
        ("word\n\n", "word"),
        (" two words ", " two words "),
        ("two\nlines\n", "two\nlines"),
        ("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n",) * 2,
    ],
)
def test_a_secret_from_a_file_has_no_end_of_line_but_in_pem(example: Deployment, given: str, read: str) -> None:
    secret = testing.Secret({"username": "a", "password": given})
    found = status(example, secret, login=secret.id)
    assert repr(read) in found.message


def test_a_secret_with_nothing_for_a_key_is_refused(example: Deployment) -> None:
    secret = testing.Secret({"username": "a", "password": "\n"})
    message = status(example, secret, login=secret.id).message
    assert message == "option login: the secret's password is empty, expected a value"


WORDS = (
    "Marker",
    "$Marker",
    "$$Marker",
    "${Marker}",
    "'Marker'",
    '"Marker',
    "\\Marker",
    " Marker",
    "Marker\n",
    "wörd-Marker",
)
ROUND = (
    "{}",
    "a={}",
    "{}=a",
    "a,{}",
    "{}: a",
    "- {{type: {}}}",
    "[{}]",
    '[{{"text": "a", "link": "{}"}}]',
    "http://{}",
)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_an_option_that_goes_is_read_in_place_of_the_one_that_it_is_called_now(root: pathlib.Path) -> None:
    described = Described.load(root)
    said = {name: str(fields["description"]) for name, fields in described.metadata["config"]["options"].items()}
    going = {name: text.split()[3] for name, text in said.items() if text.startswith("The name that ")}
    fields = dataclasses.fields(described.charm_type.options_type)
    assert {it.metadata["former"]: it.name.replace("_", "-") for it in fields if it.metadata.get("former")} == going


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_no_value_of_an_option_is_in_a_status(root: pathlib.Path) -> None:
    described = Described.load(root)
    options = described.metadata["config"]["options"]
    defaults = {name: fields.get("default") for name, fields in options.items()}
    model: Any = types.SimpleNamespace(get_secret=None)
    found: list[str] = []
    for name, fields in options.items():
        for word, form in itertools.product(WORDS, ROUND) if fields["type"] == "string" else ():
            try:
                load(described.charm_type.options_type, {**defaults, name: form.format(word)}, model, root.name)
            except Blocked as problem:
                found += [str(problem)] if "Marker" in str(problem) else []
    assert found == []


NONSENSE = (
    *(
        "{a: 1}",
        "[1, 2]",
        "- 1",
        "- - 1",
        "- {}",
        "[null]",
        "{'': 1}",
        "? a",
        "{a: null}",
        "a: 1\na: 2",
        "- {type: [a]}",
    ),
    *("&a [*a]", "!!python/name:os.system x", "a: " + "[" * 60 + "]" * 60, "\x00", "\ud800", "\u0663Gi", "a\u2028b"),
    *("a=b=c", "a='b,c'", 'a="b', "a,,b", ",", "=", "~", "|", "\n", "\\", "'", "http://[::1", "http://a:99999999999"),
    *("1" * 400, "-1", "1e999", ".inf", "9" * 30 + "Gi", "1" * 20 + "h", "2026-01-01", "0123", "true"),
)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_whatever_is_typed_is_read_or_refused(root: pathlib.Path) -> None:
    described = Described.load(root)
    options = described.metadata["config"]["options"]
    defaults = {name: fields.get("default") for name, fields in options.items()}
    model: Any = types.SimpleNamespace(get_secret=None)
    typed = {"string": NONSENSE, "int": (0, -1, 2**31, 2**63, 10**30)}
    for name, fields in options.items():
        for value in typed.get(fields["type"], ()):
            with contextlib.suppress(Blocked):
                load(described.charm_type.options_type, {**defaults, name: value}, model, root.name)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_no_value_of_a_user_secret_is_in_a_status(root: pathlib.Path) -> None:
    described = Described.load(root)
    defaults = {name: fields.get("default") for name, fields in described.metadata["config"]["options"].items()}
    content: dict[str, str] = {}
    found: list[str] = []
    juju = types.SimpleNamespace(model_uuid=None, secret_get=lambda **which: content)
    model: Any = types.SimpleNamespace(_backend=juju)
    kind = described.charm_type.options_type
    for field in dataclasses.fields(kind):
        parse, name = field.metadata.get("parse"), field.metadata.get("name") or field.name.replace("_", "-")
        if not isinstance(parse, SecretKeys):
            continue
        known = parse.required or ("word",)
        for keys, word in itertools.product(((*known, *(parse.optional or ())), (*known, "more"), known[:-1]), WORDS):
            content = dict.fromkeys(keys, word)
            try:
                load(kind, {**defaults, name: "secret:d0erdgfmp25c762i8np0"}, model, root.name)
            except Blocked as problem:
                found += [str(problem)] if "Marker" in str(problem) else []
    assert found == []
