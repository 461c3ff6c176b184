"""The machine that a testbed is: its process 1, and what runs below it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from testbed import cache
from testbed.errors import TestbedError
from testbed.paths import REPOSITORY, Paths
from testbed.processes import Process, wait

GRACE_SECONDS = 5.0
"""How long `stop` waits for programs to end by themselves."""


@dataclass(frozen=True)
class Program:
    """A program that the machine keeps running.

    Attributes:
        name: names its log.
        command: the program, found on the testbed's PATH, and its arguments.
        environment: variables it gets besides the testbed's.
    """

    name: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


class Machine:
    """Process 1 of a testbed, and everything that runs below it."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def process(self) -> Process | None:
        """Return the process while it runs."""
        found = Process.read(self.paths.machine_process)
        return found if found and found.alive() else None

    def running(self) -> bool:
        """Tell whether the machine is there and answers."""
        if self.process() is None:
            return False
        try:
            self.ask({"do": "list"})
        except TestbedError:
            return False
        return True

    def boot(self, kubelet_root: PurePosixPath | None = None) -> None:
        """Start the machine, with nothing running on it yet.

        Args:
            kubelet_root: where kubelet's folder is to be seen; programs that look at /var/lib/kubelet see it as well.

        Raises:
            TestbedError: it did not start; the message holds what it said.
        """
        if self.running():
            return
        self.kill()
        paths = self.paths
        for directory in (paths.logs, paths.machine_socket.parent, paths.configuration, paths.kubelet):
            directory.mkdir(parents=True, exist_ok=True)
        setup = paths.configuration / "machine.json"
        kept = {paths.state, cache.directory(), REPOSITORY, Path(sys.prefix), Path(sys.base_prefix)}
        content = {
            "hostname": "node",
            "keep": sorted(str(path.resolve()) for path in kept),
            "process": str(paths.machine_process),
            "socket": str(paths.machine_socket),
            "grace": GRACE_SECONDS,
            "shown": {str(kubelet_root): str(paths.kubelet)} if kubelet_root else {},
            "links": {"/var/lib/kubelet": str(kubelet_root)} if kubelet_root else {},
        }
        setup.write_text(json.dumps(content, indent=1))
        namespaces = ["--mount", "--net", "--pid", "--uts", "--ipc", "--fork"]
        program = [sys.executable, "-I", str(Path(__file__).with_name("process_one.py")), str(setup)]
        with (paths.logs / "machine.log").open("ab") as log:
            subprocess.run(
                ["setsid", "--fork", "unshare", *namespaces, "--", *program],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                check=True,
                env=self._plain_variables(),
            )
        self.await_(self.running, "the machine", seconds=20, log="machine", pause=0.05)

    def _plain_variables(self) -> dict[str, str]:
        """Return an environment that does not depend on who starts the testbed."""
        return self.paths.variables({key: os.environ[key] for key in ("HOME", "PATH") if key in os.environ})

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request to process 1 and return its answer.

        Raises:
            TestbedError: it does not answer, or says that it cannot do it.
        """
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            try:
                connection.connect(str(self.paths.machine_socket))
                with connection.makefile("rw") as stream:
                    stream.write(json.dumps(request) + "\n")
                    stream.flush()
                    answer = json.loads(stream.readline() or "{}")
            except (OSError, ValueError) as error:
                raise TestbedError(f"the testbed {self.paths.name} does not answer: {error}") from error
        if "error" in answer:
            raise TestbedError(answer["error"])
        return answer

    def start(self, program: Program) -> None:
        """Start a program and keep it running; nothing happens if it runs already.

        Raises:
            TestbedError: there is no such program.
        """
        variables = {**self._plain_variables(), **dict(program.environment)}
        found = shutil.which(program.command[0], path=variables["PATH"])
        if found is None:
            raise TestbedError(f"{program.command[0]} is not on PATH: run `python -m testbed build`")
        request = {
            "do": "start",
            "name": program.name,
            "command": [found, *program.command[1:]],
            "environment": variables,
            "log": str(self.paths.logs / f"{program.name}.log"),
        }
        self.ask(request)

    def stop(self, name: str, seconds: float = 15) -> None:
        """Ask a program to end and wait until it has.

        Raises:
            TestbedError: it did not end in time.
        """
        self.ask({"do": "stop", "name": name})
        gone = f"the end of {name}"
        self.await_(lambda: name not in self.programs(), gone, seconds=seconds, log=name, pause=0.1)

    def programs(self) -> dict[str, dict[str, Any]]:
        """Return for each program whether it is `running` and how many `starts` it took."""
        return self.ask({"do": "list"})["programs"]

    def halt(self) -> None:
        """End everything in order, as a reboot does: Kubernetes first, then all the rest with some patience."""
        process = self.process()
        if process is None:
            return
        with contextlib.suppress(TestbedError):
            self.stop("kubelet")
            self.ask({"do": "halt"})
            wait(lambda: not process.alive(), GRACE_SECONDS + 10)
        self.kill()

    def kill(self) -> None:
        """End everything at once, as a power cut does.

        Raises:
            TestbedError: the kernel could not end it.
        """
        process = self.process()
        if process is not None:
            launcher = process.parent()
            process.kill()
            if not wait(lambda: not process.alive(), 20):
                raise TestbedError(
                    f"process {process.process} does not end: a file system it uses may hang; see `dmesg`"
                )
            # unshare(1) is in the testbed's namespaces until it has heard of its child's end.
            wait(lambda: launcher is None or not launcher.alive(), 2)
        self.paths.machine_process.unlink(missing_ok=True)

    def inside(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs `command` in the network of the testbed.

        Raises:
            TestbedError: the testbed does not run.
        """
        process = self.process()
        if process is None:
            raise TestbedError(f"the testbed {self.paths.name} does not run: `python -m testbed up` starts it")
        return ["nsenter", f"--net=/proc/{process.process}/ns/net", "--", *command]

    def run(
        self, *command: str, given: str | None = None, check: bool = True, timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the network of the testbed and return what it said.

        Raises:
            TestbedError: it failed (if `check`), with the end of what it said.
        """
        program = shutil.which(command[0], path=self.paths.variables()["PATH"]) or command[0]
        done = subprocess.run(
            self.inside([program, *command[1:]]),
            input=given if given is not None else "",
            capture_output=True,
            text=True,
            check=False,
            env=self.paths.variables(),
            timeout=timeout,
        )
        if check and done.returncode:
            said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
            raise TestbedError(f"`{' '.join(command[:4])}` failed with status {done.returncode}:\n{said}")
        return done

    def await_(
        self, ready: Callable[[], bool], what: str, *, seconds: float, log: str = "", pause: float = 0.5
    ) -> None:
        """Wait until something is ready, which is looked up again after each pause.

        Raises:
            TestbedError: it is not in time; the message holds the end of the log.
        """
        if wait(ready, seconds, pause):
            return
        path = self.paths.logs / f"{log}.log"
        said = path.read_text(errors="replace").splitlines()[-15:] if log and path.exists() else []
        raise TestbedError("\n".join([f"waited {seconds:.0f} s in vain for {what}; see {path}", *said]))
