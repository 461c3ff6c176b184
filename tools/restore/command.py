"""`./up restore`: bring a set back, or rehearse it in a model of its own."""

from __future__ import annotations

import pathlib
import time
import typing

import typer

from tools.backup import volumes
from tools.backup.command import named_secret, reached, refusals
from tools.backup.deployed import Deployed
from tools.backup.sets import PROFILES, Set
from tools.restore import rehearsal
from tools.up import places
from tools.up.errors import Refusal

app = typer.Typer()

Say = typing.Callable[[str], None]
NAMESPACE = 120.0
"""Seconds that a profile's namespace gets to be there."""


@app.command()
def restore(
    folder: typing.Annotated[pathlib.Path, typer.Argument(help="The set that ./up backup made.")],
    source: typing.Annotated[
        str, typer.Option("--from", help="The user secret that names the object store elsewhere.")
    ] = "elsewhere",
    model: typing.Annotated[str, typer.Option(help="The Juju model; with --rehearse, the one that has the secret.")] = (
        "kubeflow"
    ),
    on: typing.Annotated[places.On | None, typer.Option(help="Where it is; found as ./up does without it.")] = None,
    rehearse: typing.Annotated[
        bool, typer.Option("--rehearse", help="Bring database and objects back in a model of their own, and look.")
    ] = False,
    default_class: typing.Annotated[
        bool, typer.Option("--default-class", help="Volumes are of this cluster's storage class, not of their own.")
    ] = False,
    no_volumes: typing.Annotated[bool, typer.Option("--no-volumes", help="Leave users' volumes out.")] = False,
) -> None:
    """Bring a set back into a deployed bundle: objects, database, profiles, volumes.

    Applications are locked out of the database while it is brought back. What profiles and volumes have already stays.
    The exit status is 0, or 2 if something could not be brought back.
    """
    with refusals(), reached(on, model) as deployed:
        found, begin = Set.read(folder), time.monotonic()
        if rehearse:
            place = places.choose(on)
            told = rehearsal.rehearse(deployed, found, folder, source, place.python, typer.echo)
            typer.echo("\n".join(told))
        else:
            bring_back(deployed, found, folder, source, typer.echo, default_class, with_volumes=not no_volumes)
        typer.echo(f"{'rehearsed' if rehearse else 'brought back'} in {time.monotonic() - begin:.0f} s")


def bring_back(
    deployed: Deployed,
    found: Set,
    folder: pathlib.Path,
    source: str,
    say: Say,
    default_class: bool = False,
    *,
    with_volumes: bool = True,
) -> None:
    """Bring a set back.

    Raises:
        Refusal: something cannot be brought back; run it again when that is mended, as what is there is passed over.
    """
    volumes.check_all(found, folder)
    database, store = deployed.application("mysql"), deployed.application("seaweedfs")
    profiles = deployed.application("kubeflow-profiles")
    deployed.require_backups_in(store, database)
    elsewhere = named_secret(deployed.juju, source)
    say("the objects ...")
    deployed.copy(f"{store}/leader", "import", source=str(elsewhere.uri))
    say("the database ...")
    whose = f"{found.model}/{found.database}"
    deployed.run(f"{database}/0", "restore", backup_id=found.backup, of=whose)
    say("the profiles ...")
    deployed.run(f"{profiles}/leader", "import-profiles", profiles=(folder / PROFILES).read_text())
    image = volumes.image(deployed, store) if with_volumes and found.volumes else ""
    for volume in found.volumes if with_volumes else ():
        _await(deployed, volume.namespace)
        done = volumes.bring_back(deployed, volume, folder, image, default_class=default_class)
        say(f"the volume {volume.namespace}/{volume.name}{'' if done else ' has files already, and stays as it is'}")


def _await(deployed: Deployed, namespace: str) -> None:
    deadline = time.monotonic() + NAMESPACE
    while True:
        try:
            deployed.kubectl("get", "namespace", namespace, "-o", "name")
            return
        except Refusal:
            if time.monotonic() > deadline:
                raise
        time.sleep(2)
