"""Rows and verdicts from Juju's status."""

import pytest
from jubilant.statustypes import StatusInfo

from tools.up import deployment
from tools.up.deployment import Verdict


def row_of(statuses, application):
    return deployment.rows(statuses.model(a=application), ["a"])[0]


def test_an_active_idle_application_is_finished(statuses):
    row = row_of(statuses, statuses.application(statuses.unit()))
    assert row.finished
    assert row.units == "1/1"


def test_an_application_that_still_runs_a_hook_is_not_finished(statuses):
    row = row_of(statuses, statuses.application(statuses.unit(agent="executing")))
    assert (row.status, row.finished) == ("active", False)


def test_an_application_with_fewer_units_than_wanted_is_not_finished(statuses):
    row = row_of(statuses, statuses.application(statuses.unit(), scale=2))
    assert (row.units, row.finished) == ("1/2", False)


def test_an_application_that_takes_a_new_charm_is_not_finished(statuses):
    row = row_of(statuses, statuses.application(statuses.unit(upgrading_from="ch:tiny-1")))
    assert not row.finished


def test_an_application_that_is_being_removed_is_not_finished(statuses):
    row = row_of(statuses, statuses.application(statuses.unit(), life="dying"))
    assert (row.status, row.message, row.finished) == ("waiting", "is being removed", False)


def test_an_expected_application_that_is_not_there_has_a_row(statuses):
    found = deployment.rows(statuses.model(), ["dex-auth"])
    assert [(row.application, row.message) for row in found] == [("dex-auth", "not deployed yet")]


def test_an_application_that_nobody_expects_has_a_row_after_the_others(statuses):
    model = statuses.model(own=statuses.application(statuses.unit()))
    assert [row.application for row in deployment.rows(model, ["dex-auth"])] == ["dex-auth", "own"]


def test_the_worst_unit_speaks_for_its_application(statuses):
    units = (statuses.unit(), statuses.unit("blocked", "needs trust"))
    row = row_of(statuses, statuses.application(*units))
    assert (row.status, row.message) == ("blocked", "needs trust")


def test_a_failed_hook_is_an_error_and_names_the_unit(statuses):
    row = row_of(statuses, statuses.application(statuses.unit("error", 'hook failed: "install"')))
    assert (row.status, row.failed) == ("error", ("a/0",))


def test_a_lost_agent_waits_for_its_pod_and_is_no_error(statuses):
    row = row_of(statuses, statuses.application(statuses.unit("unknown", "agent lost", agent="lost")))
    assert (row.status, row.message, row.failed) == ("waiting", "its pod starts, or starts again", ())


def test_a_status_that_only_juju_knows_counts_as_waiting(statuses):
    application = statuses.application(statuses.unit(""), app_status=StatusInfo(current="running"))
    assert row_of(statuses, application).status == "waiting"


def test_all_active_is_the_verdict_only_if_everything_is(statuses):
    good, bad = statuses.application(statuses.unit()), statuses.application(statuses.unit("waiting"))
    assert deployment.verdict(deployment.rows(statuses.model(a=good), [])) is Verdict.ACTIVE
    assert deployment.verdict(deployment.rows(statuses.model(a=good, b=bad), [])) is Verdict.UNDERWAY


def test_nothing_deployed_is_not_active():
    assert deployment.verdict([]) is Verdict.UNDERWAY


@pytest.mark.parametrize("current", ["blocked", "error"])
def test_a_block_or_an_error_needs_somebody(statuses, current):
    model = statuses.model(a=statuses.application(statuses.unit(current)))
    assert deployment.verdict(deployment.rows(model, [])) is Verdict.NEEDS_SOMEBODY


def test_the_address_is_what_the_control_plane_says(statuses):
    pilot = statuses.application(statuses.unit(message="https://kubeflow.example"), charm="istio-pilot")
    gateway = statuses.application(statuses.unit(message="198.18.1.0"), charm="istio-gateway")
    assert deployment.address(statuses.model(g=gateway, p=pilot)) == "https://kubeflow.example"


def test_the_address_is_the_gateways_where_the_control_plane_says_none(statuses):
    gateway = statuses.application(statuses.unit(message="198.18.1.0"), charm="istio-gateway")
    assert deployment.address(statuses.model(g=gateway)) == "http://198.18.1.0"


def test_a_waiting_gateways_message_is_no_address(statuses):
    gateway = statuses.application(statuses.unit("waiting", "an address"), charm="istio-gateway")
    assert deployment.address(statuses.model(g=gateway)) == ""
