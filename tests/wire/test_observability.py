"""What every charm tells an observability stack, as cosl and that stack's published libraries read it."""

import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest
from cosl import JujuTopology, LZMABase64
from ops import testing
from support.deployment import Deployment, deployed
from support.related import ROOTS, Described

TARGETS = {"type": "array", "items": {"type": "string", "pattern": r"^[^:]+:\d+$"}, "minItems": 1}
JOBS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "job_name": {"type": "string"},
            "metrics_path": {"type": "string", "pattern": "^/"},
            "static_configs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"targets": TARGETS, "labels": {"type": "object"}},
                    "required": ["targets"],
                },
            },
        },
        "required": ["static_configs"],
        "additionalProperties": False,
    },
}
"""What the library prometheus_scrape v0 keeps of a job; it drops any other key."""
PAGE = pathlib.Path(__file__).parents[2] / "docs/observability.md"
CHARMS = [Described.load(root) for root in ROOTS]


def with_endpoint(interface: str) -> list[Any]:
    """Return the charms that have an endpoint of an interface, with its name."""
    return [
        pytest.param((charm, name), id=charm.root.name)
        for charm in CHARMS
        for _, name, fields in charm.ends()
        if fields["interface"] == interface
    ]


@pytest.fixture
def told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> Iterator[testing.Relation]:
    """The relation over an endpoint, once the charm has settled."""
    charm, name = request.param
    with deployed(charm.charm_type, charm.root, monkeypatch, tmp_path) as deployment:
        yield related(charm, deployment, name)


def related(charm: Described, deployment: Deployment, name: str) -> testing.Relation:
    relations, secrets = charm.relations("ours", "published")
    state = deployment.settle(deployment.state(relations=relations, secrets=secrets))
    (relation,) = state.get_relations(name)
    assert isinstance(relation, testing.Relation)
    return relation


@pytest.mark.parametrize("told", with_endpoint("prometheus_scrape"), indirect=True)
def test_prometheus_is_told_where_metrics_are_and_whose(told: testing.Relation):
    jobs = json.loads(told.local_app_data["scrape_jobs"])
    jsonschema.validate(jobs, JOBS)
    assert jobs
    topology = JujuTopology.from_dict(json.loads(told.local_app_data["scrape_metadata"]))
    assert topology.identifier
    assert missing_in_the_page(topology.charm_name, told.local_app_data) == []
    assert told.local_unit_data["prometheus_scrape_unit_address"]
    assert told.local_unit_data["prometheus_scrape_unit_name"] == topology.unit


def missing_in_the_page(charm: str | None, said: Mapping[str, str]) -> list[str]:
    """Return the rows of docs/observability.md that are not there, of what a charm tells of metrics and alerts."""
    lines = PAGE.read_text().splitlines()
    rows = [
        f"| {charm} | {job['job_name']} | {job['static_configs'][0]['targets'][0].partition(':')[2]} "
        f"| `{job['metrics_path']}` |"
        for job in json.loads(said["scrape_jobs"])
    ]
    rules = [rule for group in json.loads(said["alert_rules"])["groups"] for rule in group["rules"]]
    own = [f"| `{rule['alert']}` | {charm} |" for rule in rules if rule["alert"] != "KubeflowProgramDown"]
    listed = [row for row in lines if row.startswith(f"| {charm} |")]
    gone = [row for row in listed if row not in rows]
    absent = [row for row in rows if row not in listed]
    return gone + absent + [row for row in own if not any(line.startswith(row) for line in lines)]


@pytest.mark.parametrize("told", with_endpoint("grafana_dashboard"), indirect=True)
def test_grafana_can_unpack_the_dashboards(told: testing.Relation):
    templates = json.loads(told.local_app_data["dashboards"])["templates"]
    for template in templates.values():
        assert json.loads(LZMABase64.decompress(template["content"]))["panels"]
        assert template["juju_topology"]["application"]
