"""`python -m tools versions`: what runs in a deployed model, and what this repository's charms would run."""

from __future__ import annotations

import enum
import json
import typing

import jubilant
import typer

from tools.doctor import machine
from tools.pack.repository import PackError, Repository
from tools.up import places
from tools.up.errors import Refusal
from tools.up.juju import explain
from tools.versions import comparison

app = typer.Typer()

SAME, DIFFERENT, REFUSED = 0, 1, 2
"""Exit statuses: everything is as pinned here; something is not; nothing could be looked at."""


class Format(enum.StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"


@app.command()
def versions(
    model: typing.Annotated[str, typer.Option(help="The Juju model.")] = "kubeflow",
    on: typing.Annotated[places.On | None, typer.Option(help="Where it is; found as ./up does without it.")] = None,
    format: typing.Annotated[Format, typer.Option(help="A table for people, JSON for programs.")] = Format.TABLE,
) -> None:
    """Tell which release each program of a model runs, and which this repository's charm is pinned to.

    The exit status is 0 if they are the same, 1 if some differ, 2 if nothing could be looked at.
    """
    try:
        place = places.choose(on)
        with place.client() as juju, place.inside() as wrap:
            juju.model = model
            charms = {name: application.charm_name for name, application in juju.status().apps.items()}
            told = machine.output(*wrap(("kubectl", "get", "pods", "-n", model, "-o", "json")))
        if told is None:
            raise Refusal(f"kubectl does not tell of the pods in the namespace {model}")
        found = comparison.rows(
            json.loads(told)["items"], charms, comparison.expected(Repository(), set(charms.values()))
        )
    except jubilant.CLIError as error:
        typer.echo(f"error: {explain(error)}", err=True)
        raise typer.Exit(REFUSED) from None
    except (Refusal, PackError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(REFUSED) from None
    show(found, format)
    raise typer.Exit(DIFFERENT if any(row.differs for row in found) else SAME)


def show(found: list[comparison.Row], format: Format) -> None:
    """Print what runs."""
    if format is Format.JSON:
        typer.echo(json.dumps([{**row._asdict(), "differs": row.differs} for row in found], indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("application", "container", "runs", "expected", "", box=None, pad_edge=False)
    for row in found:
        table.add_row(*row, "differs" if row.differs else "")
    Console(highlight=False).print(table)
