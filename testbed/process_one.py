"""Process 1 of a testbed: the machine that Kubernetes and its containers run on.

It is the first process of process, mount, network, IPC and UTS namespaces of its own, starts the programs it
is asked to start, starts them again when they die, and collects what other processes leave behind. When it
ends, the kernel ends every process of the testbed and with them every mount and network interface, so that
nothing needs to be cleaned up, however the testbed ended.

It runs by itself (`python process_one.py SETUP.json`) with the standard library only: its memory is the
testbed's.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from typing import Any

RESTART_SECONDS = 1.0
HIDDEN = ("/run", "/var/lib", "/var/log")
"""Where programs write although nobody asked them to: they get an empty file system of their own there."""
SETTINGS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
"""Settings of the whole machine that kubelet changes: it changes a file instead."""


class Program:
    """A program that runs, or is to run again soon."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: str) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.process = 0
        self.starts = 0
        self.due = 0.0
        self.wanted = True

    def start(self) -> None:
        """Start it, in a session of its own, with its output added to the log."""
        write = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.process = os.posix_spawn(
            self.command[0],
            self.command,
            self.environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, self.log, write, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGTERM, signal.SIGINT, signal.SIGPIPE),
        )
        self.starts += 1

    def ended(self) -> None:
        """Note that the process is gone and when to start the next."""
        self.process = 0
        self.due = time.monotonic() + RESTART_SECONDS


class Machine:
    """The programs that were asked for, and the answers to requests."""

    def __init__(self) -> None:
        self.programs: dict[str, Program] = {}
        self.halting = False

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one request."""
        what = request["do"]
        if what == "start":
            return self.start(request)
        if what == "stop":
            self.stop(request["name"])
            return {}
        if what == "list":
            found = {p.name: {"running": p.process != 0, "starts": p.starts} for p in self.programs.values()}
            return {"programs": found}
        if what == "halt":
            self.halting = True
            return {}
        return {"error": f"unknown request {what}"}

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start a program, unless it runs already; run it again whenever it ends."""
        name = request["name"]
        if name in self.programs:
            return {"started": False}
        program = Program(name, request["command"], request["environment"], request["log"])
        try:
            program.start()
        except OSError as error:
            return {"error": f"{name} cannot be started: {error}"}
        self.programs[name] = program
        return {"started": True}

    def stop(self, name: str) -> None:
        """Ask a program to end; it stays listed until it has."""
        program = self.programs.get(name)
        if program is None:
            return
        program.wanted = False
        if program.process:
            os.kill(program.process, signal.SIGTERM)

    def collect(self) -> None:
        """Take note of every process that ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if not process:
                    return
                for program in self.programs.values():
                    if program.process == process:
                        code = os.waitstatus_to_exitcode(status)
                        say(f"{program.name} ended with status {code}")
                        program.ended()

    def restart(self) -> None:
        """Start again what is due, and forget what is not wanted any more."""
        self.programs = {n: p for n, p in self.programs.items() if p.wanted or p.process}
        for program in self.programs.values():
            if not program.process and program.due <= time.monotonic():
                program.start()


def say(what: str) -> None:
    """Write a line to the machine's own log."""
    print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {what}", flush=True)


def mount(*arguments: str, keep: tuple[int, ...] = ()) -> None:
    """Run mount; an exception ends the machine with what mount said in the log."""
    subprocess.run(["mount", *arguments], check=True, pass_fds=keep)


def hide(directory: str, kept: list[str]) -> None:
    """Put an empty file system over a directory and let the kept paths below it show through."""
    below = sorted(path for path in kept if path.startswith(f"{directory}/"))
    handles = [os.open(path, os.O_PATH) for path in below]
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", directory)
    for path, handle in zip(below, handles, strict=True):
        os.makedirs(path, exist_ok=True)
        mount("--no-canonicalize", "--rbind", f"/proc/self/fd/{handle}", path, keep=(handle,))
        os.close(handle)


def show(folder: str, path: str) -> None:
    """Show a folder at a path that the host need not have: what is missing on the way is the machine's alone."""
    there = path
    while not os.path.isdir(there):
        there = os.path.dirname(there)
    if there != path:
        entries = [os.path.join(there, name) for name in os.listdir(there)]
        links = {entry: os.readlink(entry) for entry in entries if os.path.islink(entry)}
        hide(there, [entry for entry in entries if os.path.isdir(entry) and entry not in links])
        for link, target in links.items():
            os.symlink(target, link)
        os.makedirs(path)
    mount("--bind", folder, path)


def furnish(setup: dict[str, Any]) -> None:
    """Give the machine its own view of files, without a trace on the host's."""
    for path, folder in setup["shown"].items():
        show(folder, path)
    for directory in HIDDEN:
        hide(os.path.realpath(directory), setup["keep"])
    for link, target in setup["links"].items():
        os.symlink(target, link)
    mount("-t", "proc", "proc", "/proc")
    os.mkdir("/run/settings")
    for setting in SETTINGS:
        instead = f"/run/settings/{setting.replace('/', '.')}"
        with open(f"/proc/sys/{setting}") as real, open(instead, "w") as file:
            file.write(real.read())
        mount("--bind", instead, f"/proc/sys/{setting}")
    mount("--make-rshared", "/")
    socket.sethostname(setup["hostname"])


def identify(path: str) -> None:
    """Write which process this is for the host, as long as /proc is still the host's."""
    with open("/proc/self/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    with open("/proc/sys/kernel/random/boot_id") as file:
        boot = file.read().strip()
    identity = {"boot": boot, "process": int(os.readlink("/proc/self")), "started": int(fields[19])}
    with open(f"{path}.new", "w") as file:
        json.dump(identity, file)
    os.rename(f"{path}.new", path)


def receive(listener: socket.socket, machine: Machine) -> None:
    """Answer one request: a line of JSON each way."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rw") as stream:
        try:
            connection.settimeout(5)
            reply = machine.answer(json.loads(stream.readline()))
            stream.write(json.dumps(reply) + "\n")
            stream.flush()
        except (OSError, ValueError, KeyError) as error:
            say(f"a request was not understood: {error!r}")


def halt(seconds: float) -> None:
    """Ask every process to end and wait for that, but not for ever."""
    say("halting")
    end = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGTERM)
        while time.monotonic() < end:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    continue
            os.kill(-1, 0)
            time.sleep(0.05)
    say("halted")


def serve(listener: socket.socket) -> None:
    """Look after the programs until asked to halt."""
    machine = Machine()
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while not machine.halting:
            waits = any(not program.process for program in machine.programs.values())
            for ready, _ in selector.select(RESTART_SECONDS / 4 if waits else None):
                if ready.fileobj is listener:
                    receive(listener, machine)
                else:
                    os.read(wake, 4096)
            machine.collect()
            machine.restart()


def main() -> None:
    """Become the machine that SETUP.json describes.

    Ending all processes, as it does in the end, is for process 1 of namespaces of its own only.
    """
    if os.getpid() != 1:
        sys.exit("this is process 1 of a testbed, which `python -m testbed up` starts")
    with open(sys.argv[1]) as file:
        setup = json.load(file)
    identify(setup["process"])
    furnish(setup)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(setup["socket"])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(setup["socket"])
        listener.listen(8)
        say("the machine runs")
        serve(listener)
    halt(setup["grace"])


if __name__ == "__main__":
    main()
