"""MicroK8s on this machine, with `snap` and `microk8s` that only write down what they are asked."""

import pytest

from tools.up import snaps
from tools.up.errors import Refusal
from tools.up.wishes import Wishes

STRICT = "microk8s  v1.34.1  1  1.34-strict/stable  canonical  -"
CLASSIC = "microk8s  v1.34.1  1  1.34/stable  canonical  classic"


class Machine:
    """A machine with the programs; `asked` is what they were."""

    def __init__(self, folder):
        self._folder = folder

    def program(self, name: str, script: str) -> None:
        path = self._folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $@" >> {self._folder}/asked\n{script}\n')
        path.chmod(0o755)

    def has(self, listed: str, *enabled: str) -> None:
        """Install a snap with add-ons."""
        add_ons = "".join(f"- {{name: {name}, status: enabled}}\\n" for name in enabled)
        self.program(
            "snap", f'[ "$1" = list ] && printf "Name Version Rev Tracking Publisher Notes\\n{listed}\\n"; true'
        )
        self.program("microk8s", f'case "$*" in *yaml*) printf "addons:\\n{add_ons}" ;; esac')

    @property
    def enabled(self) -> list[str]:
        lines = (self._folder / "asked").read_text().splitlines()
        return [line.split(" enable ")[1] for line in lines if " enable " in line]


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    found = Machine(tmp_path)
    found.program("ip", "echo []")
    return found


ALL = ("rbac", "dns", "hostpath-storage", "metallb")


def test_gpus_are_enabled_the_second_time_too(machine):
    machine.has(CLASSIC, *ALL)
    snaps.prepare_kubernetes(Wishes(gpu=True))
    assert machine.enabled == ["nvidia"]


def test_the_strict_snap_refuses_gpus_at_once_and_says_what_to_do(machine):
    machine.has(STRICT)
    with pytest.raises(Refusal, match="the strict snap here, which has no add-on for GPUs"):
        snaps.prepare_kubernetes(Wishes(gpu=True))


def test_the_addresses_that_were_found_are_asked_about(machine):
    machine.has(STRICT)
    asked = []
    snaps.prepare_kubernetes(Wishes(ask=lambda question: asked.append(question) or True))
    assert asked == ["Let the load balancer give out 10.64.140.43-10.64.140.49?"]
    assert "metallb:10.64.140.43-10.64.140.49" in machine.enabled


def test_without_consent_nothing_is_enabled_and_the_option_is_named(machine):
    machine.has(STRICT)
    with pytest.raises(Refusal, match="--addresses FIRST-LAST"):
        snaps.prepare_kubernetes(Wishes(ask=lambda _: False))
    assert machine.enabled == []


def test_addresses_that_were_chosen_are_taken_unasked(machine):
    machine.has(STRICT)
    snaps.prepare_kubernetes(Wishes(addresses="10.0.0.5-10.0.0.9", ask=lambda _: False))
    assert "metallb:10.0.0.5-10.0.0.9" in machine.enabled


def test_addresses_for_a_load_balancer_that_has_some_are_refused_and_not_passed_over(machine):
    machine.has(STRICT, *ALL)
    with pytest.raises(Refusal, match="has its addresses already"):
        snaps.prepare_kubernetes(Wishes(addresses="10.0.0.5-10.0.0.9"))


def test_a_cloud_is_this_machines_only_if_the_snap_is_there(machine):
    machine.has(STRICT)
    assert (snaps.is_microk8s("microk8s"), snaps.is_microk8s("elsewhere")) == (True, False)
    machine.has("juju 3.6 1 3.6/stable canonical -")
    assert not snaps.is_microk8s("microk8s")
