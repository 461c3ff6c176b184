"""`python -m tools images`: every image a bundle needs, one a line, as a table or as JSON."""

from __future__ import annotations

import dataclasses
import enum
import json
import typing

import typer

from tools.images import inventory, releases
from tools.pack.repository import PackError, Repository

app = typer.Typer()


class Format(enum.StrEnum):
    """How images are written: one a line, or with their releases as a table, or as JSON with who needs them too."""

    TEXT = "text"
    TABLE = "table"
    JSON = "json"


@app.command()
def images(
    bundle: typing.Annotated[str, typer.Argument(help="A bundle; all charms without it.")] = "",
    format: typing.Annotated[
        Format, typer.Option(help="The others add releases, JSON who needs each image.")
    ] = Format.TEXT,
) -> None:
    """List every container image that a bundle needs, for mirrors and scanners."""
    repository = Repository()
    try:
        found = inventory.of_bundle(repository, bundle) if bundle else inventory.of_all(repository)
        said = _releases(repository) if format is not Format.TEXT else {}
    except PackError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    if format is Format.JSON:
        entries = [{**dataclasses.asdict(image), **said.get(image.image, {})} for image in found.images]
        typer.echo(json.dumps(entries, indent=2))
    elif format is Format.TABLE:
        _table(sorted({image.image for image in found.images}), said)
    else:
        for image in sorted({image.image for image in found.images}):
            typer.echo(image)
    if found.foreign:
        names = ", ".join(found.foreign)
        typer.echo(f"warning: not listed, as their charms are not in this repository: {names}", err=True)


def _releases(repository: Repository) -> dict[str, dict[str, str]]:
    """Return what is said of each image beside its name."""
    found = releases.read(repository)
    return {
        name: {key: value for key, value in release._asdict().items() if key != "image"}
        for name, release in found.items()
    }


def _table(names: list[str], said: dict[str, dict[str, str]]) -> None:
    """Print a table whose cells a terminal of any width shows whole."""
    from rich.console import Console
    from rich.table import Table

    headings = ("component", "newer", "arm64", "testbed", "notes")
    table = Table("image", *headings, box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for name in names:
        table.add_row(name, *(said.get(name, {}).get(heading, "") for heading in headings))
    Console(highlight=False).print(table)
