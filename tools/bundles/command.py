"""`python -m tools bundles`: write what follows from the description, or show a bundle with overlays."""

from __future__ import annotations

import pathlib
import typing

import typer
import yaml

from tools.bundles import files
from tools.pack.repository import PackError, Repository
from tools.up.bundles import Bundle
from tools.up.errors import Refusal
from tools.up.overlays import Overlay

app = typer.Typer(
    name="bundles", no_args_is_help=True, help="Write bundles and overlays, or lay the one over the other."
)


@app.command()
def write() -> None:
    """Write every bundle, overlay and table of Terraform's from bundles/description.yaml."""
    repository = Repository()
    try:
        texts = files.of(repository)
    except PackError as error:
        raise _refusal(error) from None
    for relative, text in texts.items():
        path = repository.root / relative
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            typer.echo(f"wrote {relative}")


@app.command()
def show(
    bundle: typing.Annotated[str, typer.Argument(metavar="BUNDLE", help="A folder of bundles/.")],
    overlay: typing.Annotated[
        list[pathlib.Path] | None, typer.Option(help="A file that changes it; several, each with --overlay.")
    ] = None,
) -> None:
    """Print a bundle with overlays, as one that `juju deploy` takes by itself."""
    try:
        found = Bundle.load(Repository(), bundle).with_overlays(map(Overlay.load, overlay or ()))
    except (PackError, Refusal) as error:
        raise _refusal(error) from None
    typer.echo(yaml.safe_dump(dict(found.content), sort_keys=False), nl=False)


def _refusal(error: Exception) -> typer.Exit:
    typer.echo(f"error: {error}", err=True)
    return typer.Exit(1)
