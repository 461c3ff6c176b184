"""A bundle on a real Juju in the testbed, deployed as `./up` deploys it."""

import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence

import jubilant
import lightkube
import pytest

from support import jujus_own
from support.browser import Browser
from support.eventually import eventually
from support.pod_endings import PodWatch
from testbed import juju_database, lifecycle, state
from testbed.errors import TestbedError
from testbed.juju_versions import VERSIONS
from testbed.paths import Paths
from tools.bench import hooks
from tools.pack import charm
from tools.pack.repository import Repository
from tools.store.index import Store
from tools.store.model import Channel
from tools.up import bring, deployment, places, waiting
from tools.up.bundles import Bundle
from tools.up.progress import Notice, Progress

MODEL = "edge"
"""Any name but `kubeflow`, which is the only one that other charms can bear."""

TIMEOUT = 900.0
COMPLAINTS = 40
"""Lines of a unit whose hook failed that are printed."""

ECHO = "echo"


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What a person logs in with."""

    user: str
    password: str


@dataclasses.dataclass(frozen=True)
class Visitor:
    """Somebody with a browser.

    Attributes:
        address: what she types.
        credentials: what she logs in with.
    """

    address: str
    credentials: Credentials

    def session(self) -> Browser:
        """Return her browser after she has logged in.

        Raises:
            AssertionError: she cannot.
        """
        with contextlib.ExitStack() as undone:
            browser = undone.enter_context(Browser(self.address))
            seen = browser.log_in(self.credentials.user, self.credentials.password, f"/{ECHO}/")
            assert seen.status_code == 200, f"{seen.status_code} {seen.url} {seen.text[:200]}"
            assert seen.json()["headers"]["kubeflow-userid"] == self.credentials.user
            undone.pop_all()
        return browser

    def enters(self) -> bool:
        """Tell that she can log in.

        Raises:
            AssertionError: she cannot.
        """
        with self.session():
            return True


class Recorder:
    """Keeps what was in error at any look, from when it was seen first."""

    def __init__(self) -> None:
        self._errors: dict[tuple[str, str], datetime.datetime] = {}

    @property
    def errors(self) -> list[jujus_own.Error]:
        """Return what was seen."""
        return [jujus_own.Error(unit, message, at) for (unit, message), at in self._errors.items()]

    def show(self, rows: Sequence[deployment.Row], notices: Sequence[Notice], progress: Progress, now: float) -> None:
        """Take note of units in error, and print what changed for the report of a test that fails."""
        for notice in notices:
            print(f"{now:5.0f} s  {notice.text}")
        for unit, message in ((unit, row.message) for row in rows for unit in row.failed):
            self._errors.setdefault((unit, message), datetime.datetime.now(datetime.UTC))


@dataclasses.dataclass(frozen=True)
class Kubeflow:
    """A deployed bundle.

    Attributes:
        juju: the client, with the model set; what runs it is in the testbed's network.
        bundle: the bundle.
        recorder: what was seen to be in error since the deployment began.
        pods: what was seen to end in the units' pods since then.
    """

    juju: jubilant.Juju
    bundle: Bundle
    recorder: Recorder
    pods: PodWatch

    def settle(self, *others: str, changing: Iterable[str] = (), timeout: float = TIMEOUT) -> jubilant.Status:
        """Wait until all is active and idle, and return the status.

        Args:
            others: applications beside the bundle's that have to be there, too.
            changing: applications that were just told to change, which they begin some seconds later.
            timeout: seconds.

        Raises:
            AssertionError: it is not in time; the message names what is missing.
        """
        outcome = waiting.wait(self.juju, [*self.bundle.charms, *others], self.recorder, timeout, changing)
        told = [f"{row.application}: {row.status}: {row.message}" for row in outcome.unfinished]
        assert outcome.active, f"{outcome.why}: {told}"
        assert outcome.status is not None
        return outcome.status

    def debug_log(self) -> str:
        """Return everything that the model logged."""
        return self.juju.cli("debug-log", "--replay", "--no-tail")

    def failed_hooks(self) -> list[str]:
        """Return what the model's log says of hooks that failed, but for Juju's own; print what their units told."""
        log = self.debug_log()
        for unit, complaints in hooks.complaints(log).items():
            print(unit, *complaints[-COMPLAINTS:], sep="\n  ")
        return hooks.failed(log, jujus_own.broken_off(self.juju.status().model.version, log))

    def errors(self) -> list[str]:
        """Return the errors that units were ever seen in or remember themselves, but for Juju's own.

        What ended in their pods is printed.
        """
        status = self.juju.status()
        found = self.recorder.errors
        for unit in (unit for app in status.apps.values() for unit in app.units):
            history = json.loads(self.juju.cli("show-status-log", "--format=json", "-n", "1000", unit))
            assert history, f"{unit} has no history"
            found += [
                jujus_own.Error(unit, item.get("message", ""), datetime.datetime.fromisoformat(item["since"]))
                for item in history
                if item["status"] in ("error", "failed")
            ]
        ended = self.pods.seen
        print(*ended, sep="\n")
        told = jujus_own.of_charms(status.model.version, found, self.debug_log(), ended)
        return [f"{unit}: {message}" for unit, message in told]

    @contextlib.contextmanager
    def host_access(self) -> Iterator[None]:
        """Let pods of profiles have folders of the node, from which the testbed's small images take what they lack."""
        self.configure("kubeflow-profiles", {"allow-host-access": True})
        self.settle(changing=["kubeflow-profiles"])
        yield
        self.configure("kubeflow-profiles", {"allow-host-access": False})
        self.settle(changing=["kubeflow-profiles"])

    def configure(self, application: str, values: Mapping[str, str | int | bool]) -> None:
        """Set options of an application.

        One is unset by its default: Juju 4.1 does not tell units of `juju config --reset` before their next hook.
        """
        self.juju.config(application, values)

    def says(self, application: str) -> tuple[str, str]:
        """Return status and message of an application's first unit, for as long as it is idle.

        Raises:
            AssertionError: it is at work.
        """
        units = self.juju.status().apps[application].units
        assert units, f"{application} has no unit"
        unit = units[min(units, key=lambda name: int(name.partition("/")[2]))]
        assert unit.juju_status.current == "idle", f"{application} is {unit.juju_status.current}"
        return unit.workload_status.current, unit.workload_status.message

    def active(self) -> bool:
        """Tell whether every unit says that it is active, at work or not."""
        units = [unit for app in self.juju.status().apps.values() for unit in app.units.values()]
        return {unit.workload_status.current for unit in units} == {"active"}

    def visitor(self) -> "Visitor":
        """Return somebody who knows now where it is and how to log in, whatever Juju's status says later."""
        return Visitor(self.address, self.credentials)

    def session(self) -> Browser:
        """Return a browser in which Dex's own user has logged in.

        Raises:
            AssertionError: she cannot.
        """
        return self.visitor().session()

    def works(self) -> bool:
        """Tell that a person can log in.

        Raises:
            AssertionError: she cannot.
        """
        return self.visitor().enters()

    @property
    def address(self) -> str:
        """Where users find it, as soon as Juju's status says so: while a unit starts, it may say nothing."""
        return eventually(lambda: deployment.address(self.juju.status()))

    @property
    def credentials(self) -> Credentials:
        """What Dex's own user logs in with."""
        results = self.juju.run("dex-auth/leader", "get-admin-password").results
        return Credentials(results["username"], results["password"])


