import dataclasses
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.processes import Process, alone, wait


def identify(number: int) -> Process:
    found = Process.find(number)
    assert found is not None
    return found


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as running:
        yield running
        running.kill()


def test_a_process_is_known_by_its_number_and_its_start(sleeper: subprocess.Popen[bytes]) -> None:
    found = identify(sleeper.pid)
    assert found.alive()
    found.kill()
    sleeper.wait(5)
    assert not found.alive()


def test_a_process_with_a_reused_number_is_left_alone(sleeper: subprocess.Popen[bytes]) -> None:
    earlier = dataclasses.replace(identify(sleeper.pid), started=1)
    assert not earlier.alive()
    earlier.kill()
    assert sleeper.poll() is None


def test_a_process_from_before_a_reboot_is_left_alone(sleeper: subprocess.Popen[bytes]) -> None:
    earlier = dataclasses.replace(identify(sleeper.pid), boot="another")
    earlier.kill()
    assert sleeper.poll() is None


def test_a_dead_process_that_nobody_collected_does_not_run(sleeper: subprocess.Popen[bytes]) -> None:
    found = identify(sleeper.pid)
    sleeper.kill()
    assert wait(lambda: not found.alive(), 5)
    found.kill()


def test_a_process_knows_what_started_it(sleeper: subprocess.Popen[bytes]) -> None:
    found = identify(sleeper.pid)
    assert found.parent() == identify(os.getpid())
    sleeper.kill()
    sleeper.wait(5)
    assert found.parent() is None
    assert Process.find(sleeper.pid) is None


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"boot": "x", "process": "y", "started": 1}'])
def test_a_damaged_file_names_no_process(tmp_path: Path, content: str) -> None:
    path = tmp_path / "process.json"
    path.write_text(content)
    assert Process.read(path) is None


def test_a_process_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = Process("boot", 12, 34)
    path = tmp_path / "process.json"
    path.write_text(json.dumps(dataclasses.asdict(found)))
    assert Process.read(path) == found
    assert Process.read(tmp_path / "none.json") is None


def test_waiting_ends_when_the_time_is_over() -> None:
    started = time.monotonic()
    assert not wait(lambda: False, 0.3)
    assert 0.3 <= time.monotonic() - started < 20


def test_a_second_command_waits_for_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def second() -> None:
        with alone(tmp_path):
            order.append("second")

    with alone(tmp_path):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert wait(lambda: "waiting for another command" in capsys.readouterr().err, 5)
        order.append("first")
    waiting.join(5)
    assert order == ["first", "second"]


def test_whoever_waited_for_a_testbed_that_was_removed_gets_a_new_directory(tmp_path: Path) -> None:
    state = tmp_path / "state"
    found: list[bool] = []

    def second() -> None:
        with alone(state):
            found.append(state.is_dir())

    with alone(state):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.2)
        state.rmdir()
    waiting.join(5)
    assert found == [True]
