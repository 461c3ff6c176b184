import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
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


@pytest.fixture
def dex(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Dex]:
    with unit(Dex, ROOT, monkeypatch, tmp_path) as found:
        yield found
