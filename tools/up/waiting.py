"""Wait until a deployment is active, shows that it needs somebody, or takes too long."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Sequence

import jubilant
from jubilant.statustypes import Status

from tools.up import deployment
from tools.up.advice import Advice
from tools.up.juju import explain
from tools.up.progress import Notice, Progress
from tools.up.view import View

PAUSE = 2.0
"""Seconds between looks; each costs the controller a tenth of a second of its time."""

FAILURES = 30
"""Looks in a row that may fail: a controller that starts again is back in less than a minute."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How the wait ended.

    Attributes:
        active: whether all is active.
        seconds: how long it took.
        status: Juju's last status, or None if there never was one.
        unfinished: the applications that are not active.
        why: why it ended, if not all is active.
    """

    active: bool
    seconds: float
    status: Status | None
    unfinished: Sequence[deployment.Row] = ()
    why: str = ""


def wait(
    juju: jubilant.Juju,
    expected: Iterable[str],
    view: View,
    timeout: float,
    changing: Iterable[str] = (),
    advice: Advice | None = None,
) -> Outcome:
    """Look at the model again and again.

    Args:
        juju: the client, with the model set.
        expected: applications that have to be there.
        view: what shows each look.
        timeout: seconds after which to give up.
        changing: applications that were just told to change, and may not have begun.
        advice: knows the commands that help in this model.
    """
    started = time.monotonic()
    names = list(expected)
    progress = Progress(advice or Advice(juju.model or ""), changing)
    status: Status | None = None
    failures = 0
    while (now := time.monotonic() - started) < timeout:
        try:
            status = juju.status()
        except jubilant.CLIError as error:
            failures += 1
            if failures == FAILURES:
                return Outcome(False, now, status, progress.unfinished(), explain(error))
            if failures == 1:
                view.show([], [Notice(f"Juju does not answer: {explain(error)}")], progress, now)
        else:
            failures = 0
            rows = deployment.rows(status, names)
            notices = progress.update(rows, now)
            view.show(rows, notices, progress, now)
            if progress.done:
                return Outcome(True, now, status)
            if progress.stalled(now):
                return Outcome(False, now, status, progress.unfinished(), "it needs somebody, and nothing changes")
        time.sleep(PAUSE)
    return Outcome(False, timeout, status, progress.unfinished(), "it takes too long; run ./up again to wait on")
