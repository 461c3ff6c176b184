"""Where a bundle can be deployed: an existing Juju controller, MicroK8s by snap, or the testbed."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import os
import pathlib
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import jubilant

from testbed import lifecycle
from testbed.errors import TestbedError
from testbed.golang import BuildError
from testbed.machine import Machine
from testbed.paths import Paths
from testbed.pypi import PackageError
from tools.up import juju, snaps
from tools.up.errors import Refusal
from tools.up.wishes import Wishes

MICROK8S_KUBECTL = "microk8s kubectl"


Wrap = Callable[[Sequence[str]], Sequence[str]]


class On(enum.StrEnum):
    """The places, by the names they are chosen with."""

    CURRENT = "current"
    MICROK8S = "microk8s"
    TESTBED = "testbed"


@dataclasses.dataclass(frozen=True)
class Place:
    """A place with all that deploying there needs to know.

    Attributes:
        name: how it is called.
        python: the Python of the bases that charms run on there.
        lacks: returns why it cannot be used on this machine, or "".
        prepare: makes what is missing of it, as somebody wishes. Raises Refusal.
        title: returns what to call it, in a sentence.
        wrap: returns the command that runs a command there.
        client: gives Juju's client.
        store: the folder of a charm store that models there ask, or None where they ask Charmhub.
        prefix: what a person types before `juju` there.
        kubectl: what a person types for `kubectl` there.
        policies: returns whether the network enforces NetworkPolicies, or None where only the cluster can tell.
    """

    name: On
    python: str
    lacks: Callable[[], str]
    prepare: Callable[[Wishes], None]
    client: Callable[[], AbstractContextManager[jubilant.Juju]]
    store: pathlib.Path | None = None
    prefix: str = ""
    kubectl: str = "kubectl"
    title: Callable[[], str] = lambda: ""
    wrap: Wrap = tuple
    policies: Callable[[], bool | None] = lambda: None

    @contextlib.contextmanager
    def inside(self) -> Iterator[Wrap]:
        """Give what makes of a command with `juju` or `kubectl` the one that runs there.

        Raises:
            Refusal: the place is not there.
        """
        kubectl = self.kubectl.split()
        try:
            yield lambda words: self.wrap([*kubectl, *words[1:]] if words[0] == "kubectl" else words)
        except TestbedError as error:
            raise Refusal(str(error)) from error

    def typed(self, command: str) -> str:
        """Return a command as a person types it there."""
        program, _, rest = command.partition(" ")
        if program not in ("juju", "kubectl"):
            return command
        return f"{self.prefix}{self.kubectl if program == 'kubectl' else program} {rest}"


def choose(wanted: On | None) -> Place:
    """Return the place that was asked for, or else the first that can be used.

    Raises:
        Refusal: none can, or not the one that was asked for; it says why.
    """
    considered = [place for place in candidates() if wanted in (None, place.name)]
    reasons = {place.name: place.lacks() for place in considered}
    for place in considered:
        if not reasons[place.name]:
            return place
    told = "\n".join(f"  {name}: {reason}" for name, reason in reasons.items())
    raise Refusal(f"there is nowhere to deploy to:\n{told}")


def inside_testbed(paths: Paths, variables: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the client of this environment is the testbed's own, as `testbed run` makes it."""
    return variables.get("JUJU_DATA") == str(paths.juju_data)


def candidates() -> list[Place]:
    """Return all places in the order they are tried; inside a testbed, that testbed alone."""
    testbed = _testbed()
    if testbed.store and inside_testbed(Paths.from_environment()):
        return [testbed]
    local = contextlib.nullcontext
    current = Place(
        On.CURRENT,
        "3.12",
        _current_lacks,
        _prepare_current,
        lambda: local(jubilant.Juju()),
        kubectl=_kubectl(),
        title=lambda: "the controller {}, which is on {}".format(*_controller(jubilant.Juju())),
    )
    microk8s = Place(
        On.MICROK8S, "3.12", snaps.lacks, snaps.prepare, lambda: local(jubilant.Juju()), kubectl=MICROK8S_KUBECTL
    )
    return [current, microk8s, testbed]


