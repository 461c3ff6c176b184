"""Of what there may be one, a plan that has two is refused, where the last would silently win."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubeflow_charms import Provides
from kubeflow_charms.engine.run import Twice
from kubeflow_charms.parts import Crds, Manifests, NetworkPolicy, Part, Ports, Workload
from kubeflow_charms.relations.codecs import Flat
from kubeflow_charms.relations.endpoints import Interface
from msgspec import Struct
from ops import testing
from support.examples import Deploy


class Name(Struct, frozen=True):
    """What is said."""

    name: str


CRDS = "group: example.com\nkinds:\n  Thing: {plural: things, versions: {v1: {storage: true}}}\n"
NAMES = Interface("names", provider=Flat(Name))

PARTS: dict[str, Callable[[Any], Part]] = {
    "the part settings": lambda charm: Manifests("settings", "settings.yaml.j2"),
    "the part fence": lambda charm: NetworkPolicy({80: ()}),
    "the part crds": lambda charm: Crds("crds.yaml", version="1"),
    "data for names": lambda charm: charm.names.send(Name("ours")),
    "a list of ports": lambda charm: Ports(80),
    "a program for app": lambda charm: Workload(container="app", command="run"),
}


@pytest.mark.parametrize("what", PARTS)
def test_two_of_a_kind_are_refused(deploy: Deploy, what: str) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        yield PARTS[what](charm)
        yield PARTS[what](charm)

    deployment = deploy(
        plan,
        sources={"crds.yaml": CRDS},
        attributes={"names": Provides("names", NAMES)},
        provides={"names": {"interface": "names"}},
    )
    with pytest.raises(testing.errors.UncaughtCharmError) as caught:
        deployment.run(deployment.context.on.config_changed(), deployment.state())
    assert isinstance(caught.value.__cause__, Twice)
    assert str(caught.value.__cause__) == f"the plan has {what} twice"
    assert deployment.cluster.calls == []
