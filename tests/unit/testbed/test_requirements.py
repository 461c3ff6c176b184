import dataclasses
from pathlib import Path

import pytest

from testbed import requirements
from testbed.errors import TestbedError
from testbed.paths import Paths
from testbed.requirements import GIBIBYTE, Host

PATHS = Paths("probe", Path("/srv/probe"))
GOOD = Host(root=True, missing_controllers=(), obstacles=(), memory=8 * GIBIBYTE, disk=40 * GIBIBYTE, built=False)


def test_a_good_host_is_not_refused() -> None:
    assert requirements.refusals(GOOD, PATHS) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"root": False}, "use sudo"),
        ({"missing_controllers": ("memory",)}, "controllers memory are not mounted"),
        ({"obstacles": ("move the processes",)}, "move the processes"),
        ({"memory": GIBIBYTE}, "1024 MiB of memory are available and 3072 are needed"),
        ({"disk": 5 * GIBIBYTE}, "5.0 GiB of disk are free and 16 are needed"),
        ({"disk": 3 * GIBIBYTE, "built": True}, "3.0 GiB of disk are free and 4 are needed"),
    ],
)
def test_a_refusal_says_what_is_missing(change: dict[str, object], said: str) -> None:
    (refusal,) = requirements.refusals(dataclasses.replace(GOOD, **change), PATHS)
    assert said in refusal


def test_less_disk_is_enough_once_everything_is_built() -> None:
    host = dataclasses.replace(GOOD, disk=5 * GIBIBYTE, built=True)
    assert requirements.refusals(host, PATHS) == []


def test_a_state_too_deep_for_a_socket_is_refused() -> None:
    (refusal,) = requirements.refusals(GOOD, Paths("probe", Path("/srv", "x" * 100)))
    assert "choose a shorter path" in refusal


def test_all_refusals_are_shown_together() -> None:
    with pytest.raises(TestbedError, match=r"(?s)cannot run.*one.*two"):
        requirements.check(["one", "two"])
    requirements.check([])


def test_memory_that_can_be_freed_counts() -> None:
    assert requirements.available_memory("MemFree: 1 kB\nMemAvailable:    2048 kB\n") == 2 << 20
    assert requirements.available_memory("") == 0


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    host = Host.look(Paths("probe", tmp_path / "state"), tmp_path)
    assert host.memory > 0
    assert host.disk > 0
    assert not host.built
