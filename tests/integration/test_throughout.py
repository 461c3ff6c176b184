"""Looking back on all that was done to the deployment: nobody ever saw an error."""

from support.eventually import LATE, eventually
from support.kubeflow import Kubeflow


def test_no_hook_failed(kubeflow: Kubeflow):
    assert kubeflow.failed_hooks() == []


def test_no_unit_was_in_error(kubeflow: Kubeflow):
    assert kubeflow.errors() == []


def test_all_is_as_it_was_deployed(kubeflow: Kubeflow):
    kubeflow.settle()
    assert eventually(kubeflow.works, timeout=LATE)
