"""`python -m tools pack`: the charms and bundles of this repository as archives."""

from __future__ import annotations

import concurrent.futures
import enum
import pathlib
import typing

import typer

from tools.pack import bundle, charm, release
from tools.pack.repository import PackError, Repository

WORKERS = 2
"""Charms packed at a time; more gain nothing on the two cores of a small machine."""

app = typer.Typer()


DIST = pathlib.Path("dist")


class Python(enum.StrEnum):
    """The Pythons of the bases that charms run on."""

    V3_11 = "3.11"
    V3_12 = "3.12"


class Architecture(enum.StrEnum):
    """The processors that charms run on."""

    AMD64 = "amd64"
    ARM64 = "arm64"


@app.command()
def pack(
    names: typing.Annotated[
        list[str] | None, typer.Argument(metavar="CHARM|BUNDLE", help="What to pack; all without any.")
    ] = None,
    python: typing.Annotated[Python, typer.Option(help="The Python of the charm's base.")] = Python.V3_12,
    architecture: typing.Annotated[Architecture | None, typer.Option(help="This machine's without it.")] = None,
    output: typing.Annotated[pathlib.Path, typer.Option(help="Where the archives go.")] = pathlib.Path("dist"),
    for_release: typing.Annotated[bool, typer.Option("--release", help="Pack with charmcraft, for Charmhub.")] = False,
    forge: typing.Annotated[
        str, typer.Option(help="With --release: the URL of this repository, for the links to source and issues.")
    ] = "",
) -> None:
    """Pack charms and bundles without LXD; what has not changed comes from a cache."""
    repository = Repository()
    try:
        charms, bundles = choose(repository, names or [])
        # Their values: YAML writes no members of an enumeration.
        target = charm.Target(python.value, architecture.value if architecture else charm.host_architecture())
        for name in bundles:
            _show(bundle.pack(repository, name, output))
        if for_release:
            for name in charms:
                for packed in release.pack(repository, name, output, forge):
                    _show(packed)
        else:
            pack_charms(repository, charms, target, output, _show)
    except PackError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def choose(repository: Repository, names: list[str]) -> tuple[list[str], list[str]]:
    """Tell which of the names are charms and which are bundles; no names stand for all.

    Raises:
        PackError: when a name is neither.
    """
    if not names:
        return repository.charms, repository.bundles
    bundles = [name for name in names if name in repository.bundles]
    charms = [name for name in names if name not in bundles]
    for name in charms:
        repository.charm(name)
    return charms, bundles


def pack_charms(
    repository: Repository,
    names: list[str],
    target: charm.Target,
    output: pathlib.Path,
    done: typing.Callable[[charm.Packed], None],
) -> None:
    """Pack charms in parallel, and report each when it is done.

    Raises:
        PackError: after all others are packed, when one or more could not be; it names them all.
    """
    problems: list[str] = []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(charm.pack, repository, name, target, output) for name in names]
        for future in concurrent.futures.as_completed(futures):
            try:
                done(future.result())
            except PackError as error:
                problems.append(str(error))
    if problems:
        raise PackError("\n       ".join(sorted(problems)))


def _show(packed: charm.Packed) -> None:
    spent = f"{packed.seconds:.1f} s" if packed.seconds else "unchanged"
    typer.echo(f"{packed.path}  {packed.size / 1e6:.1f} MB  {spent}")
