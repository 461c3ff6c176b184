"""`python -m tools up`: pack the charms, deploy a bundle, wait, and say how to log in."""

from __future__ import annotations

import functools
import pathlib
import typing

import jubilant
import typer
from rich.console import Console
from rich.text import Text

from tools.pack.repository import PackError, Repository
from tools.store.model import StoreError
from tools.up import bring, places, view, waiting, wishes
from tools.up.advice import Advice
from tools.up.bundles import Bundle
from tools.up.errors import Refusal
from tools.up.juju import explain, models
from tools.up.overlays import Overlay
from tools.up.summary import failed, succeeded

app = typer.Typer()

ACTIVE, NEEDS_SOMEBODY, REFUSED = 0, 1, 2
"""Exit statuses: all is active; something is blocked, in error or takes too long; nothing could be done."""


@app.command()
def up(
    bundle: typing.Annotated[str, typer.Argument(metavar="BUNDLE", help="A folder of bundles/.")] = "kubeflow-lite",
    model: typing.Annotated[str, typer.Option(help="The Juju model; made if there is none.")] = "kubeflow",
    on: typing.Annotated[
        places.On | None,
        typer.Option(help="Where to; without it the current controller, else MicroK8s, else the testbed."),
    ] = None,
    overlay: typing.Annotated[
        list[pathlib.Path] | None,
        typer.Option(help="A file that changes the bundle, as of bundles/overlays/; several, each with --overlay."),
    ] = None,
    no_overlays: typing.Annotated[
        bool, typer.Option("--no-overlays", help="Not even the overlays that the model was deployed with.")
    ] = False,
    controller: typing.Annotated[
        str, typer.Option(help="The Juju controller to deploy to, which becomes the current one.")
    ] = "",
    addresses: typing.Annotated[
        str, typer.Option(help="What MicroK8s's load balancer gives out, FIRST-LAST; found if you say nothing.")
    ] = "",
    gpu: typing.Annotated[bool, typer.Option("--gpu", help="Let pods see NVIDIA's GPUs (MicroK8s).")] = False,
    check: typing.Annotated[
        bool, typer.Option("--check", help="Only look whether machine and cluster are fit for it; change nothing.")
    ] = False,
    as_json: typing.Annotated[bool, typer.Option("--json", help="With --check: JSON for programs.")] = False,
    yes: typing.Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    timeout: typing.Annotated[float, typer.Option(help="Minutes to wait until all is active.")] = 30,
) -> None:
    """Deploy BUNDLE and wait until it works; run again, it goes on, and refreshes charms that changed.

    The exit status is 0 if all is active, 1 if something is blocked or takes too long, 2 if it could not be deployed.

    On the testbed the charms go into its store, and `juju deploy BUNDLE --trust` is run as anybody would. Elsewhere
    that command asks Charmhub, which has other charms by the same names, so a bundle of the packed files is deployed.
    Overlays are remembered for the model: without --overlay those of the last time are taken again.
    """
    console = Console(highlight=False)
    try:
        repository = Repository()
        wanted = Bundle.load(repository, bundle)
        ask = wishes.asked_on_a_terminal(functools.partial(typer.confirm, default=True), yes=yes)
        wished = wishes.Wishes(gpu, wishes.addresses(addresses), controller, ask)
        for path in overlay or ():
            Overlay.load(path)  # a wrong one is better told of before anything is installed
        if check:
            from tools.doctor.command import check as look

            raise typer.Exit(look(places.choose(on), as_json=as_json))
        place = chosen_place(on, wished, model)
        say(console, f"deploying {bundle} as the model {model} on {place.title() or place.name}")
        place.prepare(wished)
        with place.client() as juju:
            site = bring.Site(place, repository, juju, model)
            tell = functools.partial(say, console)
            wanted = bring.with_overlays(site, wanted, overlay or (), tell, none=no_overlays)
            refreshed = bring.up(site, wanted, tell)
            advice = Advice(model, wanted.partners)
            with view.following(console, place.typed) as shown:
                outcome = waiting.wait(juju, wanted.charms, shown, timeout * 60, refreshed, advice)
            for line in succeeded(juju, outcome, place) if outcome.active else failed(outcome, place, advice):
                console.print(line, markup=False, soft_wrap=True)
    except (Refusal, PackError, StoreError) as error:
        raise refused(str(error)) from None
    except jubilant.CLIError as error:
        raise refused(explain(error)) from None
    except KeyboardInterrupt:
        say(console, "interrupted; what was begun is kept, and ./up again goes on")
        raise typer.Exit(NEEDS_SOMEBODY) from None
    raise typer.Exit(ACTIVE if outcome.active else NEEDS_SOMEBODY)


def chosen_place(on: places.On | None, wished: wishes.Wishes, model: str) -> places.Place:
    """Return the place, having asked where a controller that is there would get a model that nobody named it for.

    Raises:
        Refusal: there is none, or the answer was no.
    """
    if wished.controller:
        if on not in (None, places.On.CURRENT):
            raise Refusal("--controller means --on current: leave one of them out")
        places.use_controller(wished.controller)
        return places.choose(places.On.CURRENT)
    place = places.choose(on)
    if on is None and place.name is places.On.CURRENT:
        with place.client() as juju:
            new = model not in models(juju)
        if new and not wished.ask(f"Deploy to {place.title()}?"):
            raise Refusal("choose another with --controller NAME, or --on microk8s")
    return place


def say(console: Console, text: str) -> None:
    """Print a step."""
    console.print(Text(text, "bold"), soft_wrap=True)


def refused(text: str) -> typer.Exit:
    """Print why nothing could be done, and return what ends the program."""
    typer.echo(f"error: {text}", err=True)
    return typer.Exit(REFUSED)
