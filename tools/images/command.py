"""`python -m tools images`: every image a bundle needs, one a line or as JSON."""

from __future__ import annotations

import dataclasses
import enum
import json
import typing

import typer

from tools.images import inventory
from tools.pack.repository import PackError, Repository

app = typer.Typer()


class Format(enum.StrEnum):
    """How images are written: one a line, or as JSON with who needs them."""

    TEXT = "text"
    JSON = "json"


@app.command()
def images(
    bundle: typing.Annotated[str, typer.Argument(help="A bundle; all charms without it.")] = "",
    format: typing.Annotated[Format, typer.Option(help="JSON adds who needs each image.")] = Format.TEXT,
) -> None:
    """List every container image that a bundle needs, for mirrors and scanners."""
    repository = Repository()
    try:
        found = inventory.of_bundle(repository, bundle) if bundle else inventory.of_all(repository)
    except PackError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    if format is Format.JSON:
        typer.echo(json.dumps([dataclasses.asdict(image) for image in found.images], indent=2))
    else:
        for image in sorted({image.image for image in found.images}):
            typer.echo(image)
    if found.foreign:
        names = ", ".join(found.foreign)
        typer.echo(f"warning: not listed, as their charms are not in this repository: {names}", err=True)
