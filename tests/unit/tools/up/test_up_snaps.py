"""MicroK8s on this machine, with `snap` and `microk8s` that only write down what they are asked."""

import grp
import os
import socket
import types

import pytest

from tools.doctor import machine as this_machine
from tools.up import microk8s, snaps
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

    def fails(self, program: str, word: str) -> None:
        """Let a program fail where it is asked for something."""
        path = self._folder / program
        lines = path.read_text().splitlines()
        path.write_text("\n".join([*lines[:2], f'case "$*" in *"{word}"*) exit 7 ;; esac', *lines[2:]]) + "\n")

    @property
    def enabled(self) -> list[str]:
        return [line.split(" enable ")[1] for line in self.asked.splitlines() if " enable " in line]

    @property
    def asked(self) -> str:
        """What the programs were asked, a line each."""
        return (self._folder / "asked").read_text()


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


NOTHING = "juju 3.6.11 1 3.6/stable canonical -"


@pytest.mark.parametrize(
    ("listed", "enabled", "program", "word", "said"),
    [
        (NOTHING, (), "snap", "install microk8s", "what went wrong is in: snap changes"),
        (STRICT, (), "microk8s", "--wait-ready", "sudo microk8s inspect"),
        (STRICT, (), "microk8s", "enable rbac", "sudo microk8s status"),
        (STRICT, ("rbac", "dns", "hostpath-storage"), "microk8s", "enable metallb", "sudo microk8s status"),
        (STRICT, ALL, "microk8s", "deployment/coredns", "sudo microk8s kubectl describe pods -n kube-system"),
    ],
)
def test_a_step_that_fails_says_what_helps_and_to_go_on_then(
    machine, monkeypatch, listed, enabled, program, word, said
):
    monkeypatch.setattr(microk8s, "PORTS", {})
    machine.has(listed, *enabled)
    machine.fails(program, word)
    with pytest.raises(Refusal) as refusal:
        snaps.prepare_kubernetes(Wishes())
    assert "failed with status 7; " in str(refusal.value)
    assert said in str(refusal.value)
    assert str(refusal.value).endswith("; then run ./up again")


def test_every_step_knows_what_helps(machine):
    steps = [
        *microk8s.kubernetes([], gpu=False),
        *microk8s.add_ons([], "A-B", gpu=True),
        *microk8s.client([], present=False),
    ]
    steps += microk8s.controller([], classic=True, joins="ada")
    assert [step.title for step in steps if not step.otherwise] == []


@pytest.fixture
def small(machine, monkeypatch):
    """A machine with nothing, little disk and low limits, on which nothing listens."""
    monkeypatch.setattr(microk8s, "PORTS", {})
    low = this_machine.limits({"fs.inotify.max_user_instances": 128, "fs.inotify.max_user_watches": 1 << 20})
    monkeypatch.setattr(this_machine, "room", lambda: [*this_machine.size(4, 16 << 30, 10 << 30), low])
    machine.has(NOTHING)
    return machine


def test_a_disk_without_room_is_asked_about_before_anything_is_installed(small):
    asked = []
    with pytest.raises(Refusal, match=r"too small, see docs/microk8s\.md.*\./up --check"):
        snaps.prepare_kubernetes(Wishes(ask=lambda question: asked.append(question) or False))
    assert asked == ["Install MicroK8s all the same?"]
    assert "install" not in small.asked


def test_who_consents_to_a_small_machine_reads_what_it_lacks_and_what_to_type(small, capfd):
    small.program("microk8s", "true")
    small.fails("snap", "install microk8s")
    with pytest.raises(Refusal, match="snap changes"):
        snaps.prepare_kubernetes(Wishes(addresses="10.0.0.5-10.0.0.9", ask=lambda _: True))
    said = capfd.readouterr().err
    assert "free disk: 10 GiB is too little for kubeflow-lite, which needs 55 GiB" in said
    assert "too many open files`; sudo sysctl fs.inotify.max_user_instances=1280" in said


