import base64
import json
import lzma


def test_prometheus_warns_of_experiments_that_failed_and_of_trials_whose_numbers_are_lost(katib):
    told = katib.sent(katib.settle(databags={"metrics-endpoint": {}}), "metrics-endpoint")
    rules = {rule["alert"]: rule["expr"] for rule in json.loads(told["alert_rules"])["groups"][0]["rules"]}
    assert rules.keys() == {"KubeflowProgramDown", "KatibExperimentFailed", "KatibTrialsWithoutNumbers"}
    assert 'katib_experiments_current{status="Failed",juju_model="edge"' in rules["KatibExperimentFailed"]
    assert 'katib_trials_current{status="MetricsUnavailable",juju_model="edge"' in rules["KatibTrialsWithoutNumbers"]


def test_the_dashboard_shows_experiments_and_trials_by_state(katib):
    told = katib.sent(katib.settle(databags={"grafana-dashboard": {}}), "grafana-dashboard")
    (template,) = json.loads(told["dashboards"])["templates"].values()
    panels = json.loads(lzma.decompress(base64.b64decode(template["content"])))["panels"]
    assert [panel["title"] for panel in panels][:2] == ["Experiments by state", "Trials by state"]
