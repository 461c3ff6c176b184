"""Numbers out of logs and control groups, and how they are reported."""

import dataclasses
import json
import zipfile

import yaml

from tools.bench import calls, empty, hooks, memory, report
from tools.bench.report import Application, Empty, Measurement

LOG = """\
unit-dex-auth-0: 01:44:42 INFO juju.worker.uniter found queued "install" hook
unit-dex-auth-0: 01:45:05 INFO juju.worker.uniter.operation ran "install" hook (via hook dispatching script: dispatch)
unit-dex-auth-1: 01:45:06 INFO juju.worker.uniter.operation ran "start" hook (via hook dispatching script: dispatch)
unit-dex-auth-0: 01:45:07 INFO juju.worker.uniter.operation ran "dex-oidc-config-relation-changed" hook (via dispatch)
unit-dex-auth-0: 01:45:07 INFO juju.worker.uniter.operation ran "dex-pebble-ready" hook (via dispatch)
unit-istio-pilot-0: 01:45:09 WARNING juju.worker.uniter.operation hook "install" was terminated
unit-istio-pilot-0: 01:46:09 ERROR juju.worker.uniter.operation hook "start" (via hook dispatching script: dispatch) \
failed: exit status 1
unit-istio-pilot-0: 01:46:10 INFO juju.worker.uniter awaiting error resolution for "stop" hook
"""


def test_hooks_are_counted_by_application_and_event_and_those_that_ended_with_their_pod_are_too():
    assert hooks.ran(LOG) == {
        "dex-auth": {"install": 1, "start": 1, "relation-changed": 1, "pebble-ready": 1},
        "istio-pilot": {"install": 1},
    }


def test_a_failed_hook_is_found_and_one_that_ended_with_its_pod_is_none():
    assert [line.split('"')[1] for line in hooks.failed(LOG)] == ["start", "stop"]


def test_a_hook_that_ended_with_its_agent_is_told_from_one_that_failed():
    resumed = 'unit-istio-pilot-0: 01:46:10 INFO juju.worker.uniter awaiting error resolution for "start" hook\n'
    assert hooks.broken_off(LOG + resumed) == {("istio-pilot/0", "stop")}
    assert [line.split('"')[1] for line in hooks.failed(LOG, hooks.broken_off(LOG))] == ["start"]


def test_what_a_unit_with_a_failed_hook_complained_of_is_found_with_its_traceback():
    log = """\
unit-minio-0: 01:46:08 ERROR unit.minio/0.juju-log nobody asks
unit-istio-pilot-0: 01:46:08 ERROR unit.istio-pilot/0.juju-log Uncaught exception while in charm code:
Traceback (most recent call last):
ValueError: no
unit-istio-pilot-0: 01:46:08 INFO juju.worker.uniter found queued "start" hook
unit-istio-pilot-0: 01:46:09 ERROR juju.worker.uniter.operation hook "start" (via dispatch) failed: exit status 1
"""
    ((unit, complaints),) = hooks.complaints(log).items()
    assert unit == "unit-istio-pilot-0"
    assert [line.rpartition(":")[2].strip() for line in complaints] == ["", "", "no", "exit status 1"]


METRICS = """\
# HELP apiserver_flowcontrol_dispatched_requests_total Number of requests executed by API Priority and Fairness
apiserver_flowcontrol_dispatched_requests_total{flow_schema="bench-dex-auth",priority_level="workload-high"} 12
apiserver_flowcontrol_dispatched_requests_total{flow_schema="bench-dex",priority_level="workload-high"} 3
apiserver_flowcontrol_dispatched_requests_total{flow_schema="service-accounts",priority_level="workload-low"} 1.5e+06
"""


def test_calls_are_counted_by_the_flow_schema_of_the_application():
    assert calls.dispatched(METRICS, "dex-auth") == 12
    assert calls.dispatched(METRICS, "istio-pilot") == 0


def test_a_flow_schema_takes_all_calls_of_one_service_account():
    rule = calls.schema("edge", "dex-auth")["spec"]["rules"][0]
    assert rule["subjects"] == [{"kind": "ServiceAccount", "serviceAccount": {"namespace": "edge", "name": "dex-auth"}}]


