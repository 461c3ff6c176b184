"""What Juju, above all 4.1-beta1, does to units by itself, which no charm can prevent, told from what a charm does.

- A worker of its controller that falls behind (ten seconds, of a Kubernetes client that is held to five calls a second)
  starts anew and gives its application another password, before the application's Secret has it. A pod that starts at
  that moment is refused ("invalid entity name or password") by the init container `charm-init`, which is tried again.
  This was read from the log of the controller and of `charm-init` while twelve applications were deployed. Juju calls
  it "crash loop backoff" and names the container, or, if it looks between the end and the next try, "container error"
  without a name (both were seen of one pod, eight seconds apart); then it counts as its own if no other container of
  that unit ended with an error just before.
- A hook that runs when the agent of its unit ends is broken off without an exit status, is reported as failed
  ("awaiting error resolution"), and runs again. This was seen in a deployment's log, and with pods that were killed;
  that agents end for the same lateness as the controller's workers is likely, and was not caught in the act.
- Every Juju begins `stop` when a pod is told to end. Where the pod is killed before that ran, as one that is deleted by
  force, its successor finds it begun, shows it as failed, and runs it again some seconds later. This was seen with
  3.6.11, of three of four pods that were deleted at once.
- A model without applications did not come to its end once: it waited for a volume whose pod and claim had gone, and
  which Juju showed as detached.

How much of it is excused has a limit: more is no longer chance, and then none of it is excused.
"""

import dataclasses
import datetime
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from support.pod_endings import Ending
from tools.bench import hooks

_HOOK = re.compile(r'hook failed: "([^"]+)"')
VERSION = "4.1-beta1"
INIT = "charm-init"
ENDED = "container error:"
STOP = "stop"
MOST = 6
"""How many errors, and how many broken hooks, of a deployment may be Juju's: first pods of a bundle showed two."""
LAG, ROUNDING = datetime.timedelta(minutes=2), datetime.timedelta(seconds=1)
"""How long after the end of a container Juju may say so, and how exactly both tell the time."""


@dataclasses.dataclass(frozen=True)
class Error:
    """A status that shows an error.

    Attributes:
        unit: such as `minio/0`.
        message: what it says.
        at: when Juju said it first.
    """

    unit: str
    message: str
    at: datetime.datetime


def broken_off(version: str, log: str) -> set[tuple[str, str]]:
    """Return unit and hook of those that Juju itself broke off; of other versions only `stop`; none if they are many.

    Args:
        version: of the model's agents.
        log: what the model logged.
    """
    found = {(unit, hook) for unit, hook in hooks.broken_off(log) if version == VERSION or hook == STOP}
    print(f"excused as Juju's own: {len(found)} broken hooks of at most {MOST}")
    return found if len(found) <= MOST else set()


def of_charms(version: str, errors: Iterable[Error], log: str, ended: Collection[Ending]) -> list[tuple[str, str]]:
    """Return unit and message of the errors that are not Juju's own, each once.

    Args:
        version: of the model's agents.
        errors: what statuses showed.
        log: what the model logged.
        ended: what was seen of the units' containers.
    """
    interrupted = broken_off(version, log)

    def own(error: Error) -> bool:
        hook = _HOOK.match(error.message)
        unnamed = error.message.startswith(ENDED) and _ended_before(error, ended) == {INIT}
        refused = version == VERSION and (unnamed or f"container={INIT}" in error.message)
        return refused or (hook is not None and (error.unit, hook[1]) in interrupted)

    found = list(errors)
    excused = {(error.unit, error.message) for error in found if own(error)}
    print(f"excused as Juju's own: {len(excused)} errors of at most {MOST}")
    if len(excused) > MOST:
        excused = set()
    return [told for told in dict.fromkeys((error.unit, error.message) for error in found) if told not in excused]


def waits_for_nothing(version: str, storage: Mapping[str, Any], left: Collection[str]) -> bool:
    """Tell whether a model that does not end waits for volumes alone, which nothing holds any more.

    Args:
        version: of the model's agents.
        storage: what `juju storage --format=json` shows.
        left: names of the applications' pods and claims in the model's namespace.
    """
    found = (storage.get("storage") or {}).values()
    detached = bool(found) and all((item.get("status") or {}).get("current") == "detached" for item in found)
    return version == VERSION and detached and not left


def _ended_before(error: Error, ended: Iterable[Ending]) -> set[str]:
    return {
        ending.container
        for ending in ended
        if ending.unit == error.unit and error.at - LAG <= ending.at <= error.at + ROUNDING
    }
