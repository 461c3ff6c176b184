"""What is told while a deployment goes on."""

from tools.up.advice import Advice
from tools.up.deployment import Row
from tools.up.progress import GRACE, LONG, LOOKS, PATIENCE, STALL, Progress

ACTIVE = Row("a", "1/1", "active", "", settled=True)
BLOCKED = Row("a", "1/1", "blocked", "needs trust, run: juju trust a --scope=cluster", settled=True)
FAILED = Row("a", "1/1", "error", 'hook failed: "install"', settled=False, failed=("a/0",))
WAITING = Row("a", "1/1", "waiting", "waiting for dex to answer", settled=True)


def texts(notices):
    return [notice.text for notice in notices]


def test_a_change_is_told_once():
    progress = Progress(Advice("edge"))
    assert texts(progress.update([WAITING], 1)) == ["a: waiting: waiting for dex to answer"]
    assert texts(progress.update([WAITING], 2)) == []


def test_an_error_is_told_at_once_with_the_command_that_shows_the_log():
    notices = [notice for notice in Progress(Advice("edge")).update([FAILED], 1) if notice.urgent]
    assert texts(notices) == ['a/0 is in error: hook failed: "install"']
    assert notices[0].help[0].startswith("juju debug-log --model edge ")
    assert notices[0].help[0].endswith("--include unit-a-0")


def test_a_block_is_told_after_some_time_with_the_command_that_helps():
    progress = Progress(Advice("edge"))
    assert not any(notice.urgent for notice in progress.update([BLOCKED], 0))
    notices = progress.update([BLOCKED], PATIENCE)
    assert notices[0].help == ("juju trust a --scope=cluster",)
    assert progress.update([BLOCKED], PATIENCE + 5) == []


def test_a_block_that_ends_by_itself_is_not_told():
    progress = Progress(Advice("edge"))
    progress.update([BLOCKED], 0)
    assert not any(notice.urgent for notice in progress.update([ACTIVE], PATIENCE))


def test_one_look_at_all_active_is_not_enough():
    progress = Progress(Advice("edge"))
    for look in range(LOOKS):
        assert not progress.done
        progress.update([ACTIVE], look)
    assert progress.done


def test_a_look_at_something_else_starts_the_count_anew():
    progress = Progress(Advice("edge"))
    for row in [*[ACTIVE] * (LOOKS - 1), WAITING, ACTIVE]:
        progress.update([row], 0)
    assert not progress.done


def test_a_refreshed_application_is_not_done_before_it_has_begun():
    progress = Progress(Advice("edge"), changing=["a"])
    for look in range(LOOKS + 1):
        progress.update([ACTIVE], look)
    assert not progress.done
    for row in [WAITING, *[ACTIVE] * LOOKS]:
        progress.update([row], 10)
    assert progress.done


def test_a_refreshed_application_that_never_shows_a_change_is_done_at_last():
    progress = Progress(Advice("edge"), changing=["a"])
    for look in range(LOOKS):
        progress.update([ACTIVE], GRACE + look)
    assert progress.done


def test_a_block_without_any_change_stalls_the_deployment():
    progress = Progress(Advice("edge"))
    progress.update([BLOCKED], 0)
    assert not progress.stalled(STALL - 1)
    assert progress.stalled(STALL)


def test_waiting_alone_does_not_stall_it():
    progress = Progress(Advice("edge"))
    progress.update([WAITING], 0)
    assert not progress.stalled(STALL * 10)


def test_a_change_elsewhere_puts_the_stall_off():
    progress = Progress(Advice("edge"))
    other = Row("b", "0/1", "waiting", "agent initialising", settled=False)
    progress.update([BLOCKED, other], 0)
    progress.update([BLOCKED, Row("b", "1/1", "maintenance", "", settled=False)], STALL - 1)
    assert not progress.stalled(STALL)


ADDRESS = Row("gw", "1/1", "waiting", "waiting for an address; or run: juju config gw kind=NodePort", settled=True)


def test_what_waits_long_and_says_what_to_do_is_told_and_then_given_up():
    progress = Progress(Advice("edge"))
    progress.update([ADDRESS], 0)
    assert not progress.stalled(LONG - 1)
    notices = progress.update([ADDRESS], LONG)
    assert texts(notices) == [f"gw waits for 3 minutes: {ADDRESS.message}"]
    assert notices[0].help == ("juju config gw kind=NodePort",)
    assert progress.stalled(LONG)
    assert progress.update([ADDRESS], LONG + 5) == []


def test_what_waits_is_not_given_up_while_others_start():
    starting = Row("b", "1/1", "waiting", "waiting for container b to start", settled=True)
    for other in (starting, Row("b", "0/1", "waiting", "installing agent", settled=False)):
        progress = Progress(Advice("edge"))
        progress.update([ADDRESS, other], 0)
        assert not progress.stalled(LONG * 10)


def test_what_starts_for_long_is_told_with_where_to_look():
    progress = Progress(Advice("edge"))
    starting = Row("b", "1/1", "waiting", "waiting for container b to start", settled=True)
    progress.update([starting], 0)
    assert progress.update([starting], LONG)[0].help == ("kubectl describe pod -n edge b-0",)
