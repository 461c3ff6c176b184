import json
import pathlib
from collections.abc import Iterator

import pytest
from ops import testing
from support.fake_cluster import Object
from support.unit import Unit, unit

ROOT = pathlib.Path(__file__).parent.parent
CONTAINER = "training-operator"


class Training(Unit):
    """A unit of training-operator."""

    def command(self, state: testing.State) -> list[str]:
        """Return the words of the operator's command."""
        return state.get_container(CONTAINER).plan.services[CONTAINER].command.split()

    def webhooks(self) -> list[Object]:
        """Return the registered webhooks."""
        return self.cluster.find("ValidatingWebhookConfiguration", "training-operator-edge")["webhooks"]


def links(state: testing.State, relation: testing.Relation) -> list[dict[str, str]]:
    """Return the links that the unit sent to a dashboard."""
    return json.loads(state.get_relation(relation.id).local_app_data["dashboard_links"])


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Training]:
    with unit(Training, ROOT, monkeypatch, tmp_path) as found:
        yield found
