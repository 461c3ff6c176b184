"""An observability stack gets metrics, a dashboard and logs of every charm, without a line in the charm."""

import base64
import dataclasses
import json
import lzma
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms import Blocked
from kubeflow_charms.parts import Alert, Dashboard, Metrics, Panel, Part, Workload
from ops import testing
from support.deployment import Deployment
from support.examples import Deploy

ENDPOINTS: dict[str, Any] = {
    "provides": {
        "metrics-endpoint": {"interface": "prometheus_scrape"},
        "grafana-dashboard": {"interface": "grafana_dashboard"},
    },
    "requires": {"logging": {"interface": "loki_push_api", "optional": True}},
}
LOKI = "http://loki-0.loki-endpoints.cos.svc.cluster.local:3100/loki/api/v1/push"


def plan(charm: Any) -> Iterator[Part]:
    yield Workload(container="app", command="run", metrics=Metrics(9090, "/prometheus"))


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    return deploy(plan, **ENDPOINTS)


def changed(deployment: Deployment, relation: testing.Relation, **state: Any) -> testing.State:
    return deployment.run(
        deployment.context.on.relation_changed(relation), deployment.state(relations={relation}, **state)
    )


def loki(endpoint: str = json.dumps({"url": LOKI})) -> testing.Relation:
    return testing.Relation("logging", remote_app_name="loki", remote_units_data={0: {"endpoint": endpoint}})


def test_prometheus_is_told_where_each_workload_shows_metrics(deployment: Deployment) -> None:
    relation = testing.Relation("metrics-endpoint")
    told = changed(deployment, relation).get_relation(relation.id).local_app_data
    (job,) = json.loads(told["scrape_jobs"])
    assert (job["metrics_path"], job["static_configs"][0]["targets"]) == ("/prometheus", ["*:9090"])
    assert json.loads(told["scrape_metadata"])["application"] == "example"


def test_prometheus_alerts_when_a_program_of_this_application_shows_no_metrics(deployment: Deployment) -> None:
    relation = testing.Relation("metrics-endpoint")
    told = changed(deployment, relation).get_relation(relation.id).local_app_data
    (rule,) = json.loads(told["alert_rules"])["groups"][0]["rules"]
    assert 'juju_model="edge"' in rule["expr"]
    assert 'juju_application="example"' in rule["expr"]
    assert rule["labels"]["severity"] == "critical"


@pytest.fixture
def telling(deploy: Deploy) -> Deployment:
    """A charm that knows what its numbers mean."""
    metrics = Metrics(9090, panels=(Panel("Jobs", "jobs{%s}"),), alerts=(Alert("JobsFail", "failed{%s} > 0", "see"),))

    def telling_plan(charm: Any) -> Iterator[Part]:
        yield Workload(container="app", command="run", metrics=metrics)

    return deploy(telling_plan, **ENDPOINTS)


def test_alerts_of_a_charms_own_are_about_its_application_and_wake_nobody(telling: Deployment) -> None:
    relation = testing.Relation("metrics-endpoint")
    told = changed(telling, relation).get_relation(relation.id).local_app_data
    down, own = json.loads(told["alert_rules"])["groups"][0]["rules"]
    assert (down["alert"], own["alert"]) == ("KubeflowProgramDown", "JobsFail")
    assert own["expr"].startswith('failed{juju_model="edge",')
    assert own["labels"]["severity"] == "warning"


def test_panels_of_a_charms_own_come_first(telling: Deployment) -> None:
    relation = testing.Relation("grafana-dashboard")
    told = json.loads(changed(telling, relation).get_relation(relation.id).local_app_data["dashboards"])
    (template,) = told["templates"].values()
    panels = json.loads(lzma.decompress(base64.b64decode(template["content"])))["panels"]
    assert panels[0]["title"] == "Jobs"
    assert panels[0]["targets"][0]["expr"].startswith('jobs{juju_model=~"$juju_model",')
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_prometheus_is_told_each_units_address_even_by_one_that_does_not_lead(deployment: Deployment) -> None:
    relation = testing.Relation("metrics-endpoint")
    after = changed(deployment, relation, leader=False).get_relation(relation.id)
    assert after.local_unit_data["prometheus_scrape_unit_address"] == (
        "example-0.example-endpoints.edge.svc.cluster.local"
    )
    assert after.local_app_data == {}


def test_grafana_gets_a_dashboard_that_it_can_unpack(deployment: Deployment) -> None:
    relation = testing.Relation("grafana-dashboard")
    told = json.loads(changed(deployment, relation).get_relation(relation.id).local_app_data["dashboards"])
    (template,) = told["templates"].values()
    unpacked = json.loads(lzma.decompress(base64.b64decode(template["content"])))
    assert unpacked["title"] == "example"
    assert all("$juju_application" in panel["targets"][0]["expr"] for panel in unpacked["panels"])


