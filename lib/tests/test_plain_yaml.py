"""What people write in YAML stays what they wrote."""

import re
from typing import Any

import msgspec
import pytest
from kubeflow_charms.configuration import plain_yaml


@pytest.mark.parametrize(
    "word",
    [
        "0123",
        "0o17",
        "0x1F",
        "0b1",
        "1_000",
        "+1",
        "-0",
        "12:30:45",
        "2026-01-01",
        "2026-01-01T10:00:00Z",
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "True",
        "NULL",
        "1e3",
        "1.50",
        ".5",
        ".inf",
        ".nan",
        "12345678901234567890",
        "=",
        "1.2.3",
    ],
)
def test_what_only_yaml_1_1_takes_for_something_else_is_text(word):
    assert plain_yaml.load(f"a: {word}") == {"a": word}
    assert plain_yaml.load(f"[{word}]") == [word]


@pytest.mark.parametrize("word", ["0", "8", "-3", "12345678", "0.5", "1.25", "true", "false"])
def test_numbers_and_truths_are_written_back_as_they_were_typed(word):
    found = plain_yaml.load(f"a: {word}")["a"]
    assert not isinstance(found, str)
    assert str(found).lower() == word


@pytest.mark.parametrize("word", ["null", "~", ""])
def test_nothing_is_none(word):
    assert plain_yaml.load(f"a: {word}") == {"a": None}


@pytest.mark.parametrize("text", ["'8'", '"true"', "'null'", "|-\n  0123", "''"])
def test_what_is_in_quotes_is_text(text):
    assert isinstance(plain_yaml.load(f"a: {text}")["a"], str)


def test_keys_are_text():
    assert plain_yaml.load("{1: a, yes: b, true: c, 0x1: d, null: e}") == {
        "1": "a",
        "yes": "b",
        "true": "c",
        "0x1": "d",
        "null": "e",
    }


def test_merged_mappings_are_merged():
    assert plain_yaml.load("- &a {x: 1}\n- {<<: *a, y: 2}") == [{"x": 1}, {"x": 1, "y": 2}]


@pytest.mark.parametrize(
    "text",
    [
        "a: {",
        "a: !!binary aGFsbG8=",
        "a: !!timestamp 2026-01-01",
        "a: !!set {b}",
        "a: !!python/name:os.system",
        "&a [*a]",
        "{[a]: b}",
        "[" * 60 + "]" * 60,
        "[" * 5000,
        "a: \x00",
        "a: 1\n---\nb: 2",
    ],
)
def test_anything_else_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError, match=re.compile(r"^(no YAML|nested too deeply|expected text)")):
        plain_yaml.load(text)


class Taint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    value: str = ""
    seconds: int | None = None
    inner: tuple["Taint", ...] = ()
    free: dict[str, Any] = {}


def test_a_struct_has_text_as_it_was_typed_where_it_wants_text():
    text = "{key: 2026, value: true, seconds: 60, inner: [{key: a}, {key: 0.5, value: 007}], free: {weight: 100}}"
    inner = (Taint("a"), Taint("0.5", "007"))
    assert plain_yaml.struct(plain_yaml.load(text), Taint) == Taint("2026", "true", 60, inner, {"weight": 100})


@pytest.mark.parametrize(
    "text", ["{key: ~}", "{key: [a]}", "{key: {a: b}}", "{key: a, seconds: soon}", "{}", "7", "[1]"]
)
def test_what_is_no_such_struct_is_refused(text):
    with pytest.raises(msgspec.ValidationError):
        plain_yaml.struct(plain_yaml.load(text), Taint)
