"""Workloads on a real Pebble: what it makes of a layer, and what its checks count."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms import Blocked, Waiting
from kubeflow_charms.parts import File, HttpCheck, Reachable, TcpCheck, TlsCheck, Workload
from kubeflow_charms.parts.checks import STEADY, Pace
from ops import pebble
from support import programs

# Outside of a hook, ops has nowhere to log that a check was stopped.
pytestmark = pytest.mark.filterwarnings("ignore:JujuLogHandler")


@pytest.fixture
def client(tmp_path: pathlib.Path) -> Iterator[pebble.Client]:
    program = programs.find("pebble", "juju*")
    home = tmp_path / "pebble"
    process = subprocess.Popen(
        [program, "run", "--create-dirs", "--hold"],
        env={**os.environ, "PEBBLE": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = pebble.Client(str(home / ".pebble.socket"))
    until(lambda: listens(found))
    yield found
    process.terminate()
    process.wait(10)


@pytest.fixture(autouse=True)
def short_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubeflow_charms.parts.checks.STARTING", Pace(2, 1, 2))
    monkeypatch.setattr("kubeflow_charms.parts.workload.PATIENCE", 5)


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listens(client: pebble.Client) -> bool:
    with contextlib.suppress(pebble.Error):
        return bool(client.get_system_info())
    return False


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def run(client: pebble.Client, workload: Workload) -> None:
    backend: Any = types.SimpleNamespace(_juju_context=types.SimpleNamespace(version=ops.JujuVersion("4.1")))
    container = ops.Container("app", backend, pebble_client=client)
    unit = types.SimpleNamespace(name="example/0", get_container=lambda name: container)
    reconciliation: Any = types.SimpleNamespace(
        unit=unit,
        namespace="edge",
        identities={},
        require_own_pod=lambda: None,
        sources=pathlib.Path(client.socket_path).parent / "src",
    )
    workload.apply(reconciliation)


def require_counting(client: pebble.Client, port: int, folder: pathlib.Path) -> None:
    """Skip a test of what the Pebble of Juju 3.6 cannot tell: it calls a check up that has not run yet."""
    run(client, server(port, folder))
    if client.get_checks()[0].successes is None:
        pytest.skip("this Pebble does not count how often a check passed")
    client.stop_services(["app"])


def server(port: int, folder: pathlib.Path, **changes: Any) -> Workload:
    fields: dict[str, Any] = {
        "command": f"{sys.executable} -m http.server --bind 127.0.0.1 {port}",
        "environment": {"A": "b"},
        "files": {str(folder / "made" / "here" / "file"): File("text", 0o640)},
        "checks": {"http": HttpCheck(port), "tcp": TcpCheck(port)},
        "folder": str(folder),
    }
    return Workload(container="app", **{**fields, **changes})


def answering(client: pebble.Client, workload: Workload) -> None:
    """Run a program until it has answered."""

    def steady() -> bool:
        with contextlib.suppress(Waiting):
            run(client, workload)
        checks = client.get_plan().checks
        return all(checks[name].threshold == STEADY.threshold for name in workload.checks)

    until(steady)


def test_a_file_that_the_plan_no_longer_has_is_removed(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    run(client, server(port, tmp_path))
    run(client, server(port, tmp_path, files={str(tmp_path / "other"): File("other")}))
    assert (tmp_path / "other").read_text() == "other"
    assert not (tmp_path / "made/here/file").exists()


def starts(client: pebble.Client) -> int:
    changes = client.get_changes(select=pebble.ChangeState.ALL)
    return sum(task.kind == "start" for change in changes for task in change.tasks)


def test_a_workload_answers_when_apply_returns_and_is_left_alone_then(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    run(client, server(port, tmp_path))
    assert all(info.successes != 0 for info in client.get_checks() if info.threshold != STEADY.threshold)
    answering(client, server(port, tmp_path))
    before = client.get_changes(select=pebble.ChangeState.ALL)
    run(client, server(port, tmp_path))
    after = client.get_changes(select=pebble.ChangeState.ALL)
    assert {change.id for change in before} == {change.id for change in after}
    assert ((tmp_path / "made/here/file").read_text(), (tmp_path / "made/here/file").stat().st_mode & 0o777) == (
        "text",
        0o640,
    )


def test_a_changed_file_restarts_the_program_once(client: pebble.Client, port: int, tmp_path: pathlib.Path) -> None:
    run(client, server(port, tmp_path))
    changed = server(port, tmp_path, files={str(tmp_path / "file"): File("other")})
    run(client, changed)
    run(client, changed)
    assert starts(client) == 2


def test_a_restarted_program_has_to_answer_anew(
    client: pebble.Client, port: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_counting(client, port, tmp_path)
    run(client, server(port, tmp_path))
    monkeypatch.setattr("kubeflow_charms.parts.workload.PATIENCE", 0)
    with pytest.raises(Waiting, match="app to answer"):
        run(client, server(port, tmp_path, environment={"A": "c"}))


def test_a_check_that_the_plan_drops_counts_for_nothing(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    run(client, server(port, tmp_path))
    client.stop_services(["app"])
    fewer = server(port, tmp_path, checks={"tcp": TcpCheck(port)})
    run(client, fewer)
    answering(client, fewer)
    before = client.get_changes(select=pebble.ChangeState.ALL)
    run(client, fewer)
    assert {change.id for change in before} == {change.id for change in client.get_changes(pebble.ChangeState.ALL)}
    assert client.get_plan().checks["http"].startup == pebble.CheckStartup.DISABLED


COUNT = """
import pathlib, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    listener.accept()[0].close()
    with pathlib.Path(sys.argv[2]).open("a") as told:
        told.write("asked\\n")
