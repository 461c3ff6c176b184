"""What Juju 4.1-beta1 does to units by itself, which no charm can prevent, told from what a charm does.

- A worker of its controller that falls behind (ten seconds, of a Kubernetes client that is held to five calls a second)
  starts anew and gives its application another password, before the application's Secret has it. A pod that starts at
  that moment is refused ("invalid entity name or password") by the init container `charm-init`, which is tried again.
  This was read from the log of the controller and of `charm-init` while twelve applications were deployed.
- A hook that runs when the agent of its unit ends is broken off without an exit status, is reported as failed
  ("awaiting error resolution"), and runs again. This was seen in a deployment's log, and with pods that were killed;
  that agents end for the same lateness as the controller's workers is likely, and was not caught in the act.
"""

import re

from tools.bench import hooks

_HOOK = re.compile(r'hook failed: "([^"]+)"')
VERSION = "4.1-beta1"


def excused(version: str, unit: str, message: str, log: str) -> bool:
    """Tell whether an error of a unit is Juju's own.

    Args:
        version: of the model's agents.
        unit: such as `minio/0`.
        message: of the status.
        log: what the model logged.
    """
    if version != VERSION:
        return False
    hook = _HOOK.match(message)
    broken_off = hook is not None and (unit, hook[1]) in hooks.broken_off(log)
    return broken_off or "container=charm-init" in message
