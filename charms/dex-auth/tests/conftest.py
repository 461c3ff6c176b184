import json
import os
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from support.programs import find
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
FILE = "/etc/dex/configuration.yaml"


class Dex(Unit):
    """A unit of dex-auth."""

    @property
    def text(self) -> str:
        """Dex's configuration file."""
        return self.deployment.files["dex"][FILE].text

    @property
    def configuration(self) -> dict[str, Any]:
        """What is in it."""
        return json.loads(self.text)

    @property
    def user(self) -> dict[str, str]:
        """The user of the password database."""
        return self.configuration["staticPasswords"][0]


class Program:
    """What `ops` gives for a program that Pebble runs, of one that runs here."""

    def __init__(self, command: list[str], stdin: str, stdout: Any, environment: dict[str, str], folder: pathlib.Path):
        given = folder / "given"
        given.write_text(stdin)
        self._stdout = stdout
        with given.open() as file:
            self._process = subprocess.Popen(
                command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
            )

    def send_signal(self, name: str) -> None:
        """End it."""
        self._process.terminate()

    def wait(self) -> None:
        """Take what it says until it ends."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._stdout.write(line)
        self._process.stdout.close()
        self._process.wait()


@pytest.fixture
def dex(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Dex]:
    with unit(Dex, ROOT, monkeypatch, tmp_path) as found:
        yield found


@pytest.fixture
def real(dex: Dex, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Dex:
    """A unit whose container runs the real Dex."""
    program = find("dex")

    def run(container: ops.Container, command: list[str], **more: Any) -> Program:
        assert command[0] == "/usr/local/bin/dex"
        # Whom the container's system trusts is whom this one does.
        trusted = {name: os.environ[name] for name in ("SSL_CERT_FILE",) if name in os.environ}
        environment = {**more["environment"], **trusted}
        return Program([str(program), *command[1:]], more["stdin"], more["stdout"], environment, tmp_path)

    monkeypatch.setattr(ops.Container, "exec", run)
    return dex
