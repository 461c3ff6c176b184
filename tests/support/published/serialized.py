"""serialized-data-interface, as the published Kubeflow charms use it."""

import copy
from collections.abc import Callable
from typing import Any

import ops
import yaml
from ops import testing
from serialized_data_interface import SerializedDataInterface

from ..goldens import Databag, Golden

ENDPOINT = "endpoint"
ROLES = {"provider": "provides", "requirer": "requires"}
OPPOSITE = {"provider": "requires", "requirer": "provides"}


class Serialized:
    """Runs a charm with the library; a schema is one of operator-schemas, by version."""

    def write(self, golden: Golden, remote: Databag) -> Databag | None:
        """See `Library`; the versions that the golden's databag names are those that the charm speaks."""
        versions = _versions(golden.databag)

        def act(interface: SerializedDataInterface) -> None:
            for relation in interface.charm.model.relations[ENDPOINT]:
                interface.send_versions(relation)
            if golden.writes:
                interface.send_data(golden.writes)

        return _run(ROLES[golden.side.role], golden.schema, versions, remote, act)

    def read(self, golden: Golden) -> Any:
        """See `Library`; a reader speaks every version of the schema."""
        found: list[Any] = []

        def act(interface: SerializedDataInterface) -> None:
            data = interface.get_data()
            found.extend(value for (relation, app), value in data.items() if app is relation.app)

        _run(OPPOSITE[golden.side.role], golden.schema, sorted(golden.schema), golden.databag, act)
        return found[0] if found else None


def _versions(databag: Databag) -> list[str]:
    """Return the versions that a databag names."""
    return yaml.safe_load(databag["_supported_versions"])


def _run(
    role: str, schema: Any, versions: list[str], remote: Databag, act: Callable[[SerializedDataInterface], None]
) -> Databag:
    """Run one event of a charm related to `remote` and return what it wrote."""

    class Published(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            framework.observe(self.on.update_status, self._act)

        def _act(self, event: ops.EventBase) -> None:
            # The library changes the schema that it gets, and sends its versions in the order of the container.
            act(SerializedDataInterface(self, ENDPOINT, copy.deepcopy(schema), versions, role))  # pyright: ignore[reportArgumentType]

    meta = {"name": "published", role: {ENDPOINT: {"interface": "any"}}}
    with testing.Context(Published, meta=meta) as context:
        relation = testing.Relation(ENDPOINT, remote_app_data=remote)
        after = context.run(context.on.update_status(), testing.State(leader=True, relations=[relation]))
    return dict(after.get_relation(relation.id).local_app_data)
