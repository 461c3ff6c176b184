"""Our charms beside published ones: they can be related, and understand each other."""

import pathlib
from typing import Any

import pytest
import yaml
from support import goldens
from support.deployment import Deployment
from support.goldens import Golden
from support.published import LIBRARIES
from support.related import ROOTS, Described

PUBLISHED = yaml.safe_load((pathlib.Path(__file__).parent / "published.yaml").read_text())
OPPOSITE = {"provides": "requires", "requires": "provides"}
CHARMS = [Described.load(root) for root in ROOTS]
ENDS = [(charm, *end) for charm in CHARMS for end in charm.ends()]


def named(value: Any) -> str | None:
    if isinstance(value, Described):
        return value.root.name
    return None if isinstance(value, str) else ""


@pytest.mark.parametrize(("charm", "role", "name", "fields"), ENDS, ids=named)
def test_a_published_charm_has_the_other_end(charm: Described, role: str, name: str, fields: dict[str, Any]):
    assert PUBLISHED[fields["interface"]][OPPOSITE[role]]


@pytest.mark.parametrize("charm", CHARMS, ids=named)
def test_a_charm_has_the_endpoints_of_the_published_one_of_its_name(charm: Described):
    found = {f"{charm.root.name}:{name}": (role, fields["interface"]) for role, name, fields in charm.ends()}
    wanted = {
        end: (role, interface)
        for interface, roles in PUBLISHED.items()
        for role, ends in roles.items()
        for end in ends
        if end.startswith(f"{charm.root.name}:")
    }
    assert wanted.items() <= found.items()


def test_a_charm_and_published_ones_at_all_its_endpoints_understand_each_other(
    charm: Described, deployment: Deployment
):
    relations, secrets = charm.relations("published")
    state = deployment.settle(deployment.state(relations=relations, secrets=secrets))
    assert "sends invalid data" not in state.unit_status.message
    endpoints = charm.endpoints()
    for relation in relations:
        endpoint = endpoints.get(relation.endpoint)
        written = state.get_relation(relation.id).local_app_data
        if endpoint and endpoint.ours and written:
            golden = next(item for item in goldens.of("ours") if item.side.codec == endpoint.ours)
            sent = Golden(
                golden.side, "ours", relation.endpoint, None, dict(written), {}, golden.library, golden.schema
            )
            LIBRARIES[golden.library].read(sent)
