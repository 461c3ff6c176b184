"""The table of images for people and for programs."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum

from rich.console import Console
from rich.table import Table

from testbed.images import Row


class Format(StrEnum):
    """How the table is printed."""

    TABLE = "table"
    JSON = "json"


def show(rows: Sequence[Row], form: Format, console: Console | None = None) -> None:
    """Print the images: a table that a terminal of any width shows whole, or JSON."""
    if form is Format.JSON:
        objects = [{**asdict(row), "differs": row.differs} for row in rows]
        sys.stdout.write(json.dumps(objects, indent=2) + "\n")
        return
    console = console or Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for heading in ("image", "charm", "program", "made of"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row.image, ", ".join(row.charms), row.kind, row.source)
    console.print(table)
    for line in remarks(rows):
        console.print(line, markup=False)


def remarks(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each image whose program is not the version that the charms pin."""
    said: list[str] = []
    for row in rows:
        if row.kind == "stand-in":
            said.append(f"{row.image}: a stand-in, which only answers on the workload's ports")
        elif row.kind == "packages":
            said.append(f"{row.image}: made of {row.source}, version {row.built}")
        elif row.differs:
            said.append(f"{row.image}: the charm pins {row.pinned}, the testbed runs {readable(row.built)}")
    return said


def readable(version: str) -> str:
    """Return a Go version as a person would say it: one between releases by its day and commit."""
    between = re.fullmatch(r"v.*[.-](\d{4})(\d{2})(\d{2})\d{6}-([0-9a-f]{12})", version)
    return "the source of {}-{}-{}, commit {}".format(*between.groups()) if between else version