def test_the_charm_container_of_each_pod_is_found():
    statuses = [{"name": "charm", "containerID": "containerd://abc"}, {"name": "dex", "containerID": "containerd://d"}]
    pods = {"items": [{"metadata": {"name": "dex-auth-0"}, "status": {"containerStatuses": statuses}}]}
    assert memory.charm_containers(json.dumps(pods)) == {"dex-auth-0": "abc"}


def test_memory_is_counted_in_both_versions_of_control_groups():
    assert memory.sum_of("cache 900\ntotal_rss 100\ntotal_mapped_file 20\n") == 120
    assert memory.sum_of("anon 100\nfile 900\nfile_mapped 20\n") == 120


def test_the_control_group_of_a_container_is_found_by_its_id(tmp_path):
    group = tmp_path / "kubepods/pod1/abc"
    group.mkdir(parents=True)
    (group / "memory.stat").write_text("anon 7\n")
    assert memory.resident([tmp_path], "abc") == 7
    assert memory.resident([tmp_path], "other") is None


def test_an_empty_charm_can_be_dispatched_and_its_bundle_names_it(tmp_path):
    with zipfile.ZipFile(empty.write_charm(tmp_path, "bench-empty1")) as archive:
        assert archive.getinfo("dispatch").external_attr >> 16 == 0o755
    with zipfile.ZipFile(empty.write_bundle(tmp_path, 2)) as archive:
        applications = yaml.safe_load(archive.read("bundle.yaml"))["applications"]
    assert list(applications) == ["bench-empty1", "bench-empty2"]


DEX = Application(
    "dex-auth",
    1,
    events={"install": 1, "relation-changed": 18},
    seconds=0.2,
    calls=1.0,
    memory=100_000_000,
    size=7_000_000,
)
FOUND = Measurement("small", 60.0, (Empty(1, 50.0, 0.05, 40_000_000),), {"dex-auth": DEX})


def exceeded(found):
    return [f"{line.what}, {line.unit}" for line in report.lines(found, None) if line.exceeded]


def test_a_run_within_its_budgets_exceeds_none():
    assert exceeded(FOUND) == []


def test_each_number_over_its_budget_is_marked():
    large = dataclasses.replace(DEX, events={"start": 20}, seconds=0.31, calls=2.0, size=8_000_001)
    assert exceeded(dataclasses.replace(FOUND, seconds=68.0, applications={"dex-auth": large})) == [
        "from juju deploy to all active, s",
        "dex-auth: idle hook, CPU s",
        "dex-auth: idle hook, calls",
        "dex-auth: until active, hooks",
        "dex-auth.charm, MB",
    ]


def test_where_hooks_came_from_is_shown_with_the_most_frequent_event_first():
    drawn = report.by_event("hooks", {"dex-auth": {"install": 1, "relation-changed": 18}, "minio": {"install": 1}})
    assert [list(column.cells) for column in drawn.columns] == [
        ["dex-auth", "minio", "all"],
        ["19", "1", "20"],
        ["18 relation-changed, 1 install", "1 install", "18 relation-changed, 2 install"],
    ]


def test_a_run_is_compared_with_the_one_before_of_the_same_bundle(tmp_path):
    kept = tmp_path / "cache/bench.json"
    assert report.recall(kept, "small") is None
    report.remember(kept, FOUND)
    report.remember(kept, dataclasses.replace(FOUND, bundle="other", seconds=1.0))
    later = dataclasses.replace(FOUND, seconds=70.0)
    first = report.lines(later, report.recall(kept, "small"))[0]
    assert (first.value, first.before) == (70.0, 60.0)


def test_what_others_need_for_the_same_is_shown_beside_it_and_is_no_budget():
    others = Empty(14, 230.0, 0.05, 500_000_000)
    listed = report.lines(dataclasses.replace(FOUND, empty=(*FOUND.empty, others)), None)
    shown = {line.what: (line.value, line.budget) for line in listed}
    assert shown["the same with 14 empty charms"] == (230.0, None)
    assert shown["memory of 14 empty charms"] == (500.0, None)
    assert shown["from juju deploy to all active"] == (60.0, 67.5)


def test_a_run_that_an_earlier_form_kept_is_passed_over():
    assert report.lines(FOUND, {"bundle": "small", "seconds": 1.0, "applications": {}})[0].before is None