def _kubectl() -> str:
    """Return what there is of kubectl on this machine."""
    if shutil.which("kubectl") or not shutil.which("microk8s"):
        return "kubectl"
    return MICROK8S_KUBECTL


def _testbed() -> Place:
    try:
        paths = Paths.from_environment()
    except TestbedError as error:
        raise Refusal(str(error)) from error
    return Place(
        On.TESTBED,
        "3.11",
        lambda: "" if os.geteuid() == 0 else "it must be run as root: use sudo",
        lambda wishes: _testbed_up(paths, wishes),
        lambda: juju.reached_by(Machine(paths).inside([]), paths.exports()),
        store=paths.store,
        prefix=f"{_chosen_testbed()}{os.path.relpath(sys.executable)} -m testbed run ",
        wrap=lambda words: Machine(paths).inside(["env", *(f"{k}={v}" for k, v in paths.exports().items()), *words]),
        policies=lambda: lifecycle.policies_enforced(paths),
    )


def _chosen_testbed() -> str:
    """Return what a person types before a command to mean this testbed, if it is not the usual one."""
    chosen = {name: os.environ[name] for name in ("TESTBED_NAME", "TESTBED_STATE") if os.environ.get(name)}
    return "".join(f"{name}={shlex.quote(value)} " for name, value in chosen.items())


def _testbed_up(paths: Paths, wishes: Wishes) -> None:
    if wishes.addresses:
        raise Refusal("the testbed has addresses of its own: leave --addresses out")
    if wishes.gpu:
        raise Refusal(
            "the testbed has no GPUs but those that it makes up: leave --gpu out, and run afterwards "
            "`python -m testbed gpus nvidia.com/gpu=1`; or deploy with --on current or --on microk8s"
        )
    try:
        lifecycle.up(paths, load_balancer=True)
    except (TestbedError, BuildError, PackageError) as error:
        raise Refusal(str(error)) from error


def use_controller(name: str) -> None:
    """Make a controller the current one.

    Raises:
        Refusal: Juju knows none of that name.
    """
    client = jubilant.Juju()
    if not shutil.which("juju"):
        raise Refusal("there is no juju on PATH")
    try:
        known = juju.ask(client, "controllers").get("controllers") or {}
        if name not in known:
            raise Refusal(f"juju knows no controller {name}, only {', '.join(sorted(known)) or 'none'}")
        client.cli("switch", f"{name}:", include_model=False)
    except jubilant.CLIError as error:
        raise Refusal(juju.explain(error)) from error


def _controller(client: jubilant.Juju) -> tuple[str, str]:
    """Return the name and the cloud of the current controller; empty if there is none."""
    found = juju.ask(client, "controllers")
    name = found.get("current-controller")
    return (name, found["controllers"][name]["cloud"]) if name else ("", "")


def _prepare_current(wishes: Wishes) -> None:
    """Do what was wished of MicroK8s, if the controller is on this machine's; elsewhere it cannot be done.

    Raises:
        Refusal: it is not, or that failed.
    """
    if not wishes.gpu and not wishes.addresses:
        return
    name, cloud = _controller(jubilant.Juju())
    if not snaps.is_microk8s(cloud):
        raise Refusal(
            f"--gpu and --addresses are for the MicroK8s of this machine, and the controller {name} is on {cloud}: "
            "install NVIDIA's GPU operator and the load balancer there yourself, see docs/gpu.md, and leave them out"
        )
    snaps.prepare_kubernetes(wishes)


def _current_lacks() -> str:
    if not shutil.which("juju"):
        return "there is no juju on PATH"
    client = jubilant.Juju()
    try:
        name, cloud = _controller(client)
        if not name:
            return "juju has no current controller: choose one with `juju switch`, or make one with `juju bootstrap`"
        kinds = {entry["name"]: entry["type"] for entry in juju.ask(client, "show-cloud", "--controller", name, cloud)}
    except jubilant.CLIError as error:
        return juju.explain(error)
    kind = kinds.get(cloud)
    if kind not in ("k8s", "kubernetes"):
        return f"the controller {name} is on {cloud}, which is no Kubernetes but {kind}"
    return ""