"""


def test_a_port_that_speaks_tls_is_asked_until_it_answers_and_no_more(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    script, told = tmp_path / "count.py", tmp_path / "told"
    script.write_text(COUNT)
    command = f"{sys.executable} {script} {port} {told}"
    run(client, server(port, tmp_path, command=command, checks={"tls": TlsCheck(port)}))
    until(told.exists)
    run(client, server(port, tmp_path, command=command, checks={"tls": TlsCheck(port)}))
    assert [info.status for info in client.get_checks()] == [pebble.CheckStatus.INACTIVE]
    time.sleep(0.5)
    asked = told.read_text()
    time.sleep(3)
    run(client, server(port, tmp_path, command=command, checks={"tls": TlsCheck(port)}))
    assert told.read_text() == asked


def test_after_a_change_a_port_that_speaks_tls_has_to_answer_anew(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    run(client, server(port, tmp_path, checks={"tls": TlsCheck(port)}))
    silent = server(port, tmp_path, command="sleep 1000", checks={"tls": TlsCheck(port)})
    with contextlib.suppress(Waiting):
        run(client, silent)
    until(lambda: [info.status for info in client.get_checks()] == [pebble.CheckStatus.DOWN])
    with pytest.raises(Waiting, match="app to answer"):
        run(client, silent)


BUSY = """
import http.server, pathlib, sys, time