def deploy(name: str) -> Kubeflow:
    """Deploy a bundle in the testbed that the environment chooses, and wait until it is active."""
    pods = PodWatch(lightkube.Client(), MODEL)
    kubeflow = Kubeflow(jubilant.Juju(wait_timeout=TIMEOUT), Bundle.load(Repository(), name), Recorder(), pods)
    kubeflow.settle(changing=bring_up(kubeflow))
    return kubeflow


def bring_up(kubeflow: Kubeflow) -> list[str]:
    """Do what `./up` does, but wait; return the applications that were refreshed."""
    place = places.choose(places.On.TESTBED)
    return bring.up(bring.Site(place, Repository(), kubeflow.juju, MODEL), kubeflow.bundle, print)


def offer(*names: str) -> None:
    """Pack charms of the repository, unless that is done, and put them into the testbed's store."""
    place, repository = places.choose(places.On.TESTBED), Repository()
    target = charm.Target(place.python, charm.host_architecture())
    store = Store(Paths.from_environment().store)
    for name in names:
        packed = charm.pack(repository, name, target, repository.root / "dist" / f"python{place.python}")
        store.add(packed.path, Channel("latest", "stable"))


def add_echo(kubeflow: Kubeflow, scratch: pathlib.Path) -> None:
    """Put a backend behind the gateway at /echo/, if it is not there yet."""
    if ECHO in kubeflow.juju.status().apps:
        return
    real = Repository()
    for path in (real.library, real.lock, real.licence):
        (scratch / path.name).symlink_to(path)
    (scratch / "charms").symlink_to(real.root / "tests" / "charms")
    target = charm.Target("3.11", charm.host_architecture())
    packed = charm.pack(Repository(scratch), ECHO, target, scratch / "dist")
    Store(Paths.from_environment().store).add(packed.path, Channel("latest", "stable"))
    kubeflow.juju.deploy(ECHO, trust=True)
    kubeflow.juju.integrate(f"{ECHO}:ingress", "istio-pilot:ingress")
    kubeflow.settle(ECHO)


def require_testbed() -> Iterator[None]:
    """Skip a test that is not run inside a testbed, as tox runs it.

    In the end it is seen to that the testbed's own database of Juju knew all that it was asked for.
    """
    paths = Paths.from_environment()
    if os.geteuid() != 0 or not shutil.which("juju") or not places.inside_testbed(paths):
        pytest.skip("this needs a testbed around it: tox -e integration")
    try:
        usable = lifecycle.status(paths)
    except TestbedError as error:
        pytest.fail(str(error))
    if not usable.usable:
        pytest.fail(f"the testbed cannot be used: {usable.summary}")
    yield
    record = state.read(paths)
    if record and VERSIONS[record.juju].database:
        assert juju_database.unknown(paths) == [], "Juju's database was asked for what it does not know"
