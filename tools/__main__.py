"""`python -m tools`: the sub-commands of this repository's own program."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import typer

COMMANDS = (
    "up",
    "doctor",
    "backup",
    "restore",
    "test",
    "bench",
    "bundles",
    "pack",
    "store",
    "images",
    "versions",
    "docs",
)
"""Each comes from the Typer application `app` of `tools.<name>.command`: a command or a named group."""


def program(arguments: list[str]) -> typer.Typer:
    """Gather the commands; only the one that is called is imported, as some take a while."""
    app = typer.Typer(
        name="tools",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
        help="Pack, serve, list, deploy and measure the charms of this repository.",
    )
    app.callback()(lambda: None)
    for name in arguments[:1] if arguments[:1] and arguments[0] in COMMANDS else COMMANDS:
        if importlib.util.find_spec(f"tools.{name}") and importlib.util.find_spec(f"tools.{name}.command"):
            app.add_typer(importlib.import_module(f"tools.{name}.command").app)
    return app


if __name__ == "__main__":
    program(sys.argv[1:])(prog_name="python -m tools")
