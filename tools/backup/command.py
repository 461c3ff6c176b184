"""`./up backup`: one set of database, objects, profiles and users' volumes that belong together."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import typing
from collections.abc import Callable, Iterator

import jubilant
import typer
import yaml

from tools.backup import volumes
from tools.backup.deployed import Deployed
from tools.backup.sets import PROFILES, Counts, Set, Volume
from tools.up import places
from tools.up.errors import Refusal
from tools.up.juju import explain

app = typer.Typer()

REFUSED = 2
Say = Callable[[str], None]


@app.command()
def backup(
    folder: typing.Annotated[pathlib.Path, typer.Argument(help="A new folder for the set.")],
    to: typing.Annotated[str, typer.Option(help="The user secret that names the object store elsewhere.")],
    model: typing.Annotated[str, typer.Option(help="The Juju model.")] = "kubeflow",
    on: typing.Annotated[places.On | None, typer.Option(help="Where it is; found as ./up does without it.")] = None,
    no_volumes: typing.Annotated[bool, typer.Option("--no-volumes", help="Leave users' volumes out.")] = False,
    image: typing.Annotated[
        str, typer.Option(help="An image with a shell and tar, for the volumes; that of the object store without it.")
    ] = "",
) -> None:
    """Back a deployment up: what is in the database first, then the objects that it speaks of, profiles and volumes.

    The objects, with the database's backup among them, go to the object store elsewhere, where only what is new is
    copied; the rest goes into FOLDER. Nobody is locked out meanwhile. The exit status is 0, or 2 if there is no set.
    """
    with refusals(), reached(on, model) as deployed:
        found = take(deployed, folder, to, typer.echo, with_volumes=not no_volumes, image=image)
        typer.echo(f"{folder} and {found.endpoint} are a set; try it: ./up restore {folder} --rehearse")


def take(
    deployed: Deployed, folder: pathlib.Path, secret: str, say: Say, *, with_volumes: bool = True, image: str = ""
) -> Set:
    """Make a set, and return what it has.

    The database comes first: whatever it names is then in the object store, and what came later does no harm.

    Raises:
        Refusal: something cannot be backed up; there is no set then.
    """
    database, store = deployed.application("mysql"), deployed.application("seaweedfs")
    profiles = deployed.application("kubeflow-profiles")
    deployed.require_backups_in(store, database)
    elsewhere = named_secret(deployed.juju, secret)
    if folder.exists() and any(folder.iterdir()):
        raise Refusal(f"{folder} has something in it: name a new folder for each set")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = deployed.rows(database)
    say("the database ...")
    identifier = str(deployed.run(f"{database}/0", deployed.called(database, "create-backup", "backup"))["backup-id"])
    rows = _between(before, deployed.rows(database))
    say("the objects ...")
    there = deployed.buckets(store)
    copied = deployed.copy(f"{store}/leader", "export", target=str(elsewhere.uri))
    say(f"the objects: {copied['objects']}, of which {copied['copied']} were new")
    buckets = throughout(there, deployed.buckets(store))
    listed = str(deployed.run(f"{profiles}/leader", "list-profiles")["profiles"])
    (folder / PROFILES).write_text(listed)
    names = [item["name"] for item in yaml.safe_load(listed).get("profiles") or ()]
    say(f"the profiles: {len(names)}")
    kept = tuple(_volumes(deployed, folder, names, store, image, say)) if with_volumes else ()
    endpoint = elsewhere.content["endpoint"]
    found = Set(made, deployed.model, database, identifier, rows, endpoint, buckets, kept)
    found.write(folder)
    return found


def _volumes(
    deployed: Deployed, folder: pathlib.Path, names: list[str], store: str, image: str, say: Say
) -> Iterator[Volume]:
    busy = volumes.used(deployed)
    chosen = image or volumes.image(deployed, store)
    for claim in volumes.claims(deployed, names):
        where = (claim["metadata"]["namespace"], claim["metadata"]["name"])
        say(f"the volume {'/'.join(where)}{' (in use: a file may be half)' if where in busy else ''}")
        yield volumes.save(deployed, claim, folder, chosen, where in busy)


def _between(before: dict[str, int], after: dict[str, int]) -> Counts:
    """Return the fewest and the most rows of each table; one that was not there at either moment has -1."""
    spans = {name: (before.get(name, -1), after.get(name, -1)) for name in sorted({*before, *after})}
    return {name: (min(span), max(span)) for name, span in spans.items()}


def throughout(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Return how many objects of each bucket were copied at least: what comes meanwhile may not be, nor what goes."""
    return {name: min(number, after.get(name, 0)) for name, number in before.items()}


def named_secret(juju: jubilant.Juju, name: str) -> jubilant.RevealedSecret:
    """Return a user secret that names an object store.

    Raises:
        Refusal: there is none.
    """
    try:
        found = juju.show_secret(name, reveal=True)
    except jubilant.CLIError:
        raise Refusal(
            f"the model has no secret {name} that names an object store elsewhere, run: juju add-secret {name} "
            f"endpoint=URL access-key=KEY secret-key#file=FILE && juju grant-secret {name} seaweedfs"
        ) from None
    if lacking := {"endpoint", "access-key", "secret-key"} - set(getattr(found, "content", {})):
        raise Refusal(f"the secret {name} lacks {', '.join(sorted(lacking))}")
    return typing.cast("jubilant.RevealedSecret", found)


@contextlib.contextmanager
def reached(on: places.On | None, model: str) -> Iterator[Deployed]:
    """Give a model where it is.

    Raises:
        Refusal: the place is not there.
    """
    place = places.choose(on)
    with place.inside() as wrap, place.client() as juju:
        juju.model = model
        yield Deployed(juju, wrap, model)


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Print why something could not be done, and end the program."""
    try:
        yield
    except jubilant.CLIError as error:
        typer.echo(f"error: {explain(error)}", err=True)
        raise typer.Exit(REFUSED) from None
    except (Refusal, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(REFUSED) from None
