"""What an observability stack gets of every charm: where its metrics are, an alert, a dashboard, and its logs.

The library yields this part by itself for each endpoint of these interfaces in charmcraft.yaml; all that a charm
says is at which port and path a workload shows `Metrics`. Formats: the libraries `prometheus_scrape` v0 published
with prometheus-k8s, `loki_push_api` v1 with loki-k8s and `grafana_dashboard` v0 with grafana-k8s.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence

import ops

from ..engine.run import Run, fingerprint
from ..networking import network
from ..observability.alerts import rules
from ..observability.log_targets import send
from .publish import write

METRICS, DASHBOARDS, LOGS = "prometheus_scrape", "grafana_dashboard", "loki_push_api"
PROVIDES, REQUIRES = ops.RelationRole.provides, ops.RelationRole.requires
WATCHED = ((METRICS, PROVIDES), (DASHBOARDS, PROVIDES), (LOGS, REQUIRES))


@dataclasses.dataclass(frozen=True)
class Observe:
    """The application's side of its relations to an observability stack.

    Attributes:
        relations: that are there, by interface.
        complete: whether the plan ran to its end; otherwise nobody knows which metrics there are, and what was said of
            them stands, while logs tell why.
    """

    relations: Mapping[str, Sequence[ops.Relation]]
    complete: bool = True

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Tell where metrics are, hand over the dashboard, and send logs where they are taken.

        Raises:
            Waiting: a container does not take the address for logs yet.
        """
        topology = _topology(run)
        if self.complete:
            self._tell(run, topology)
        logs = self.relations.get(LOGS)
        if logs is not None:
            send(run, logs, {"product": "Juju", "charm": run.charm, **_labels(topology)})

    def _tell(self, run: Run, topology: Mapping[str, str]) -> None:
        for relation in self.relations.get(METRICS, ()):
            write(relation.data[run.unit], _unit(run))
            if run.leader:
                write(relation.data[run.unit.app], _jobs(run, topology))
        for relation in self.relations.get(DASHBOARDS, ()) if run.leader else ():
            write(relation.data[run.unit.app], _dashboards(run, topology))


def observe(charm: ops.CharmBase, *, complete: bool) -> Iterator[Observe]:
    """Yield the part, if charmcraft.yaml has an endpoint for it.

    Args:
        charm: that is observed.
        complete: whether its plan ran to its end.
    """
    found = _relations(charm)
    if found:
        yield Observe(found, complete)


def collectors(charm: ops.CharmBase) -> tuple[str, ...]:
    """Return the applications that are related to collect metrics."""
    return tuple(sorted({relation.app.name for relation in _relations(charm).get(METRICS, ())}))


def _relations(charm: ops.CharmBase) -> dict[str, list[ops.Relation]]:
    """Return the relations by interface, where charmcraft.yaml has an endpoint on the side of who is watched."""
    found: dict[str, list[ops.Relation]] = {}
    for name, endpoint in charm.meta.relations.items():
        interface = str(endpoint.interface_name)
        if (interface, endpoint.role) in WATCHED:
            relations = [relation for relation in charm.model.relations[name] if relation.app]
            found.setdefault(interface, []).extend(relations)
    return found


def _topology(run: Run) -> dict[str, str]:
    """Return how Juju calls the unit, in the names that an observability stack uses."""
    return {"model": run.model.name, "model_uuid": run.model.uuid, "application": run.app, "unit": run.unit.name}


def _labels(topology: Mapping[str, str]) -> dict[str, str]:
    return {f"juju_{key}": value for key, value in topology.items()}


def _unit(run: Run) -> dict[str, str]:
    # Juju's headless Service gives each pod a name, which outlives its address.
    name = run.unit.name.replace("/", "-")
    return {
        "prometheus_scrape_unit_address": f"{name}.{run.app}-endpoints.{run.namespace}.svc.{network.cluster_domain()}",
        "prometheus_scrape_unit_name": run.unit.name,
    }


def _jobs(run: Run, topology: Mapping[str, str]) -> dict[str, str]:
    jobs = [
        {
            "job_name": container,
            "metrics_path": metrics.path,
            "static_configs": [{"targets": [f"*:{metrics.port}"], "labels": {"container": container}}],
        }
        for container, metrics in sorted(run.metrics.items())
    ]
    of_all_units = _labels({key: value for key, value in topology.items() if key != "unit"})
    return {
        "scrape_jobs": json.dumps(jobs),
        "scrape_metadata": json.dumps({**topology, "charm_name": run.charm}),
        "alert_rules": json.dumps(rules(run, of_all_units)),
    }


def _dashboards(run: Run, topology: Mapping[str, str]) -> dict[str, str]:
    import base64
    import lzma

    from ..observability.dashboards import dashboard, page

    found = {run.charm: dashboard(run.charm, run.metrics)}
    found |= {f"{run.charm}-{name}": page(run.charm, *told) for name, told in sorted(run.dashboards.items())}
    templates = {
        f"file:{name}": {
            "charm": run.charm,
            "content": base64.b64encode(lzma.compress(json.dumps(content).encode())).decode(),
            "juju_topology": {**topology, "unit": ""},
            # Drop-downs of models and units are for what chooses by these.
            "inject_dropdowns": name == run.charm,
            "dashboard_alt_uid": fingerprint(name)[:16],
        }
        for name, content in found.items()
    }
    # A reader takes the dashboards anew when the identifier changes, so it has to stay while they do.
    return {"dashboards": json.dumps({"templates": templates, "uuid": fingerprint(templates)})}
