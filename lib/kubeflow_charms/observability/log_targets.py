"""Where containers' logs go: Pebble sends them to every unit of a related Loki."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ops
from ops import pebble

from ..engine.problems import Blocked, Waiting
from ..engine.run import Run


def send(run: Run, relations: Sequence[ops.Relation], labels: Mapping[str, str]) -> None:
    """Send the logs of all containers of this unit there, and nowhere else.

    Args:
        run: whose containers.
        relations: to what takes logs.
        labels: of each line.

    Raises:
        Waiting: a container does not take the address for logs yet.
    """
    targets = {name: _target(url, labels) for name, url in _receivers(run, relations)}
    for container in run.unit.containers.values():
        _forward(container, targets)


def _receivers(run: Run, relations: Sequence[ops.Relation]) -> Iterator[tuple[str, str]]:
    """Yield name and address of every unit that takes logs; one that says something wrong is in the status."""
    for relation in relations:
        for unit in sorted(relation.units, key=lambda unit: unit.name):
            text = relation.data[unit].get("endpoint", "")
            if not text:
                continue
            try:
                url = json.loads(text)["url"]
            except (ValueError, KeyError, TypeError):
                run.report(Blocked(f"relation {relation.name}: {unit.name} sends no address for logs: {text[:80]}"))
                continue
            yield f"{relation.id}-{unit.name.replace('/', '-')}", str(url)


def _target(url: str, labels: Mapping[str, str]) -> pebble.LogTargetDict:
    return {"override": "replace", "type": "loki", "location": url, "services": ["all"], "labels": dict(labels)}


def _forward(container: ops.Container, targets: Mapping[str, pebble.LogTargetDict]) -> None:
    """Send a container's logs to the targets and to no other."""
    with contextlib.suppress(pebble.ConnectionError):  # the workload's own part waits for the container
        try:
            planned = container.get_plan().log_targets
            wanted = {name: pebble.LogTarget(name, target) for name, target in targets.items()}
            for name in planned.keys() - wanted.keys():
                # Pebble drops no target of a layer; one that takes no service's logs counts for nothing.
                wanted[name] = pebble.LogTarget(name, {**planned[name].to_dict(), "services": ["-all"]})
            if planned != wanted:
                layer: Any = {"log-targets": {name: target.to_dict() for name, target in wanted.items()}}
                container.add_layer("log-forwarding", layer, combine=True)
        except pebble.APIError as error:
            raise Waiting(f"container {container.name} to take the address for its logs") from error