def test_without_internet_a_person_reads_what_snapd_said_and_where_to_look(machine, monkeypatch, capfd):
    monkeypatch.setattr(microk8s, "PORTS", {})
    machine.has(NOTHING)
    said = 'error: cannot install "microk8s": Post "https://example.com/v2/snaps/refresh": dial tcp: lookup failed'
    listed = 'printf "Name Version Rev Tracking Publisher Notes\\n"'
    machine.program("snap", f"[ \"$1\" = list ] && {listed} && exit; echo '{said}' >&2; exit 1")
    with pytest.raises(Refusal, match=r"`snap install microk8s .*` failed with status 1; .*without internet"):
        snaps.prepare_kubernetes(Wishes(addresses="10.0.0.5-10.0.0.9", ask=lambda _: True))
    assert said in capfd.readouterr().err


def test_a_snap_that_is_held_back_is_as_good_as_any(machine):
    machine.has(f"{CLASSIC},held", *ALL)
    snaps.prepare_kubernetes(Wishes(gpu=True))
    assert machine.enabled == ["nvidia"]


def test_a_snap_that_is_disabled_is_told_with_the_command(machine):
    machine.has(STRICT.removesuffix("-") + "disabled")
    with pytest.raises(Refusal, match="is disabled here: sudo snap enable microk8s"):
        snaps.prepare_kubernetes(Wishes())


@pytest.fixture
def user(machine, monkeypatch, tmp_path):
    """A user who may use sudo, on a machine with MicroK8s and Juju's client, which knows the cloud microk8s."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("pwd.getpwuid", lambda _: types.SimpleNamespace(pw_name="ada"))
    group = types.SimpleNamespace(gr_gid=584788)
    monkeypatch.setattr(grp, "getgrnam", lambda _: group)
    machine.has(STRICT, *ALL)
    machine.program("sudo", 'exec "$@"')
    machine.program("usermod", "true")
    machine.program("sg", "true")
    answers = {"clouds": '{"microk8s": {}}', "controllers": "{}"}
    cases = "".join(f"{word}) echo '{answer}' ;; " for word, answer in answers.items())
    machine.program("juju", f"case $1 in {cases}esac")
    return machine


def test_a_user_who_is_not_in_the_group_joins_it_and_needs_no_new_log_in(user, monkeypatch):
    monkeypatch.setattr(os, "getgroups", lambda: [1000])
    snaps.prepare(Wishes())
    asked = user.asked.splitlines()
    joined = asked.index("usermod --append --groups snap_microk8s ada")
    assert asked[joined + 1 :] == ["sg snap_microk8s -c juju bootstrap microk8s kubeflow", "juju switch kubeflow:"]


def test_a_user_who_is_in_the_group_bootstraps_herself(user, monkeypatch):
    monkeypatch.setattr(os, "getgroups", lambda: [1000, 584788])
    snaps.prepare(Wishes())
    assert user.asked.splitlines()[-2:] == ["juju bootstrap microk8s kubeflow", "juju switch kubeflow:"]
    assert "usermod" not in user.asked


def test_a_port_that_is_taken_is_told_before_anything_is_installed(machine, monkeypatch):
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(microk8s, "PORTS", {port: "the kubelet"})
        machine.has(NOTHING)
        with pytest.raises(Refusal, match=rf"needs port {port} for the kubelet.*sudo ss -ltnp 'sport = :{port}'"):
            snaps.prepare_kubernetes(Wishes())
    assert "install" not in machine.asked


def test_a_cloud_is_this_machines_only_if_the_snap_is_there(machine):
    machine.has(STRICT)
    assert (snaps.is_microk8s("microk8s"), snaps.is_microk8s("elsewhere")) == (True, False)
    machine.has("juju 3.6 1 3.6/stable canonical -")
    assert not snaps.is_microk8s("microk8s")
