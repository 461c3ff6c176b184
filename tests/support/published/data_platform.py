"""The library of the data platform's charms, such as mysql-k8s; it speaks to clients of its first version, too."""

import re
import warnings
from collections.abc import Callable
from typing import Any

import ops
from ops import testing

from ..goldens import Databag, Golden

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydantic dislikes how the library declares its fields
    from dpcharmlibs.interfaces import RequirerCommonModel, ResourceProviderEventHandler, ResourceProviderModel

ENDPOINT = "database"
SCRATCH = {"data", "salt"}
"""Keys for the library's own use, which are random."""

Handler = ResourceProviderEventHandler[RequirerCommonModel]


class DataPlatform:
    """Runs a database charm with the library."""

    def write(self, golden: Golden, remote: Databag) -> Databag | None:
        """See `Library`; the identifiers of secrets are the golden's."""

        def act(handler: Handler, relation: ops.Relation) -> None:
            handler.set_response(relation.id, ResourceProviderModel(**golden.writes))

        after, relation = _run(remote, act)
        known = {tuple(sorted(content.items())): identifier for identifier, content in golden.secrets.items()}
        made = {item.id: item.latest_content or item.tracked_content for item in after.secrets}
        databag = {key: value for key, value in relation.local_app_data.items() if key not in SCRATCH}
        for key, value in databag.items():
            if re.match("secret:", value):
                databag[key] = known[tuple(sorted(made[value].items()))]
        return databag

    def read(self, golden: Golden) -> Any:
        """See `Library`; what the library knows by name of the request."""
        found: list[Any] = []

        def act(handler: Handler, relation: ops.Relation) -> None:
            (request,) = handler.requests(relation)
            found.append(request)

        _run(golden.databag, act)
        return {key: getattr(found[0], key) for key in golden.reads}


def _run(remote: Databag, act: Callable[[Handler, ops.Relation], None]) -> tuple[testing.State, testing.RelationBase]:
    """Run the charm's hook relation-changed and return the state after it, and the relation."""

    class Published(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            self.handler = Handler(self, ENDPOINT, RequirerCommonModel)
            framework.observe(self.on[ENDPOINT].relation_changed, self._act)

        def _act(self, event: ops.RelationChangedEvent) -> None:
            act(self.handler, event.relation)

    meta = {"name": "published", "provides": {ENDPOINT: {"interface": "mysql_client"}}}
    with testing.Context(Published, meta=meta) as context:
        relation = testing.Relation(ENDPOINT, remote_app_data=remote)
        after = context.run(context.on.relation_changed(relation), testing.State(leader=True, relations=[relation]))
    return after, after.get_relation(relation.id)
