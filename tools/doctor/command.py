"""`./up doctor` and `./up --check`: what is wrong, and what helps."""

from __future__ import annotations

import contextlib
import datetime
import enum
import functools
import json
import pathlib
import typing
from collections.abc import Iterator, Sequence

import jubilant
import typer

from tools.doctor import archive, cluster, deployment, findings, machine
from tools.doctor.findings import Finding, Level
from tools.images import inventory
from tools.pack.repository import PackError, Repository
from tools.up import deployment as rows
from tools.up import places
from tools.up.advice import Advice
from tools.up.bundles import Bundle
from tools.up.errors import Refusal
from tools.up.juju import explain

app = typer.Typer()

WELL, WRONG, REFUSED = 0, 1, 2
"""Exit statuses: nothing is wrong; something is; nothing could be looked at."""


class Format(enum.StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"


@app.command()
def doctor(
    model: typing.Annotated[str, typer.Option(help="The Juju model.")] = "kubeflow",
    on: typing.Annotated[places.On | None, typer.Option(help="Where it is; found as ./up does without it.")] = None,
    bundle: typing.Annotated[str, typer.Option(help="The bundle that was deployed.")] = "kubeflow-lite",
    format: typing.Annotated[Format, typer.Option(help="Text for people, JSON for programs.")] = Format.TEXT,
    every: typing.Annotated[bool, typer.Option("--all", help="Tell what is fine, too.")] = False,
    save: typing.Annotated[
        pathlib.Path | None,
        typer.Option(help="Write an archive with statuses and logs, without passwords, keys and people's names."),
    ] = None,
) -> None:
    """Look at a deployment, its cluster and this machine; say what most likely is wrong, and the command that helps.

    Nothing is changed. The exit status is 0 if nothing is wrong, 1 if something is, 2 if nothing could be looked at.
    """
    try:
        place = places.choose(on)
        with place.inside() as wrap:
            output = functools.partial(_output, wrap)
            found = list(examine(cluster.Cluster(output), place, model, Bundle.load(Repository(), bundle)))
            found = [_typed(finding, place) for finding in found]
            show(found, format, every=every)
            if save is not None:
                now = datetime.datetime.now(datetime.UTC)
                count = archive.save(save, archive.contents(output, model, found, _programs(output, model)), now)
                typer.echo(f"{count} texts are in {save}; look through them before you send them", err=True)
    except (Refusal, PackError, OSError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(REFUSED) from None
    raise typer.Exit(WRONG if findings.cause(found) else WELL)


def check(place: places.Place, *, as_json: bool = False) -> int:
    """Look at a place before anything is installed, tell what was found, and return the exit status."""
    now = datetime.datetime.now(datetime.UTC)
    found = list(machine.look(_images(), machine.output))
    with contextlib.suppress(Refusal), place.inside() as wrap:
        kubernetes = list(cluster.look(cluster.Cluster(functools.partial(_output, wrap)), now, place.policies()))
        reached = not any(finding.subject == "kubernetes" and finding.level is Level.WRONG for finding in kubernetes)
        none = findings.note("kubernetes", "kubectl reaches no cluster yet; ./up makes one, or asks for one")
        # Where Juju is, there is a cluster; where it is not, ./up makes one.
        found += kubernetes if reached or place.name is places.On.CURRENT else [none]
    show([_typed(finding, place) for finding in found], Format.JSON if as_json else Format.TEXT, every=True)
    return WRONG if findings.cause(found) else WELL


def examine(kubernetes: cluster.Cluster, place: places.Place, model: str, bundle: Bundle) -> Iterator[Finding]:
    """Yield everything there is to say, what others rest on first."""
    now = datetime.datetime.now(datetime.UTC)
    found = list(cluster.look(kubernetes, now, place.policies()))
    yield from found
    listed: list[rows.Row] = []
    try:
        with place.client() as juju:
            juju.model = model
            listed = rows.rows(juju.status(), bundle.charms)
    except jubilant.CLIError as error:
        yield findings.wrong("juju", explain(error), "juju controllers --refresh", "juju models")
    if found[0].level is not Level.WRONG:
        yield from deployment.look(kubernetes, listed, Advice(model, bundle.partners), now)
    yield from machine.look((), machine.output)


def show(found: Sequence[Finding], format: Format, *, every: bool) -> None:
    """Print findings."""
    if format is Format.JSON:
        typer.echo(json.dumps(findings.document(found), indent=2))
    else:
        typer.echo("\n".join(findings.text(found, every=every)))


def _output(wrap: places.Wrap, *command: str) -> str | None:
    return machine.output(*wrap(command))


def _typed(finding: Finding, place: places.Place) -> Finding:
    return Finding(finding.subject, finding.level, finding.text, tuple(map(place.typed, finding.help)))


def _images() -> list[str]:
    return [image.image for image in inventory.of_all(Repository()).images]


def _programs(output: machine.Output, model: str) -> Iterator[dict[str, str]]:
    """Yield the containers of the model."""
    told = json.loads(output("kubectl", "get", "pods", "-n", model, "-o", "json") or "{}")
    for pod in told.get("items") or ():
        for container in pod["spec"]["containers"]:
            yield {"namespace": model, "pod": pod["metadata"]["name"], "container": container["name"]}
