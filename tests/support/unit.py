"""What the tests of every charm ask of one unit; a charm's own tests add what is theirs."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

import pytest
from ops import testing

from .deployment import Deployment, deployed, passing
from .fake_cluster import FakeCluster
from .related import Described

Kind = TypeVar("Kind", bound="Unit")
Databags = Mapping[str, Mapping[str, str] | None]


@dataclasses.dataclass
class Unit:
    """A unit of a charm.

    Attributes:
        deployment: what runs it.
        databags: what the other side says over each endpoint that the unit is related over, unless a test says else.
    """

    deployment: Deployment
    databags: ClassVar[Mapping[str, Mapping[str, str]]] = {}

    @property
    def cluster(self) -> FakeCluster:
        """What the leader writes to."""
        return self.deployment.cluster

    def state(
        self, *relations: testing.RelationBase, databags: Databags | None = None, **changes: Any
    ) -> testing.State:
        """Return the state of a unit before its first event.

        Args:
            *relations: to others; without any, those of the class's databags.
            databags: other databags than the class's; None leaves a relation out.
            **changes: of the state.
        """
        related = {**self.databags, **(databags or {})}
        said = [
            testing.Relation(endpoint, remote_app_name="other", remote_app_data=dict(databag))
            for endpoint, databag in related.items()
            if databag is not None
        ]
        return self.deployment.state(**{"relations": relations or said, **changes})

    def settle(self, *relations: testing.RelationBase, **changes: Any) -> testing.State:
        """Return the state of a unit that has done all it can; arguments are those of `state`."""
        return self.deployment.settle(self.state(*relations, **changes))

    def again(self, state: testing.State, *relations: testing.RelationBase, **changes: Any) -> testing.State:
        """Return the state after something changed; relations, if there are any, take the place of those before."""
        related = {"relations": frozenset(relations)} if relations else {}
        on, state = self.deployment.context.on, dataclasses.replace(state, **{**related, **changes})
        return self.deployment.run(on.config_changed(), passing(self.deployment.run(on.config_changed(), state)))

    def reconfigure(self, state: testing.State, **options: Any) -> testing.State:
        """Return the state after `juju config`, with underscores for hyphens."""
        return self.again(state, config={**state.config, **self.named(options)})

    def blocked(self, *relations: testing.RelationBase, secrets: Iterable[testing.Secret] = (), **options: Any) -> str:
        """Return the message with which options, or what others say, block the unit."""
        status = self.settle(*relations, config=self.named(options), secrets=secrets).unit_status
        assert isinstance(status, testing.BlockedStatus), status
        return status.message

    def named(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return options by their names in charmcraft.yaml, with hyphens unless that has underscores itself."""
        known = self.deployment.options
        return {name if name in known else name.replace("_", "-"): value for name, value in options.items()}

    def act(self, action: str, state: testing.State | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Run an action and return its results; without a state, before the first event.

        Raises:
            testing.ActionFailed: it fails.
        """
        context = self.deployment.context
        self.deployment.run(context.on.action(action, params=parameters), state or self.state())
        return dict(context.action_results or {})

    def sent(self, state: testing.State, endpoint: str) -> Mapping[str, str]:
        """Return what the application says over an endpoint with one relation."""
        (relation,) = state.get_relations(endpoint)
        return relation.local_app_data

    def program(self, state: testing.State, container: str) -> Any:
        """Return what Pebble runs in a container."""
        return state.get_container(container).plan.services[container]


@contextlib.contextmanager
def unit(kind: type[Kind], root: pathlib.Path, monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path) -> Iterator[Kind]:
    """Yield a unit of the charm whose folder is `root`."""
    with deployed(Described.load(root).charm_type, root, monkeypatch, folder) as deployment:
        yield kind(deployment)
