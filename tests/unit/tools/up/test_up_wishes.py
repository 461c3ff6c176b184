"""What may be chosen of a place."""

import pytest

from tools.up import wishes
from tools.up.errors import Refusal


@pytest.mark.parametrize(
    ("text", "range_"),
    [
        ("", ""),
        ("10.0.0.5-10.0.0.9", "10.0.0.5-10.0.0.9"),
        ("10.0.0.5 - 10.0.0.5", "10.0.0.5-10.0.0.5"),
        ("10.0.0.8/29", "10.0.0.8/29"),
        ("10.0.0.5", "10.0.0.5/32"),
        ("fd00::1-fd00::9", "fd00::1-fd00::9"),
    ],
)
def test_ranges_of_addresses_are_read(text, range_):
    assert wishes.addresses(text) == range_


@pytest.mark.parametrize("text", ["10.0.0.9-10.0.0.5", "10.0.0.5-", "a-b", "10.0.0.1-fd00::1", "1-2-3", "x"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(Refusal, match="is no range of addresses"):
        wishes.addresses(text)


def test_without_a_terminal_nobody_is_asked(capsys):
    assert wishes.asked_on_a_terminal(lambda _: False, yes=False)("?")


def test_on_a_terminal_a_person_is_asked_unless_she_said_yes(monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert not wishes.asked_on_a_terminal(lambda _: False, yes=False)("?")
    assert wishes.asked_on_a_terminal(lambda _: False, yes=True)("?")