def test_a_dashboard_of_the_charms_own_comes_beside_it_and_chooses_no_application(deploy: Deploy) -> None:
    def telling(charm: Any) -> Iterator[Part]:
        yield Workload(container="app", command="run", metrics=Metrics(9090))
        yield Dashboard("all", "All of it", "What everybody uses.", (Panel("Disk", 'disk{of="%s"}', "bytes"),))

    relation = testing.Relation("grafana-dashboard")
    told = changed(deploy(telling, **ENDPOINTS), relation).get_relation(relation.id).local_app_data["dashboards"]
    templates = json.loads(told)["templates"]
    own = templates["file:example-all"]
    assert [it["inject_dropdowns"] for it in templates.values()] == [True, False]
    assert len({it["dashboard_alt_uid"] for it in templates.values()}) == 2
    (panel,) = json.loads(lzma.decompress(base64.b64decode(own["content"])))["panels"]
    assert panel["targets"][0]["expr"] == 'disk{of="%s"}'
    assert panel["fieldConfig"]["defaults"]["unit"] == "bytes"


def test_a_dashboard_that_is_the_same_is_not_sent_anew(deployment: Deployment) -> None:
    relation = testing.Relation("grafana-dashboard")
    first = changed(deployment, relation)
    second = deployment.run(deployment.context.on.config_changed(), first)
    assert second.get_relation(relation.id) == first.get_relation(relation.id)


def test_logs_go_to_every_unit_that_takes_them_with_the_units_name(deployment: Deployment) -> None:
    relation = loki()
    targets = changed(deployment, relation).get_container("app").plan.log_targets
    (target,) = targets.values()
    assert (target.type, target.location, target.services) == ("loki", LOKI, ["all"])
    assert target.labels is not None
    assert target.labels["juju_unit"] == "example/0"


def test_logs_go_nowhere_once_the_relation_is_gone(deployment: Deployment) -> None:
    relation = loki()
    after = deployment.run(deployment.context.on.relation_broken(relation), changed(deployment, relation))
    (target,) = after.get_container("app").plan.log_targets.values()
    assert target.services == ["-all"]


def test_the_workload_is_not_restarted_when_logs_are_sent_elsewhere(deployment: Deployment) -> None:
    relation = loki()
    before = deployment.run(deployment.context.on.config_changed(), deployment.state())
    after = changed(deployment, relation)
    assert after.get_container("app").plan.services == before.get_container("app").plan.services


def test_who_collects_is_not_taken_for_one_who_is_watched(deploy: Deploy) -> None:
    deployment = deploy(plan, requires={"metrics": {"interface": "prometheus_scrape", "optional": True}})
    relation = testing.Relation("metrics")
    assert changed(deployment, relation).get_relation(relation.id).local_app_data == {}


def test_an_address_for_logs_that_is_none_blocks(deployment: Deployment) -> None:
    status = changed(deployment, loki(endpoint="nonsense")).unit_status
    assert isinstance(status, ops.BlockedStatus)
    assert "loki/0 sends no address" in status.message


def test_a_plan_that_stops_halfway_keeps_the_logs_and_what_was_said_of_metrics(deploy: Deploy) -> None:
    def stopping(charm: Any) -> Iterator[Part]:
        if charm.config["stop"]:
            raise Blocked("a person must act")
        yield from plan(charm)

    deployment = deploy(stopping, config={"options": {"stop": {"type": "boolean", "default": False}}}, **ENDPOINTS)
    metrics, logs = testing.Relation("metrics-endpoint"), loki()
    state = deployment.run(deployment.context.on.config_changed(), deployment.state(relations={metrics, logs}))
    said = state.get_relation(metrics.id).local_app_data
    new_pod = dataclasses.replace(state, config={"stop": True}, containers={testing.Container("app", can_connect=True)})
    state = deployment.run(deployment.context.on.config_changed(), new_pod)
    assert len(state.get_container("app").plan.log_targets) == 1
    assert state.get_relation(metrics.id).local_app_data == said


def test_logs_go_no_longer_to_a_unit_that_has_departed(deployment: Deployment) -> None:
    address = {"endpoint": json.dumps({"url": LOKI})}
    both = testing.Relation("logging", remote_app_name="loki", remote_units_data={0: address, 1: address})
    state = changed(deployment, both)
    left = dataclasses.replace(state.get_relation(both.id), remote_units_data={0: address})
    state = deployment.run(deployment.context.on.update_status(), dataclasses.replace(state, relations={left}))
    targets = state.get_container("app").plan.log_targets
    assert sorted(target.services for target in targets.values()) == [["-all"], ["all"]]


def test_a_unit_with_a_wrong_address_keeps_no_other_from_its_logs(deployment: Deployment) -> None:
    units = {0: {"endpoint": "nowhere"}, 1: {"endpoint": json.dumps({"url": LOKI})}}
    state = changed(deployment, testing.Relation("logging", remote_app_name="loki", remote_units_data=units))
    assert [target.location for target in state.get_container("app").plan.log_targets.values()] == [LOKI]
    assert "loki/0 sends no address for logs" in state.unit_status.message
