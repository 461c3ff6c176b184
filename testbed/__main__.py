"""`python -m testbed`: a real Kubernetes and a real Juju on this machine, from package registries alone."""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from testbed import cache, containers, gpus, image_table, images, juju_versions, lifecycle, network, profiles
from testbed.errors import TestbedError
from testbed.golang import BuildError
from testbed.image_table import Format
from testbed.machine import Machine
from testbed.paths import Paths
from testbed.pypi import PackageError

app = typer.Typer(
    name="testbed",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help=__doc__,
)
JujuVersion = Annotated[
    str,
    typer.Option(
        "--juju",
        envvar=juju_versions.VARIABLE,
        metavar="|".join(juju_versions.VERSIONS),
        help=f"Which Juju; without it the one that the testbed has, or {juju_versions.DEFAULT}.",
    ),
]
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}


@contextlib.contextmanager
def explained() -> Iterator[Paths]:
    """Give the testbed that the environment chooses; print what is wrong instead of a stack of calls."""
    try:
        yield Paths.from_environment()
    except (TestbedError, BuildError, PackageError) as error:
        cache.console.print(f"testbed: {error}", markup=False, style="red")
        raise typer.Exit(1) from error


@app.command()
def build(juju: JujuVersion = "") -> None:
    """Build every program and image, or find them in the cache (a quarter of an hour the first time)."""
    with explained() as paths:
        lifecycle.build(paths, version=juju)


@app.command()
def up(
    load_balancer: Annotated[
        bool,
        typer.Option("--with-load-balancer/--without-load-balancer", help="Give addresses to services."),
    ] = True,
    network_policies: Annotated[
        bool,
        typer.Option("--with-network-policies/--without-network-policies", help="Enforce network policies."),
    ] = True,
    juju: JujuVersion = "",
    domain: Annotated[
        str,
        typer.Option(
            "--cluster-domain",
            metavar="DOMAIN",
            help=f"The cluster's domain; without it the one that the testbed has, or {network.DOMAIN}.",
        ),
    ] = "",
    ip_family: Annotated[
        str,
        typer.Option(
            "--ip-family",
            metavar="|".join(network.FAMILIES),
            help="Which kinds of address pods and services have; without it those that the testbed has, or ipv4.",
        ),
    ] = "",
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="|".join(profiles.PROFILES),
            help=f"What the cluster is like; without it as the testbed was made, or {profiles.DEFAULT}.",
        ),
    ] = "",
    rbac: Annotated[
        bool | None,
        typer.Option("--rbac/--no-rbac", help="Authorise by RBAC, or nothing; without it as the profile has it."),
    ] = None,
    proxy: Annotated[
        bool | None,
        typer.Option("--proxy/--no-proxy", help="A proxy, which alone leads outside; without it as it was, or none."),
    ] = None,
    registry: Annotated[
        bool | None,
        typer.Option("--registry/--no-registry", help="A registry with a login; without it as it was, or none."),
    ] = None,
) -> None:
    """Build what is missing, start Kubernetes and Juju, and wait until they can be used.

    Run again, it goes on where it was interrupted, and starts again what a killed machine left.
    """
    with explained() as paths:
        lifecycle.up(
            paths,
            load_balancer=load_balancer,
            network_policies=network_policies,
            version=juju,
            domain=domain,
            ip_family=ip_family,
            profile=profile,
            rbac=rbac,
            proxy=proxy,
            registry=registry,
        )
        cache.console.print("The testbed is up. Try: python -m testbed run juju status -m controller")


@app.command()
def down() -> None:
    """End the testbed and remove all that it made, but for the cache."""
    with explained() as paths:
        lifecycle.down(paths)


@app.command()
def stop(
    now: Annotated[bool, typer.Option("--now", help="As a power cut, without asking programs to end.")] = False,
) -> None:
    """End all processes and keep the state, as when the machine is switched off."""
    with explained() as paths:
        lifecycle.stop(paths, now=now)


@app.command()
def start() -> None:
    """Start a stopped testbed: Kubernetes, Juju and all pods come back."""
    with explained() as paths:
        lifecycle.start(paths)


@app.command()
def status() -> None:
    """Show what runs; the exit status is 0 if the testbed can be used and 3 if it cannot."""
    with explained() as paths:
        found = lifecycle.status(paths)
        table = Table(box=None, pad_edge=False)
        for column in ("program", "state", "starts"):
            table.add_column(column)
        for row in found.programs:
            table.add_row(*row)
        console = Console(highlight=False)
        console.print(f"{paths.name} in {paths.state}: {found.summary}", markup=False, soft_wrap=True)
        console.print(f"logs in {paths.logs}", markup=False, soft_wrap=True)
        if found.programs:
            console.print(f"network policies are {'' if found.enforced else 'not '}enforced")
            console.print(table)
        raise typer.Exit(0 if found.usable else 3)


@app.command(context_settings=PASS_ON)
def run(command: Annotated[list[str], typer.Argument(help="A command and its arguments.")]) -> None:
    """Run a command in the testbed's network, with its kubectl and juju."""
    with explained() as paths:
        inside = Machine(paths).inside(command)
        os.execvpe(inside[0], inside, paths.variables())


@app.command("import")
def import_(archive: Annotated[Path, typer.Argument(help="An image as a docker archive.", exists=True)]) -> None:
    """Give the testbed a container image."""
    with explained() as paths:
        containers.import_image(Machine(paths), archive)


@app.command("gpus")
def gpus_(
    resources: Annotated[list[str] | None, typer.Argument(metavar="RESOURCE=NUMBER", help="Without any, none.")] = None,
) -> None:
    """Let the node announce GPUs, which are not there: nvidia.com/gpu=2, nvidia.com/mig-1g.5gb=1."""
    with explained() as paths:
        lifecycle.announce(paths, gpus.parse(resources or ()))


@app.command("images")
def images_(
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """List the container images that the charms name, and what the testbed has in place of each."""
    with explained():
        image_table.show(images.rows(images.all_named()), form)


@app.command()
def env() -> None:
    """Print the variables of the testbed for a shell: eval "$(python -m testbed env)"."""
    with explained() as paths:
        for name, value in paths.exports().items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


if __name__ == "__main__":
    app(prog_name="python -m testbed")
