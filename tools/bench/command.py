"""`python -m tools bench`: measure a bundle on the testbed."""

from __future__ import annotations

import dataclasses
import enum
import json
import typing
from collections.abc import Sequence

import jubilant
import typer
from rich.console import Console

from testbed.paths import Paths
from tools.bench import model, report
from tools.bench.measure import Bench
from tools.pack.repository import PackError, Repository
from tools.store.model import StoreError
from tools.up import bring, places, view
from tools.up.bundles import Bundle
from tools.up.errors import Refusal
from tools.up.juju import explain
from tools.up.wishes import Wishes

app = typer.Typer()


class Format(enum.StrEnum):
    """How the numbers are written."""

    TABLE = "table"
    JSON = "json"


@app.command()
def bench(
    bundle: typing.Annotated[str, typer.Argument(metavar="BUNDLE", help="A folder of bundles/.")] = "kubeflow-lite",
    name: typing.Annotated[str, typer.Option("--model", help="The model that is made and destroyed.")] = "bench",
    others: typing.Annotated[
        list[int] | None,
        typer.Option(help="Measure so many empty charms, too: what others need for the same. May be repeated.", min=1),
    ] = None,
    form: typing.Annotated[Format, typer.Option("--format", help="How to write the numbers.")] = Format.TABLE,
    timeout: typing.Annotated[float, typer.Option(help="Minutes that a deployment may take.")] = 30,
    juju: typing.Annotated[bool, typer.Option(help="Measure on the testbed, and not only without Juju.")] = True,
) -> None:
    """Deploy as many empty charms as BUNDLE has applications, then BUNDLE, and compare what they cost.

    Before that, BUNDLE is deployed without Juju, as the tests in tests/model do, which tells in seconds how many hooks,
    Kubernetes calls and changes of status each application takes. The run before is kept in .cache/bench.json and
    .cache/bench-model.json, and shown beside this one. The exit status is 1 if a number is over its budget, 2 if
    nothing could be measured.
    """
    console = Console(highlight=False, stderr=True)
    try:
        repository = Repository()
        modelled = model.run(repository, bundle)
    except (Refusal, PackError) as error:
        raise _refused(str(error)) from None
    kept = repository.root / ".cache" / "bench-model.json"
    listed = list(model.lines(modelled, report.recall(kept, bundle)))
    events = {f"{bundle}: hooks until active by event, in the model": modelled.events}
    report.remember(kept, modelled)
    if juju:
        found = _on_testbed(console, repository, bundle, name, others or (), timeout)
        kept = repository.root / ".cache" / "bench.json"
        listed += report.lines(found, report.recall(kept, bundle))
        events[f"{bundle}: hooks until active by event, on Juju"] = {
            name: application.events for name, application in found.applications.items()
        }
        report.remember(kept, found)
    if form is Format.JSON:
        typer.echo(json.dumps([dataclasses.asdict(line) for line in listed], indent=2))
    else:
        Console().print(report.table(bundle, listed))
        for title, counted in events.items():
            Console().print(report.by_event(title, counted))
    raise typer.Exit(1 if any(line.exceeded for line in listed) else 0)


def _on_testbed(
    console: Console, repository: Repository, bundle: str, name: str, others: Sequence[int], timeout: float
) -> report.Measurement:
    """Measure a bundle on the testbed, in a model of this name."""
    try:
        place = places.choose(places.On.TESTBED)
        place.prepare(Wishes())
        with place.client() as juju:
            shown = view.Plain(console, place.typed)
            site = bring.Site(place, repository, juju, name)
            bench = Bench(Paths.from_environment(), site, shown, console.print, timeout * 60)
            return bench.run(Bundle.load(repository, bundle), others)
    except (Refusal, PackError, StoreError) as error:
        raise _refused(str(error)) from None
    except jubilant.TaskError as error:
        raise _refused(f"a hook failed while it was measured: {error}") from None
    except jubilant.CLIError as error:
        raise _refused(explain(error)) from None


def _refused(text: str) -> typer.Exit:
    typer.echo(f"error: {text}", err=True)
    return typer.Exit(2)
