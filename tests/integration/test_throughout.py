"""Looking back on all that was done to the deployment: nobody ever saw an error."""

import json

from support.kubeflow import ECHO, Kubeflow


def test_no_hook_failed(kubeflow: Kubeflow):
    assert kubeflow.failed_hooks() == []


def test_no_unit_was_in_error(kubeflow: Kubeflow):
    status = kubeflow.juju.status()
    units = [unit for name in (*kubeflow.bundle.charms, ECHO) for unit in status.apps[name].units]
    for unit in units:
        history = json.loads(kubeflow.juju.cli("show-status-log", "--format=json", "-n", "1000", unit))
        assert [entry for entry in history if entry["status"] in ("error", "failed")] == []
    assert kubeflow.recorder.errors == []


def test_all_is_as_it_was_deployed(kubeflow: Kubeflow):
    kubeflow.settle()
    assert kubeflow.works()
