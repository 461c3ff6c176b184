import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from ops import testing
from support.charms import load_charm
from support.deployment import Deployment, deployed, passing

ROOT = pathlib.Path(__file__).parent.parent
CHARM = load_charm(ROOT)
FILE = "/etc/dex/configuration.yaml"


@dataclasses.dataclass
class Dex:
    """A unit of dex-auth, and what one asks about it."""

    deployment: Deployment

    def state(self, **changes: Any) -> testing.State:
        """Return the state of a unit before its first event."""
        return self.deployment.state(**changes)

    def settle(self, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can."""
        return self.deployment.settle(self.state(**changes))

    def again(self, state: testing.State, **changes: Any) -> testing.State:
        """Return the state after something changed."""
        on, state = self.deployment.context.on, dataclasses.replace(state, **changes)
        return self.deployment.run(on.config_changed(), passing(self.deployment.run(on.config_changed(), state)))

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`, with underscores for hyphens."""
        return self.again(state, config={**state.config, **with_hyphens(options)})

    def blocked(self, *, secrets: Iterable[testing.Secret] = (), **options: Any) -> str:
        """Return the message with which options block the unit."""
        state = self.state(config=with_hyphens(options), secrets=secrets)
        status = self.deployment.run(self.deployment.context.on.config_changed(), state).unit_status
        assert isinstance(status, testing.BlockedStatus)
        return status.message

    def act(self, state: testing.State) -> dict[str, str]:
        """Return what the action get-admin-password shows; raises testing.ActionFailed."""
        self.deployment.run(self.deployment.context.on.action("get-admin-password"), state)
        return dict(self.deployment.context.action_results or {})

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


def with_hyphens(options: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in options.items()}


@pytest.fixture
def dex(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Dex]:
    with deployed(CHARM.DexAuth, ROOT, monkeypatch, tmp_path) as deployment:
        yield Dex(deployment)
