"""`python -m tools bundles`: write what follows from the description, or show a bundle with overlays."""

from __future__ import annotations

import pathlib
import typing

import typer
import yaml

from tools.bundles import files
from tools.bundles import size as sizes
from tools.images import inventory
from tools.pack import charm
from tools.pack.command import DIST, pack_charms
from tools.pack.repository import PackError, Repository
from tools.up.bundles import Bundle
from tools.up.errors import Refusal
from tools.up.overlays import Overlay

app = typer.Typer(
    name="bundles", no_args_is_help=True, help="Write bundles and overlays, lay the one over the other, or measure."
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


@app.command()
def size(
    bundle: typing.Annotated[str, typer.Argument(metavar="BUNDLE", help="A folder of bundles/.")],
    output: typing.Annotated[pathlib.Path, typer.Option(help="Where packed charms are and go.")] = DIST,
) -> None:
    """Measure what a site without internet has to carry in: packed charms, and images, if skopeo reaches them."""
    repository = Repository()
    packed: list[charm.Packed] = []
    try:
        found = inventory.of_bundle(repository, bundle)
        names = sorted({*Bundle.load(repository, bundle).charms.values()} & {*repository.charms})
        pack_charms(repository, names, charm.Target("3.12", charm.host_architecture()), output, packed.append)
    except PackError as error:
        raise _refusal(error) from None
    images = sizes.of_images(image.image for image in found.images)
    for name, number in sorted([*((it.name, it.size) for it in packed), *images.alone.items()], key=lambda it: -it[1]):
        typer.echo(f"{number / 1e6:10.1f} MB  {name}")
    for name, why in images.unknown.items():
        typer.echo(f"{'?':>10} MB  {name}: {why}")
    typer.echo(f"{sum(it.size for it in packed) / 1e6:10.1f} MB  in {len(packed)} charms")
    typer.echo(f"{images.bytes / 1e6:10.1f} MB  in {len(images.alone)} images, layers that they share once")
    if images.unknown:
        raise typer.Exit(1)


def _refusal(error: Exception) -> typer.Exit:
    typer.echo(f"error: {error}", err=True)
    return typer.Exit(1)
