"""Carry out on this machine what `microk8s` says is to be done."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pathlib
import pwd
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tools.doctor import machine
from tools.doctor.findings import Level
from tools.up import addresses, microk8s
from tools.up.errors import Refusal
from tools.up.wishes import Wishes

SOCKET = pathlib.Path("/run/snapd.socket")
"""Where snapd takes requests; the command `snap` alone does not tell that it runs."""

PROGRAMS = "/snap/bin"
"""Where snapd puts the commands of snaps."""


def lacks() -> str:
    """Return why snaps cannot be installed here, or ""."""
    if not shutil.which("snap") or not SOCKET.exists():
        return "snapd does not run here"
    if os.geteuid() != 0 and not shutil.which("sudo"):
        return "snaps are installed by root, and there is no sudo"
    return ""


def prepare(wishes: Wishes) -> None:
    """Make MicroK8s with its add-ons, Juju and a controller, whatever of them is missing.

    Raises:
        Refusal: a command failed, and it names the command and what it said; or a question was answered with no.
    """
    # A shell that was started before snapd was installed does not look there.
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:{PROGRAMS}"
    installed = prepare_kubernetes(wishes)
    _carry_out(microk8s.client(installed, present=shutil.which("juju") is not None))
    # The confined client cannot make the folder that it keeps its files in.
    (pathlib.Path.home() / ".local/share").mkdir(parents=True, exist_ok=True)
    clouds = json.loads(_read("juju", "clouds", "--client", "--all", "--format=json"))
    if microk8s.CONTROLLER not in _controllers():
        classic = microk8s.is_classic(microk8s.installed_snaps(_read("snap", "list")))
        _carry_out(microk8s.controller(clouds, classic=classic, joins=_outsider()))
    _carry_out([microk8s.Step("choosing the controller", ("juju", "switch", f"{microk8s.CONTROLLER}:"))])


def prepare_kubernetes(wishes: Wishes) -> Mapping[str, str]:
    """Make MicroK8s with its add-ons; return the snaps that were there before.

    Raises:
        Refusal: as `prepare`.
    """
    installed = microk8s.installed_snaps(_read("snap", "list", check=False))
    if wishes.gpu and "microk8s" in installed and not microk8s.is_classic(installed):
        raise Refusal(microk8s.NO_GPUS)
    if microk8s.is_disabled(installed):
        raise Refusal(microk8s.DISABLED)
    if "microk8s" not in installed:
        _require_ports()
        _consent_to_the_machine(wishes)
    # Asked before anything is installed.
    pool = "" if "microk8s" in installed else _pool(wishes)
    _carry_out(microk8s.kubernetes(installed, gpu=wishes.gpu))
    status = yaml.safe_load(_read(*_privileged("microk8s", "status", "--format=yaml")))
    enabled = microk8s.enabled_add_ons(status)
    if "metallb" not in enabled:
        pool = pool or _pool(wishes)
    elif wishes.addresses:
        raise Refusal(
            "the load balancer of MicroK8s has its addresses already, leave --addresses out; to change them: "
            f"microk8s disable metallb, then microk8s enable metallb:{wishes.addresses}"
        )
    _carry_out(microk8s.add_ons(enabled, pool, gpu=wishes.gpu))
    return installed


def _require_ports() -> None:
    """Refuse to install MicroK8s beside something that listens where it has to.

    Raises:
        Refusal: something does.
    """
    for port, what in microk8s.PORTS.items():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError as error:
                raise Refusal(
                    f"MicroK8s needs port {port} for {what}, and something else listens there: sudo ss -ltnp "
                    f"'sport = :{port}' shows what; another Kubernetes has to go, or choose it with --on current"
                ) from error


def _consent_to_the_machine(wishes: Wishes) -> None:
    """Say what this machine has too little of, and ask whether to go on where Kubeflow would not fit.

    Raises:
        Refusal: the answer was no.
    """
    found = [finding for finding in machine.room() if finding.level in (Level.NOTE, Level.WRONG)]
    for finding in found:
        _say("; ".join([f"{finding.subject}: {finding.text}", *finding.help]))
    if any(finding.level is Level.WRONG for finding in found) and not wishes.ask("Install MicroK8s all the same?"):
        raise Refusal(
            "the machine is too small, see docs/microk8s.md; once it is larger: ./up --check, then ./up again"
        )


def is_microk8s(cloud: str) -> bool:
    """Tell whether a cloud of Juju's is the MicroK8s of this machine."""
    installed = microk8s.installed_snaps(_read("snap", "list", check=False)) if shutil.which("snap") else {}
    return "microk8s" in installed and cloud in (microk8s.BUILT_IN, microk8s.OWN)


def _outsider() -> str:
    """Return the user's name if she may not use the strict snap yet."""
    user = pwd.getpwuid(os.getuid()).pw_name
    with contextlib.suppress(KeyError):
        group = grp.getgrnam(microk8s.GROUP)
        return "" if os.geteuid() == 0 or group.gr_gid in os.getgroups() else user
    return ""


def _pool(wishes: Wishes) -> str:
    if wishes.addresses:
        return wishes.addresses
    shown = [_read("ip", "-j", "-4", *what.split()) for what in ("address", "route show default", "neighbour")]
    links, routes, neighbours = (json.loads(text or "[]") for text in shown)
    chosen = addresses.pool(links, routes, neighbours)
    where = "which this machine alone can reach" if chosen == addresses.INSIDE else "of this machine's own network"
    _say(f"the load balancer gives out {chosen}, {where}; nothing was seen there, but make sure that nobody uses it")
    if not wishes.ask(f"Let the load balancer give out {chosen}?"):
        raise Refusal("say which addresses are free: ./up --addresses FIRST-LAST")
    return chosen


def _controllers() -> dict[str, Any]:
    return json.loads(_read("juju", "controllers", "--format=json", check=False) or "{}").get("controllers") or {}


def _carry_out(steps: Iterable[microk8s.Step]) -> None:
    for step in steps:
        _say(step.title)
        given = _read(*_privileged(*step.fed_by)) if step.fed_by else ""
        command = _privileged(*step.command) if step.privileged else step.command
        done = subprocess.run(command, input=given, text=True, check=False)
        if done.returncode:
            help = f"; {step.otherwise}" if step.otherwise else ""
            raise Refusal(f"`{shlex.join(command)}` failed with status {done.returncode}{help}; then run ./up again")


def _privileged(*command: str) -> tuple[str, ...]:
    return command if os.geteuid() == 0 else ("sudo", *command)


def _read(*command: str, check: bool = True) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Refusal(f"there is no `{command[0]}` on PATH") from error
    if check and done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise Refusal(f"`{shlex.join(command)}` failed: {said}; run ./up again to go on")
    return done.stdout


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
