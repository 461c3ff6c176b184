"""The bundle deploys without an error that anybody could see, then or later."""

from support.kubeflow import MODEL, Kubeflow, bring_up


def test_no_unit_was_ever_in_error_while_it_was_deployed(kubeflow: Kubeflow):
    assert kubeflow.errors() == []


def test_no_hook_failed(kubeflow: Kubeflow):
    assert kubeflow.failed_hooks() == []


def test_the_model_has_another_name_than_kubeflow(kubeflow: Kubeflow):
    assert kubeflow.juju.status().model.name == MODEL != "kubeflow"


def test_the_gateway_has_an_address_and_the_status_shows_it(kubeflow: Kubeflow):
    assert kubeflow.address.startswith("http://198.18.1.")


def test_bringing_it_up_again_changes_nothing(kubeflow: Kubeflow):
    before = kubeflow.juju.status().apps
    assert bring_up(kubeflow) == []
    after = kubeflow.juju.status().apps
    assert {name: found.charm_rev for name, found in after.items()} == {
        name: found.charm_rev for name, found in before.items()
    }
