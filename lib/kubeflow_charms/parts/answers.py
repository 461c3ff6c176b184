"""What Pebble's checks have found out about a program."""

import contextlib
import socket
import urllib.request
from http.client import HTTPException

import ops
from ops import pebble

from .checks import STEADY


def answers(container: ops.Container) -> bool:
    """Tell whether a container's program runs and all its checks have passed.

    Pebble calls a check up before it ran for the first time; where it counts successes, one is asked for, unless it
    was counted before the check became a steady one.
    """
    try:
        services, checks = container.get_services(container.name), container.get_checks()
    except pebble.Error:
        return False
    running = bool(services) and all(service.is_running() for service in services.values())
    return running and all(_passed(check) for check in checks.values() if check.level != pebble.CheckLevel.UNSET)


def answers_anew(container: ops.Container) -> bool:
    """Tell whether a program that was just started answers, by our own word, too, where Pebble counts no successes.

    That of Juju 3.6 does not. It is not for later hooks: no event would wake a charm whose own look had failed.
    """
    with contextlib.suppress(pebble.Error):
        checks, planned = container.get_checks(), container.get_plan().checks
        wanted = {name: check for name, check in checks.items() if check.level != pebble.CheckLevel.UNSET}
        return answers(container) and all(_answered_us(wanted[name], planned[name]) for name in wanted.keys() & planned)
    return False


def accepts(host: str, port: int, timeout: float) -> bool:
    """Tell whether something accepts a connection within so many seconds; the charm is in the same pod."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=timeout):
        return True
    return False


def stop(container: ops.Container) -> None:
    """End a container's program, with its checks, which would call the pod unready; one that is not up runs none."""
    with contextlib.suppress(pebble.Error):
        if not any(service.is_running() for service in container.get_services(container.name).values()):
            return
        if checks := container.get_plan().checks:
            container.stop_checks(*checks)
        container.stop(container.name)


def _passed(check: pebble.CheckInfo) -> bool:
    if check.status == pebble.CheckStatus.INACTIVE:
        return True
    proven = check.successes is None or check.successes > 0 or check.threshold == STEADY.threshold
    return check.status == pebble.CheckStatus.UP and proven


def _answered_us(check: pebble.CheckInfo, planned: pebble.Check) -> bool:
    if check.successes is not None or check.status == pebble.CheckStatus.INACTIVE:
        return True
    tcp, http = planned.tcp or {}, planned.http or {}
    if "port" in tcp and not accepts(tcp.get("host") or "localhost", tcp["port"], timeout=1):
        return False
    try:
        if "url" in http:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(http["url"], timeout=1).close()
    except (OSError, HTTPException):
        return False
    return True


def answered(check: pebble.CheckInfo, port: int) -> bool:
    """Tell whether an active check has passed, by asking ourselves where Pebble counts no successes."""
    if check.status != pebble.CheckStatus.UP:
        return False
    if check.successes is not None:
        return check.successes > 0
    return accepts("localhost", port, timeout=1)


def down(container: ops.Container, name: str) -> bool:
    """Tell whether a check has failed."""
    try:
        return container.get_check(name).status == pebble.CheckStatus.DOWN
    except (ops.ModelError, pebble.Error):
        return False
