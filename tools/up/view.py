"""Show how a deployment goes: a table that follows it on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import rich.box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tools.up.deployment import Row
from tools.up.progress import Notice, Progress

Typed = Callable[[str], str]

STYLES = {"active": "green", "waiting": "yellow", "maintenance": "cyan", "blocked": "bold red", "error": "bold red"}


class View(Protocol):
    """Something that shows a deployment."""

    def show(self, rows: Sequence[Row], notices: Sequence[Notice], progress: Progress, now: float) -> None:
        """Show what was found, and what is to be told about it."""
        ...


class Plain:
    """A line for each change."""

    def __init__(self, console: Console, typed: Typed = str) -> None:
        self._console = console
        self._typed = typed

    def show(self, rows: Sequence[Row], notices: Sequence[Notice], progress: Progress, now: float) -> None:
        """Print what changed since the last time."""
        for notice in notices:
            tell(self._console, notice, now, self._typed)


class Following:
    """A table that is drawn anew; only what needs somebody is printed above it, and stays."""

    def __init__(self, live: Live, typed: Typed = str) -> None:
        self._live = live
        self._typed = typed

    def show(self, rows: Sequence[Row], notices: Sequence[Notice], progress: Progress, now: float) -> None:
        """Draw the table, and print what is urgent."""
        for notice in notices:
            if notice.urgent:
                tell(self._live.console, notice, now, self._typed)
        self._live.update(table(rows, progress, now), refresh=True)


@contextlib.contextmanager
def following(console: Console, typed: Typed = str) -> Iterator[View]:
    """Give the view that suits the console; the last table stays when it ends.

    Args:
        console: where to show it.
        typed: returns a command as it is typed in the place that is deployed to.
    """
    if not console.is_terminal:
        yield Plain(console, typed)
        return
    with Live(console=console, auto_refresh=False, transient=False) as live:
        yield Following(live, typed)


def table(rows: Sequence[Row], progress: Progress, now: float) -> Table:
    """Return the rows as a table; the time is how long each has said the same."""
    ready = sum(row.finished for row in rows)
    drawn = Table(box=rich.box.SIMPLE_HEAD, pad_edge=False, title_justify="left", expand=False)
    drawn.title = f"{ready} of {len(rows)} applications are ready after {duration(now)}"
    drawn.add_column("application", no_wrap=True)
    drawn.add_column("units", justify="right")
    drawn.add_column("status", no_wrap=True)
    drawn.add_column("what it says", ratio=1)
    drawn.add_column("for", justify="right", no_wrap=True)
    for row in rows:
        status = Text(row.status, STYLES.get(row.status, ""))
        if row.status == "active" and not row.settled:
            status.append(" …")
        age = Text(duration(progress.age(row.application, now)), "dim")
        drawn.add_row(row.application, row.units, status, Text(row.message), age)
    return drawn


def tell(console: Console, notice: Notice, now: float, typed: Typed) -> None:
    """Print a notice, and each command that helps on a line of its own, as it is typed."""
    text = Text(f"{duration(now):>7}  {notice.text}", "red" if notice.urgent else "")
    console.print(text, soft_wrap=True)
    for command in notice.help:
        console.print(Text(f"         {typed(command)}", "bold"), soft_wrap=True)


def duration(seconds: float) -> str:
    """Write a time as a person says it: `42 s` or `3 min 05 s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
