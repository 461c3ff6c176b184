"""Whatever a related application writes, or keeps in a secret, no hook of ours fails of it."""

import dataclasses
import itertools
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from kubeflow_charms.interfaces import oidc_client
from kubeflow_charms.interfaces.kubernetes_manifest import Manifests
from kubeflow_charms.relations.codecs import decode
from kubeflow_charms.relations.placed_objects import wish
from ops import testing
from support import goldens
from support.deployment import Deployment
from support.related import Described

SCALARS: tuple[Any, ...] = (
    None,
    True,
    -1,
    90000,
    10**400,
    1.5,
    "",
    "text",
    "a\x00b",
    "\ud800",
    "secret:",
    "secret:nobody",
    "http://[",
    "http://store:90000",
    "{{ app }}",
)
NONSENSE: tuple[Any, ...] = (*SCALARS, [], {}, [[]], [{}], [None], ["a\x00b"], {"a": {"b": []}}, {"kind": 1})
TEXTS = (
    "",
    "null",
    "[",
    "[{}]",
    "{}",
    "7",
    "1" * 5000,
    "2024-99-99",
    "- &a [*a]",
    "? [1]\n: 2",
    "[" * 20000,
    "!!set {a, b}",
    "\ud800",
    "a\x00b",
    '"\\ud800"',
    "http://store:90000",
    "http://[::1",
    "host:port",
)
AT_EACH_CHARM = 25
"""How many of the databags, by chance but the same in each run, are said to a whole charm."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value inside a document."""
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def changed(value: Any, path: tuple[Any, ...], nonsense: Any, *, gone: bool = False) -> Any:
    """Return a document with something else at a place, or nothing."""
    if not path:
        return nonsense
    key, *rest = path
    copy = value.copy()
    if gone and not rest:
        del copy[key]
    else:
        copy[key] = changed(value[key], tuple(rest), nonsense, gone=gone)
    return copy


def spoilt(databag: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield databags that are like this one, but for one value somewhere in it."""
    for key, text in databag.items():
        yield {other: value for other, value in databag.items() if other != key}
        yield from ({**databag, key: nonsense} for nonsense in TEXTS)
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError:
            continue
        if not isinstance(document, (dict, list)):
            continue
        for path in places(document):
            yield from ({**databag, key: json.dumps(changed(document, path, item))} for item in NONSENSE)
            if path:
                yield {**databag, key: json.dumps(changed(document, path, None, gone=True))}


def spoilt_content(content: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield contents of a secret that are like this one, but for one value."""
    yield {"other": "value"}
    yield from (databag or {"other": "value"} for databag in spoilt(content))


def make(said: Any, read: Any) -> Any:
    """Return what our charms make of what is said, with the secrets that it names."""
    if isinstance(said, oidc_client.Client):
        return oidc_client.resolve(said, read)
    if isinstance(said, Manifests):
        return wish(said, read)
    method = getattr(said, "store", None) or getattr(said, "login", None)
    return method(read) if method else said


def understood(golden: goldens.Golden, databag: Mapping[str, str], secrets: Mapping[str, dict[str, str]]) -> None:
    """Read a databag as an endpoint does: a ValueError is an answer, anything else is a failed hook."""

    def read(identifier: str) -> dict[str, str]:
        if identifier not in secrets:
            raise ValueError("no such secret")
        return secrets[identifier]

    try:
        said = decode(golden.side.codec, databag)
        made = None if said is None else make(said, read)
        str(made).encode()
    except ValueError:
        return


@pytest.mark.parametrize("golden", [*goldens.of("ours"), *goldens.of("published")], ids=str)
def test_a_databag_is_read_or_refused(golden: goldens.Golden):
    if not hasattr(golden.side.codec, "decode"):
        pytest.skip("nobody of ours reads this side")
    for databag in spoilt(golden.databag):
        understood(golden, databag, golden.secrets)
    for identifier, content in golden.secrets.items():
        for wrong in spoilt_content(content):
            understood(golden, golden.databag, {**golden.secrets, identifier: wrong})


@pytest.mark.parametrize("writer", ["published", "ours"])
def test_no_hook_fails_of_what_is_said(charm: Described, deployment: Deployment, writer: str):
    relations, secrets = charm.relations(writer, "ours", "published")
    state = deployment.settle(deployment.state(relations=relations, secrets=secrets))
    related = list(
        itertools.chain(
            ((relation, databag) for relation in relations for databag in spoilt(relation.remote_app_data)),
            ((secret, content) for secret in secrets for content in spoilt_content(secret.tracked_content)),
        )
    )
    for subject, wrong in random.Random(1).sample(related, min(AT_EACH_CHARM, len(related))):
        if isinstance(subject, testing.Relation):
            relation = dataclasses.replace(state.get_relation(subject.id), remote_app_data=wrong)
            others = [item for item in state.relations if item.id != subject.id]
            tried = dataclasses.replace(state, relations=[*others, relation])
        else:
            secret = dataclasses.replace(subject, tracked_content=wrong, latest_content=wrong)
            others = [item for item in state.secrets if item.id != subject.id]
            tried = dataclasses.replace(state, secrets=[*others, secret])
        try:
            deployment.run(deployment.context.on.config_changed(), tried)
        except testing.errors.UncaughtCharmError as error:
            pytest.fail(f"{subject} with {wrong}: {error}")