class Busy(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        time.sleep(1.4 if pathlib.Path(sys.argv[2]).exists() else 0)
        super().do_GET()

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Busy).serve_forever()
"""


def woken(client: pebble.Client) -> int:
    """Return how often Juju was told of a check that went down: a hook each, and one more when it recovers."""
    changes = client.get_changes(select=pebble.ChangeState.ALL)
    return sum(change.kind == "perform-check" and change.status == "Error" for change in changes)


def test_a_program_that_has_answered_may_take_its_time(
    client: pebble.Client, port: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubeflow_charms.parts.checks.STEADY", Pace(1.8, 1.7, STEADY.threshold))
    script, busy = tmp_path / "busy.py", tmp_path / "busy"
    script.write_text(BUSY)
    command = f"{sys.executable} {script} {port} {busy}"
    workload = server(port, tmp_path, command=command, checks={"http": HttpCheck(port)})
    answering(client, workload)
    told = woken(client)
    busy.touch()
    time.sleep(2 * 2 + 1.5)  # the pace of a program that starts would have it down by now
    assert woken(client) == told
    run(client, workload)
    assert starts(client) == 1


def test_a_program_that_hangs_after_it_answered_is_noticed_within_its_pace(
    client: pebble.Client, port: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = Pace(1.2, 1.1, STEADY.threshold)
    monkeypatch.setattr("kubeflow_charms.parts.checks.STEADY", pace)
    number = tmp_path / "number"
    command = f"/bin/sh -c 'echo $$ > {number}; exec {sys.executable} -m http.server --bind 127.0.0.1 {port}'"
    workload = server(port, tmp_path, command=command, checks={"http": HttpCheck(port)})
    answering(client, workload)
    os.kill(int(number.read_text()), signal.SIGSTOP)
    began = time.monotonic()
    until(lambda: client.get_checks()[0].status == pebble.CheckStatus.DOWN)
    assert time.monotonic() - began < pace.period * pace.threshold + pace.timeout + 10
    with pytest.raises(Waiting, match="app to answer"):
        run(client, workload)
    os.kill(int(number.read_text()), signal.SIGCONT)


def test_a_program_that_hangs_for_long_is_started_anew(
    client: pebble.Client, port: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubeflow_charms.parts.layers.HUNG", Pace(1.2, 1.1, 2))
    number = tmp_path / "number"
    command = f"/bin/sh -c 'echo $$ > {number}; exec {sys.executable} -m http.server --bind 127.0.0.1 {port}'"
    checks = {"http": HttpCheck(port, liveness=True)}
    workload = server(port, tmp_path, command=command, checks=checks, kill_delay=1)
    answering(client, workload)
    hung = int(number.read_text())
    os.kill(hung, signal.SIGSTOP)
    until(lambda: int(number.read_text() or hung) != hung)
    until(lambda: client.get_services(["app"])[0].is_running())


def test_a_program_that_never_answered_is_never_ended_for_it(
    client: pebble.Client, port: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubeflow_charms.parts.layers.HUNG", Pace(1.2, 1.1, 1))
    silent = server(port, tmp_path, command="sleep 1000", checks={"http": HttpCheck(port, liveness=True)})
    with contextlib.suppress(Waiting):
        run(client, silent)
    until(lambda: woken(client) > 0)
    assert (set(client.get_plan().checks), starts(client)) == ({"http"}, 1)


def test_a_program_that_does_not_answer_is_waited_for_until_its_check_is_down(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(Waiting, match="app to answer"):
        run(client, server(port, tmp_path, command="sleep 1000"))
    assert {info.status for info in client.get_checks()} == {pebble.CheckStatus.DOWN}


def test_a_program_that_takes_its_time_answers_when_apply_returns(
    client: pebble.Client, port: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubeflow_charms.parts.checks.STARTING", Pace(5, 4, 2))
    monkeypatch.setattr("kubeflow_charms.parts.workload.PATIENCE", 11)
    slow = f"import time; time.sleep(2); import http.server as s; s.test(s.SimpleHTTPRequestHandler, port={port})"
    run(client, server(port, tmp_path, command=f'{sys.executable} -c "{slow}"', checks={"http": HttpCheck(port)}))
    socket.create_connection(("127.0.0.1", port)).close()


def test_a_program_that_ends_at_its_new_files_goes_on_with_those_before(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    file = str(tmp_path / "configuration")
    serve = f"exec {sys.executable} -m http.server --bind 127.0.0.1 {port}"
    command = f"sh -c 'grep -q good {file} || exit 1; {serve}'"
    run(client, server(port, tmp_path, command=command, files={file: File("good")}))
    with pytest.raises(Blocked, match="app ends as soon as it starts"):
        run(client, server(port, tmp_path, command=command, files={file: File("bad")}))
    assert pathlib.Path(file).read_text() == "good"
    assert client.get_services(["app"])[0].is_running()
    run(client, server(port, tmp_path, command=command, files={file: File("good again")}))
    assert pathlib.Path(file).read_text() == "good again"


def test_a_program_that_ends_for_what_is_away_outside_starts_once_that_is_back(
    client: pebble.Client, port: int, tmp_path: pathlib.Path
) -> None:
    outside = Reachable("127.0.0.1", port, "the directory")
    ask = f"import socket, time; socket.create_connection(('127.0.0.1', {port})); time.sleep(1000)"
    needy = server(port, tmp_path, command=f'{sys.executable} -c "{ask}"', checks={"directory": outside})
    with pytest.raises(Waiting, match="the directory to answer, without which app does not start"):
        run(client, needy)
    with socket.create_server(("127.0.0.1", port)):
        run(client, needy)
        assert client.get_services(["app"])[0].is_running()


def test_pebble_watches_what_is_outside_though_the_program_did_not_start(
    client: pebble.Client, port: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubeflow_charms.parts.checks.OUTSIDE", Pace(1, 0.5, 2))
    outside = Reachable("127.0.0.1", port, "the directory")
    with pytest.raises(Waiting):
        run(client, server(port, tmp_path, command="false", checks={"directory": outside}))
    until(lambda: client.get_checks()[0].status == pebble.CheckStatus.DOWN)
    with socket.create_server(("127.0.0.1", port)):
        until(lambda: client.get_checks()[0].status == pebble.CheckStatus.UP)
