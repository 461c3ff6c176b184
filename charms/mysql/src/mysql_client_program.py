"""How the charm talks to the server: MySQL's own programs in its container, over the local socket.

The administrator's password is in an option file that the programs read; no command line and no environment has one.
"""

import gzip
import io
from collections.abc import Iterable
from typing import BinaryIO, cast

import ops
from mysql_server import CLIENT

PATIENCE = 60
"""Seconds that a few statements may take."""

LONGEST = 6 * 3600
"""Seconds that a dump may take."""


def run_sql(container: ops.Container, statements: Iterable[str]) -> str:
    """Run statements as the administrator and return what they select, fields separated by tabs.

    Raises:
        ops.pebble.Error: the server refuses one, or does not answer.
        TimeoutError: it takes too long.
    """
    command = ["mysql", f"--defaults-extra-file={CLIENT}", "--batch", "--skip-column-names"]
    script = "".join(f"{statement};\n" for statement in statements)
    return container.exec(command, stdin=script, timeout=PATIENCE).wait_output()[0]


def dump(container: ops.Container, databases: Iterable[str], target: gzip.GzipFile) -> None:
    """Write databases as SQL, as they are at one moment, while clients go on.

    Raises:
        ops.pebble.Error: the server does not give them.
        TimeoutError: it takes too long.
    """
    options = ("--single-transaction", "--quick", "--routines", "--triggers", "--events", "--no-tablespaces")
    command = ["mysqldump", f"--defaults-extra-file={CLIENT}", *options, "--add-drop-database", "--databases"]
    said = io.BytesIO()
    process = container.exec(
        [*command, *databases],
        encoding=None,
        stdin=b"",
        stdout=cast(BinaryIO, target),
        stderr=said,
        timeout=LONGEST,
    )
    try:
        process.wait()
    except ops.pebble.ExecError as error:
        raise ops.pebble.ExecError(error.command, error.exit_code, None, said.getvalue()) from error


def load(container: ops.Container, source: gzip.GzipFile) -> None:
    """Run a dump.

    Raises:
        ops.pebble.Error: the server refuses it.
        TimeoutError: it takes too long.
    """
    command = ["mysql", f"--defaults-extra-file={CLIENT}"]
    container.exec(command, encoding=None, stdin=cast(BinaryIO, source), timeout=LONGEST).wait_output()


def refused(error: Exception) -> str:
    """Return what a program said of its failure, in one line; statements, which may hold passwords, are left out."""
    if not isinstance(error, ops.pebble.ExecError):
        return type(error).__name__
    said: object = error.stderr or b""  # pyright: ignore[reportUnknownMemberType]
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    lines = [line for line in text.splitlines() if line.startswith(("ERROR", "mysqldump: "))]
    return lines[0].partition(" near ")[0] if lines else f"it ended with {error.exit_code}"
