"""Three units, chance and misfortune: whatever happens in whatever order, the cluster ends as the last options say."""

import dataclasses
import pathlib
import random
from collections.abc import Iterator
from typing import Any

import httpx2
import kubeflow_charms.engine.run
import ops
import pytest
import yaml
from kubeflow_charms import Charm, Waiting
from kubeflow_charms.engine.run import DOMAIN
from kubeflow_charms.parts import Crds, Manifests, Part, Program, TcpCheck, Webhooks, Workload
from ops import testing
from support.deployment import Deployment, passing
from support.examples import Deploy

OPTIONS = {"names": {"type": "string", "default": "a b"}, "stop": {"type": "boolean", "default": False}}
MANY = (
    "{% for name in names %}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ name }}}\n"
    'data: {all: "{{ names | join }}"}\n{% endfor %}'
)
CRDS = "group: example.com\nkinds:\n  Thing: {plural: things, versions: {v1: {storage: true}}}\n"
WEBHOOK = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: hook}\n"
STEPS = 40


def plan(charm: Any) -> Iterator[Part]:
    yield Crds("crds.yaml", version="1")
    if charm.config["stop"]:
        raise Waiting("the moon")
    yield Manifests("many", "many.yaml.j2", {"names": charm.config["names"].split()})
    yield Webhooks("webhooks", "webhook.yaml", container="app")
    yield Workload(container="app", command="run", checks={"up": TcpCheck(1)})


PROGRAMS = (Program("app"),)
EXAMPLE = type("Example", (Charm,), {"plan": plan, "programs": PROGRAMS})


@dataclasses.dataclass
class Unit:
    """One unit: its framework, folder, pod and last state."""

    context: testing.Context[Any]
    folder: pathlib.Path
    state: testing.State

    def restart(self, template: dict[str, Any]) -> None:
        """Become a new pod."""
        for name in (".applied", ".started"):
            (self.folder / "charm" / name).unlink(missing_ok=True)
        annotations = template.get("metadata", {}).get("annotations") or {}
        (self.folder / "pod").write_text(annotations.get(f"{DOMAIN}/pod", ""))
        container = testing.Container("app", can_connect=True)
        self.state = dataclasses.replace(self.state, containers={container})


class World:
    """The units, their cluster, and what chance does to them."""

    def __init__(self, deployment: Deployment, folder: pathlib.Path, chance: random.Random, patch: pytest.MonkeyPatch):
        self.deployment, self.chance, self.patch = deployment, chance, patch
        self.config: dict[str, Any] = {}
        self.leader = 0
        self.units = [self._unit(number, folder / f"unit-{number}") for number in range(3)]

    def _unit(self, number: int, folder: pathlib.Path) -> Unit:
        (folder / "charm").mkdir(parents=True)
        source = self.deployment.charm_folder / "src"
        (folder / "charm" / "src").symlink_to(source.resolve())
        meta = yaml.safe_load((source.resolve().parent / "charmcraft.yaml").read_text())
        context = testing.Context(
            EXAMPLE,
            meta={key: value for key, value in meta.items() if key != "config"},
            config=meta["config"],
            charm_root=folder / "charm",
            app_name="example",
            unit_id=number,
        )
        return Unit(context, folder, self.deployment.state(planned_units=3))

    def run(self, number: int, event: str) -> None:
        """Run an event on a unit, and see that only the leader calls Kubernetes."""
        unit = self.units[number]
        self.patch.setattr(kubeflow_charms.engine.run, "MARKER", unit.folder / "pod")
        self.deployment.cluster.calls.clear()
        leads = number == self.leader
        state = dataclasses.replace(unit.state, leader=leads, config=self.config)
        unit.state = unit.context.run(getattr(unit.context.on, event)(), state)
        assert leads or not self.deployment.cluster.calls

    def roll(self) -> None:
        """Replace the pods that are not as the StatefulSet says, as Kubernetes does."""
        template = self.deployment.stateful_set["spec"]["template"]
        wanted = (template["metadata"].get("annotations") or {}).get(f"{DOMAIN}/pod", "")
        for unit in self.units:
            marker = unit.folder / "pod"
            if wanted and (not marker.exists() or marker.read_text() != wanted):
                unit.restart(template)

    def step(self) -> None:
        """Let one thing happen."""
        chance = self.chance
        match chance.choice(["event", "event", "event", "options", "lead", "fault", "heal", "kill", "roll", "pass"]):
            case "event":
                events = ["config_changed", "update_status", "start", "upgrade_charm", "install"]
                self.run(chance.randrange(3), chance.choice(events))
            case "options":
                names = chance.sample("abcd", chance.randrange(4))
                self.config = {"names": " ".join(names), "stop": chance.random() < 0.3}
            case "lead":
                self.leader = chance.randrange(3)
                if chance.random() < 0.8:
                    self.run(self.leader, "leader_elected")
            case "fault":
                self.deployment.cluster.refuse = self._refuse
            case "heal":
                self.deployment.cluster.refuse = lambda request: None
            case "kill":
                self.units[chance.randrange(3)].restart(self.deployment.stateful_set["spec"]["template"])
            case "roll":
                self.roll()
            case "pass":
                unit = self.units[chance.randrange(3)]
                unit.state = passing(unit.state)

    def _refuse(self, request: httpx2.Request) -> int | None:
        if self.chance.random() < 0.1:
            raise httpx2.ReadTimeout("no answer")
        return self.chance.choice([409, 429, 503]) if self.chance.random() < 0.25 else None

    def settle(self) -> None:
        """Let everything be well, and every unit have its say."""
        self.deployment.cluster.refuse = lambda request: None
        self.config = {**self.config, "stop": False}
        self.run(self.leader, "leader_elected")
        for _ in range(3):
            self.roll()
            for number, unit in enumerate(self.units):
                for event in ("config_changed", "start"):
                    self.run(number, event)
                unit.state = passing(unit.state)


@pytest.mark.parametrize("seed", range(12))
def test_the_cluster_ends_as_the_last_options_say(
    deploy: Deploy, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    deployment = deploy(
        plan,
        programs=PROGRAMS,
        sources={"many.yaml.j2": MANY, "crds.yaml": CRDS, "webhook.yaml": WEBHOOK},
        config={"options": OPTIONS},
    )
    world = World(deployment, tmp_path, random.Random(seed), monkeypatch)
    for _ in range(STEPS):
        world.step()
    world.settle()
    names = world.config.get("names", "a b").split()
    assert [unit.state.unit_status for unit in world.units] == [ops.ActiveStatus()] * 3
    maps = {
        item["metadata"]["name"]: item for item in deployment.cluster.objects.values() if item["kind"] == "ConfigMap"
    }
    assert {name: item["data"]["all"] for name, item in maps.items()} == {name: "".join(names) for name in names}
    assert "MutatingWebhookConfiguration hook" in deployment.cluster.kinds()
    for number in range(3):
        world.run(number, "update_status")
        assert deployment.cluster.calls == []
