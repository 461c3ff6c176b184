"""What is looked at on a machine."""

import pathlib

import pytest

from tools.doctor import machine
from tools.doctor.findings import Level
from tools.doctor.machine import GIB


def levels(found):
    return {finding.subject: finding.level.name for finding in found}


@pytest.mark.parametrize(
    ("processors", "memory", "disk", "level"),
    [(4, 16, 100, "FINE"), (2, 8, 30, "NOTE"), (1, 4, 10, "WRONG")],
)
def test_the_size_is_told(processors, memory, disk, level):
    assert set(levels(machine.size(processors, memory * GIB, disk * GIB)).values()) == {level}


def test_low_limits_of_inotify_come_with_the_commands_for_now_and_for_good():
    found = machine.limits({"fs.inotify.max_user_instances": 128, "fs.inotify.max_user_watches": 1 << 20})
    assert found.level is Level.NOTE
    assert found.help[0] == "sudo sysctl fs.inotify.max_user_instances=1280"
    assert "/etc/sysctl.d/" in found.help[1]
    assert machine.limits(machine.LIMITS).level is Level.FINE


@pytest.mark.parametrize(("said", "level"), [("yes\n", "FINE"), ("no\n", "NOTE"), (None, "UNKNOWN")])
def test_a_clock_that_nobody_sets_is_told(said, level):
    assert machine.clock(said).level.name == level


HEAD = "Name  Version  Rev  Tracking  Publisher  Notes\n"


@pytest.mark.parametrize(
    ("row", "level", "command"),
    [
        ("microk8s v1.34.2 1 1.34-strict/stable canonical -", "FINE", ""),
        ("microk8s v1.35.0 1 1.35-strict/stable canonical -", "FINE", ""),
        ("microk8s v1.32.9 1 1.32-strict/stable canonical -", "NOTE", "snap info microk8s"),
        (
            "microk8s v1.28.1 1 1.28-strict/stable canonical -",
            "WRONG",
            "sudo snap refresh microk8s --channel=1.29-strict",
        ),
        ("microk8s v1.28.1 1 1.28/stable canonical classic", "WRONG", "sudo snap refresh microk8s --channel=1.29"),
        ("juju 3.6.9 1 3.6/stable canonical -", "FINE", ""),
        ("juju 4.1.0 1 4.1/stable canonical -", "FINE", ""),
        ("juju 3.5.1 1 3.5/stable canonical -", "WRONG", "sudo snap refresh juju --channel=3.6/stable"),
    ],
)
def test_old_snaps_are_told_with_the_command(row, level, command):
    (found,) = machine.channels(HEAD + row)
    assert (found.level.name, found.help[:1]) == (level, (command,) if command else ())


def test_a_machine_without_snaps_has_nothing_to_tell_of_them():
    assert list(machine.channels("")) == []


def test_registries_without_an_address_are_named():
    found = machine.names({"a.example", "b.example"}, lambda name: name.startswith("a"))
    assert (found.level, "b.example" in found.text, "a.example" in found.text) == (Level.NOTE, True, False)
    assert machine.names({"a.example"}, lambda _: True).level is Level.FINE


def test_this_machine_can_be_looked_at():
    found = list(machine.look([], machine.output))
    assert {"processors", "memory", "free disk", "inotify", "clock"} <= {finding.subject for finding in found}


def test_a_command_that_is_not_there_or_fails_silently_says_nothing(tmp_path: pathlib.Path):
    assert machine.output("no-such-program") is None
    assert machine.output("false") is None
    assert machine.output("sh", "-c", "echo no; exit 1") == "no\n"
