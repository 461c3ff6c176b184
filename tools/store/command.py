"""`python -m tools store`: fill a folder with charms, and serve it to Juju."""

from __future__ import annotations

import contextlib
import logging
import pathlib
import signal
import threading
import typing

import rich
import rich.table
import typer

from tools.store import charmhub
from tools.store.index import Store
from tools.store.model import RISKS, Channel, StoreError
from tools.store.server import Server

app = typer.Typer(
    name="store", no_args_is_help=True, help="Keep charms and bundles in a folder and serve them to Juju."
)

Folder = typing.Annotated[pathlib.Path, typer.Argument(help="The store's folder.", show_default=False)]


@app.command()
def add(
    folder: Folder,
    files: typing.Annotated[list[pathlib.Path] | None, typer.Argument(help=".charm and .bundle files.")] = None,
    from_charmhub: typing.Annotated[
        str, typer.Option(metavar="NAME", help="Fetch this charm from Charmhub first, by `juju download`.")
    ] = "",
    base: typing.Annotated[str, typer.Option(help="The base of what is fetched, such as ubuntu@22.04.")] = "",
    channel: typing.Annotated[str, typer.Option(help="Fetch from and release to this channel.")] = "latest/stable",
) -> None:
    """Check charms and bundles, copy them into FOLDER as new revisions, and release them."""
    if bool(files) == bool(from_charmhub):
        raise typer.BadParameter("give files, or --from-charmhub NAME", param_hint="FILES")
    try:
        with contextlib.ExitStack() as stack:
            found = files or [stack.enter_context(charmhub.fetched(from_charmhub, channel, base))]
            failed = _add(folder, found, channel)
    except StoreError as error:
        raise _refusal(error) from None
    if failed:
        raise typer.Exit(1)


def _add(folder: pathlib.Path, files: list[pathlib.Path], channel: str) -> bool:
    """Add files, and return whether one was refused."""
    failed = False
    for file in files:
        try:
            revision = Store(folder).add(file, Channel.parse(channel))
        except StoreError as error:
            typer.echo(f"refused: {error}", err=True)
            failed = True
        else:
            typer.echo(f"{revision.package.name} revision {revision.number} is released to {channel}")
            for resource in revision.package.resources:
                if not resource.image:
                    typer.echo(
                        f"  its resource {resource.name} names no image: name one in resources.json,"
                        f" or deploy with --resource {resource.name}=...",
                        err=True,
                    )
    return failed


@app.command()
def release(folder: Folder, name: str, revision: int, channel: str) -> None:
    """Let a channel hold a revision that FOLDER has: to promote one, or to go back to an older one."""
    try:
        Store(folder).release(name, revision, Channel.parse(channel))
    except StoreError as error:
        raise _refusal(error) from None
    typer.echo(f"{name} revision {revision} is released to {channel}")


@app.command(name="list")
def list_(folder: Folder) -> None:
    """List what FOLDER holds, and what in it cannot be served."""
    try:
        snapshot = Store(folder).read()
    except StoreError as error:
        raise _refusal(error) from None
    table = rich.table.Table("name", "kind", "revision", "channels", "MiB", "added", box=None)
    for entry in snapshot.entries.values():
        for revision in reversed(entry.revisions):
            channels = [channel for channel, held in entry.channels.items() if revision.number in held]
            channels.sort(key=lambda channel: (channel.track, RISKS.index(channel.risk)))
            size = f"{revision.package.size / (1 << 20):.1f}"
            shown = ", ".join(map(str, channels))
            added = f"{revision.added:%Y-%m-%d %H:%M}"
            table.add_row(entry.name, revision.package.kind, str(revision.number), shown, size, added)
    rich.print(table)
    for problem in snapshot.problems:
        typer.echo(f"not served: {problem}", err=True)
    if snapshot.problems:
        raise typer.Exit(1)


@app.command()
def serve(
    folder: Folder,
    host: typing.Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: typing.Annotated[int, typer.Option(help="Port to listen on.")] = 8099,
    public_url: typing.Annotated[
        str, typer.Option(help="Where clients reach the store, if a proxy stands before it.")
    ] = "",
) -> None:
    """Serve FOLDER to Juju until interrupted; changes in FOLDER are seen at once."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    store = Store(folder)
    try:
        entries = store.read().entries
        server = Server(store, host, port, public_url)
    except StoreError as error:
        raise _refusal(error) from None
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupt, lambda *_: threading.Thread(target=server.shutdown).start())
    typer.echo(f"Serving {len(entries)} charms and bundles of {folder} at {server.url}")
    with server:
        server.serve_forever()


def _refusal(error: StoreError) -> typer.Exit:
    typer.echo(f"error: {error}", err=True)
    return typer.Exit(1)
