"""What a person sees."""

import contextlib
import io

import jubilant
from rich.console import Console

from tools.up import view
from tools.up.advice import Advice
from tools.up.deployment import Row
from tools.up.places import On, Place
from tools.up.progress import Notice, Progress

PLACE = Place(
    On.TESTBED,
    "3.11",
    str,
    lambda _: None,
    lambda: contextlib.nullcontext(jubilant.Juju()),
    prefix="python -m testbed run ",
)

ROWS = [
    Row("dex-auth", "1/1", "active", "", settled=True),
    Row("istio-pilot", "0/1", "waiting", "waiting for [istiod] to answer", settled=False),
]


def drawn(terminal):
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, highlight=False, color_system=None)
    progress = Progress(Advice("edge"))
    with view.following(console, PLACE.typed) as shown:
        notices = [
            *progress.update(ROWS, 75),
            Notice("it broke", ("juju status", "microk8s status", "kubectl get pods"), urgent=True),
        ]
        shown.show(ROWS, notices, progress, 75)
    return out.getvalue()


def test_without_a_terminal_each_change_is_a_line():
    lines = drawn(terminal=False).splitlines()
    assert lines[0] == "1 min 15 s  dex-auth: active"
    assert lines[1] == "1 min 15 s  istio-pilot: waiting: waiting for [istiod] to answer"


def test_on_a_terminal_there_is_a_table_of_all_applications():
    text = drawn(terminal=True)
    assert "1 of 2 applications are ready after 1 min 15 s" in text
    assert "waiting for [istiod] to answer" in text


def test_commands_for_juju_are_shown_as_they_are_typed_in_this_place():
    lines = [line.strip() for line in drawn(terminal=False).splitlines()]
    assert "python -m testbed run juju status" in lines
    assert "microk8s status" in lines
    assert "python -m testbed run kubectl get pods" in lines
