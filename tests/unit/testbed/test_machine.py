"""The machine for real, with programs that every Debian has; it needs root."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed import network
from testbed.errors import TestbedError
from testbed.machine import Machine, Program
from testbed.paths import Paths
from testbed.processes import wait

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")

SLEEP = Program("sleep", ("sleep", "1000"))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(Paths("unit-test", tmp_path / "state"))
    found.boot()
    yield found
    found.kill()


def starts(machine: Machine, name: str) -> int:
    program = machine.programs().get(name, {})
    return int(program["starts"]) if program.get("running") else 0


def processes(machine: Machine) -> list[str]:
    found = machine.process()
    assert found is not None
    below = Path(f"/proc/{found.process}/task/{found.process}/children").read_text().split()
    return below


def test_a_program_is_started_once_and_listed(machine: Machine) -> None:
    machine.start(SLEEP)
    machine.start(SLEEP)
    assert machine.programs() == {"sleep": {"running": True, "starts": 1}}


def test_what_a_program_says_is_in_its_log(machine: Machine) -> None:
    machine.start(Program("talk", ("sh", "-c", "echo one; echo two >&2; sleep 1000")))
    log = machine.paths.logs / "talk.log"
    assert wait(lambda: log.exists() and log.read_text() == "one\ntwo\n", 5)


def test_a_program_that_dies_is_started_again(machine: Machine) -> None:
    machine.start(SLEEP)
    (number,) = processes(machine)
    os.kill(int(number), 9)
    assert wait(lambda: starts(machine, "sleep") == 2, 5)


def test_a_program_that_is_stopped_stays_so(machine: Machine) -> None:
    machine.start(SLEEP)
    machine.stop("sleep")
    assert machine.programs() == {}
    assert processes(machine) == []


def test_an_unknown_program_is_refused(machine: Machine) -> None:
    with pytest.raises(TestbedError, match="no-such-program is not on PATH"):
        machine.start(Program("none", ("no-such-program",)))


def test_orphans_are_collected(machine: Machine) -> None:
    machine.start(Program("parent", ("sh", "-c", "(sleep 0.2 &) ; exec sleep 1000")))
    assert wait(lambda: len(processes(machine)) == 1, 5)


def test_the_network_is_the_machines_own_and_has_no_way_out(machine: Machine) -> None:
    network.set_up(machine)
    network.set_up(machine)
    assert network.IPV4.node in machine.run("ip", "-4", "address", "show", "node").stdout
    assert machine.run("ip", "route", "get", "203.0.113.1", check=False).returncode != 0


def test_programs_write_nothing_into_the_directories_of_the_host(machine: Machine) -> None:
    before = {folder: sorted(os.listdir(folder)) for folder in ("/run", "/var/lib", "/var/log")}
    script = f"touch /run/probe /var/lib/probe /var/log/probe && touch {machine.paths.state}/done; sleep 1000"
    machine.start(Program("write", ("sh", "-c", script)))
    assert wait((machine.paths.state / "done").exists, 5)
    assert {folder: sorted(os.listdir(folder)) for folder in before} == before


def test_settings_of_the_host_are_not_changed(machine: Machine) -> None:
    setting = Path("/proc/sys/kernel/panic")
    before = setting.read_text()
    script = f"echo 77 > {setting}; cat {setting} > {machine.paths.state}/seen; sleep 1000"
    machine.start(Program("change", ("sh", "-c", script)))
    seen = machine.paths.state / "seen"
    assert wait(lambda: seen.exists() and seen.read_text() == "77\n", 5)
    assert setting.read_text() == before


def test_halting_lets_programs_end_by_themselves(machine: Machine) -> None:
    done = machine.paths.state / "ended"
    script = f"trap 'touch {done}; exit' TERM; touch {machine.paths.state}/ready; while :; do sleep 0.1; done"
    machine.start(Program("polite", ("sh", "-c", script)))
    assert wait((machine.paths.state / "ready").exists, 5)
    machine.halt()
    assert done.exists()
    assert not machine.running()


def test_with_the_machine_every_process_and_namespace_ends(machine: Machine) -> None:
    machine.start(Program("stubborn", ("sh", "-c", "trap '' TERM; (sleep 1000 & sleep 1000 & wait)")))
    process = machine.process()
    assert process is not None
    namespace = os.readlink(f"/proc/{process.process}/ns/net")
    machine.kill()
    held = subprocess.run(["lsns", "--noheadings", "--output=NS"], capture_output=True, text=True, check=True)
    assert namespace.strip("net:[]") not in held.stdout.split()


def test_a_machine_that_was_killed_is_started_again(machine: Machine) -> None:
    process = machine.process()
    assert process is not None
    process.kill()
    assert wait(lambda: not process.alive(), 5)
    assert not machine.running()
    machine.boot()
    assert machine.running()


def test_a_command_for_a_stopped_testbed_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="`python -m testbed up` starts it"):
        Machine(Paths("unit-test", tmp_path)).run("true")


def test_a_failed_command_says_what_it_said(machine: Machine) -> None:
    with pytest.raises(TestbedError, match=r"(?s)`sh -c echo no >&2; exit 3` failed with status 3:\nno"):
        machine.run("sh", "-c", "echo no >&2; exit 3")


def test_process_one_refuses_to_be_another() -> None:
    program = Path(__file__).parents[3] / "testbed" / "process_one.py"
    done = subprocess.run(["python3", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "python -m testbed up" in done.stderr
