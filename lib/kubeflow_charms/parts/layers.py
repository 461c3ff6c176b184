"""What Pebble is told of a workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops import pebble

from ..engine.run import fingerprint
from .checks import HUNG, Check, HttpCheck, planned

if TYPE_CHECKING:
    from .workload import Workload


def layer_of(workload: Workload, before: pebble.Plan, steady: bool = False) -> pebble.Layer:
    """Return a workload's layer; its summary changes with the files, which makes Pebble restart the service.

    Args:
        workload: what is to run.
        before: what Pebble has now.
        steady: the program has answered, and is asked at another pace, see `checks.STEADY`.
    """
    files = fingerprint({path: str(file) for path, file in workload.files.items()})
    service: pebble.ServiceDict = {
        "override": "replace",
        "summary": f"{workload.container}, files {files}",
        "command": workload.command,
        "startup": "enabled",
        "environment": dict(workload.environment),
    }
    if workload.folder:
        service["working-dir"] = workload.folder
    if workload.kill_delay:
        service["kill-delay"] = f"{workload.kill_delay}s"
    checks = {name: planned(check, steady) for name, check in workload.checks.items()}
    vital = {f"{name}-alive": check for name, check in workload.checks.items() if _vital(check)}
    if vital:
        # Pebble goes by what a program was started with. That of a program that has never answered there is never
        # asked, and so never ended: a program that takes long to start, or one of another release without that path.
        service["on-check-failure"] = dict.fromkeys(vital, "restart")
    if steady:
        checks |= {
            name: {"override": "replace", **HUNG.layer(), **check.layer(), "level": ""} for name, check in vital.items()
        }
    for name in before.checks.keys() - checks.keys():
        # Pebble drops no check of a layer; one that is disabled and stopped counts for nothing.
        checks[name] = {**before.checks[name].to_dict(), "startup": "disabled"}
    return pebble.Layer({"services": {workload.container: service}, "checks": checks})  # pyright: ignore[reportArgumentType]


def _vital(check: Check) -> bool:
    return isinstance(check, HttpCheck) and check.liveness
