"""Reach Juju's client, wherever it runs, as a `jubilant.Juju`."""

from __future__ import annotations

import contextlib
import json
import pathlib
import shlex
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jubilant


@contextlib.contextmanager
def reached_by(prefix: Sequence[str], variables: Mapping[str, str]) -> Iterator[jubilant.Juju]:
    """Give a client that runs behind a command such as `nsenter`, with variables of its own.

    jubilant calls one program without arguments before its own, hence a script.
    """
    with tempfile.TemporaryDirectory(prefix="juju-") as folder:
        script = pathlib.Path(folder, "juju")
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        script.write_text(f'#!/bin/sh\n{exports}exec {shlex.join(prefix)} juju "$@"\n')
        script.chmod(0o700)
        yield jubilant.Juju(cli_binary=script)


def ask(juju: jubilant.Juju, *command: str) -> Any:
    """Return what a command that is not about one model says as JSON.

    Raises:
        jubilant.CLIError: Juju refused.
    """
    return json.loads(juju.cli(*command, "--format=json", include_model=False))


def models(juju: jubilant.Juju) -> set[str]:
    """Return the names of the models of the current controller.

    Raises:
        jubilant.CLIError: Juju refused.
    """
    return {model["short-name"] for model in ask(juju, "models")["models"]}


def use_model(juju: jubilant.Juju, name: str) -> bool:
    """Make a model the current one, for the commands that follow and for those a person types later.

    Returns:
        Whether it had to be made.

    Raises:
        jubilant.CLIError: Juju refused.
    """
    made = name not in models(juju)
    if made:
        juju.add_model(name)  # which leaves the current one as it is
    juju.cli("switch", name, include_model=False)
    juju.model = name
    return made


def explain(error: jubilant.CLIError) -> str:
    """Say in one piece which command failed and what it wrote."""
    command = shlex.join(["juju", *error.cmd[1:]])
    wrote = (error.stderr or error.stdout or f"it ended with status {error.returncode}").strip()
    return f"`{command}` failed: {wrote}"
