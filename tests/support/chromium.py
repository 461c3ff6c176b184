"""A Chromium without a screen, of Debian's packages, told what to do over pipes by the DevTools protocol.

`python -m tests.support.chromium` fetches it into the testbed's cache; a test cannot, as nothing leaves a testbed.
"""

import base64
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from typing import Any

from testbed import cache, debian
from testbed.errors import TestbedError

PACKAGES = ("chromium", "fonts-dejavu-core")
HOOKS = ('rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale "$1"/usr/share/icons "$1"/usr/lib/*/dri',)
PROGRAM = "/usr/lib/chromium/chromium"
FLAGS = (
    "--headless",
    # The root user's Chromium wants to be told; it opens nothing but the testbed's own pages.
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--user-data-dir=/tmp/chromium",
    "--window-size=1280,800",
    "--remote-debugging-pipe",
)
ENTER = """
mount --make-rprivate / && mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/tmp"
root="$1" commands="$2" answers="$3"; shift 3
exec chroot "$root" "$@" 3<&"$commands" 4>&"$answers"
"""
"""Chromium's own view of the machine: its packages, and nothing that it changes lasts."""

TIMEOUT = 60.0


def fetch() -> pathlib.Path:
    """Return the folder with Chromium's packages, made unless the cache has it.

    Raises:
        TestbedError: it cannot be made.
    """
    archive = debian.root("chromium", PACKAGES, hooks=HOOKS, variant="extract")
    folder = archive.with_suffix("")
    if not folder.is_dir():
        with cache.new_directory(folder) as made, tarfile.open(archive) as packed:
            packed.extractall(made, filter="fully_trusted")
            for name in ("dev", "proc", "tmp"):
                (made / name).mkdir(exist_ok=True)
        # What it was unpacked from is not needed again, and is large; that it is there tells that it was.
        archive.write_bytes(b"")
    return folder


def find() -> pathlib.Path | None:
    """Return the folder with Chromium's packages, if the cache has it."""
    found = sorted((cache.directory() / "debian").glob(f"chromium-*{PROGRAM}"))
    return found[-1].parents[len(pathlib.PurePath(PROGRAM).parts) - 2] if found else None


@dataclasses.dataclass
class Chromium:
    """One window.

    Attributes:
        process: the program.
        commands: the file descriptor that it reads from.
        answers: the one that it writes to.
    """

    process: subprocess.Popen[bytes]
    commands: int
    answers: int
    session: str = ""
    _number: int = 0
    _rest: bytes = b""

    def open(self, url: str) -> None:
        """Open a page in the window."""
        if not self.session:
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            self.session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """Return what a JavaScript expression is on the page.

        Raises:
            AssertionError: it is none, there.
        """
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def await_(self, script: str, seconds: float = TIMEOUT) -> Any:
        """Wait until a JavaScript expression is true on whatever page is there by then, and return it.

        Raises:
            AssertionError: it does not come true in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(AssertionError):  # one page is going, and the next not there yet
                if found := self.evaluate(script):
                    return found
            if time.monotonic() > deadline:
                page = self.evaluate("location.href + ' ' + document.body.innerText.slice(0, 300)")
                raise AssertionError(f"not so after {seconds:.0f} s: {script}, at {page}")
            time.sleep(0.3)

    def log_in(self, user: str, password: str) -> None:
        """Fill in Dex's form, which is there or about to be."""
        self.await_("document.querySelector('input[name=password]') !== null")
        fields = {"login": user, "password": password}
        script = "".join(
            f"document.querySelector('input[name={name}]').value = {json.dumps(value)};"
            for name, value in fields.items()
        )
        self.evaluate(f"{script} document.querySelector('form').submit()")

    def screenshot(self, file: pathlib.Path) -> None:
        """Write what the window shows to a PNG file."""
        file.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, /, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its answer.

        Raises:
            AssertionError: it is refused, or Chromium has ended.
        """
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self.answers, 1 << 16)
            assert more, "Chromium has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextlib.contextmanager
def running(root: pathlib.Path) -> Iterator[Chromium]:
    """Yield a window of the Chromium in a folder, as `find` returns it; takes root."""
    their_commands, commands = _pipe()
    answers, their_answers = _pipe()
    # Namespaces of its own: what is mounted there, and what it starts, goes with it.
    enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", ENTER, "bash"]
    with subprocess.Popen(
        [*enter, str(root), str(their_commands), str(their_answers), PROGRAM, *FLAGS],
        pass_fds=(their_commands, their_answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp"},
    ) as process:
        os.close(their_commands)
        os.close(their_answers)
        try:
            yield Chromium(process, commands, answers)
        finally:
            process.terminate()
            os.close(commands)
            os.close(answers)


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are neither of the two numbers that Chromium knows its pipes by."""
    low = os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return ends[0], ends[1]


def main() -> None:
    """Fetch Chromium; where that cannot be, say so, and let the tests leave it out."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        sys.stderr.write("no Chromium without root\n")
        return
    try:
        fetch()
    except TestbedError as error:
        sys.stderr.write(f"no Chromium: {error}\n")


if __name__ == "__main__":
    main()
