"""What a cluster is like that is not set up as the testbed's own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner

from testbed import control_plane, lifecycle, profiles, state, storage
from testbed.__main__ import app
from testbed.errors import TestbedError
from testbed.machine import Machine, Program
from testbed.network import Network
from testbed.paths import Paths
from testbed.processes import wait
from testbed.profiles import PROFILES
from testbed.state import Record

MICROK8S = PROFILES["microk8s"]
PATHS = Paths("probe", Path("/srv/probe"))
NOWHERE = PurePosixPath("/var/testbed-unit-test/common/kubelet")


def option(program: Program, name: str) -> list[str]:
    return [word.partition("=")[2] for word in program.command if word.startswith(f"--{name}=")]


def test_without_a_word_a_testbed_keeps_the_profile_that_it_was_made_with() -> None:
    assert profiles.choose("") == "plain"
    assert profiles.choose("microk8s") == "microk8s"
    assert profiles.choose("", "microk8s") == profiles.choose("microk8s", "microk8s") == "microk8s"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("k3s", "no profile 'k3s': choose plain, microk8s"),
        ("microk8s", "has the profile plain, not microk8s: run `down` first"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(asked: str, reason: str) -> None:
    with pytest.raises(TestbedError, match=reason):
        profiles.choose(asked, "plain")


def test_microk8s_authorises_nothing_until_it_is_told_to() -> None:
    assert not Record(profile="microk8s").authorizes
    assert Record(profile="microk8s", rbac=True).authorizes
    assert Record().authorizes


@pytest.mark.parametrize(("rbac", "mode"), [(True, "Node,RBAC"), (False, "AlwaysAllow")])
def test_the_api_server_is_told_how_it_authorises(rbac: bool, mode: str) -> None:
    assert option(control_plane.apiserver(PATHS, Network(), rbac=rbac), "authorization-mode") == [mode]


def test_no_volume_of_microk8s_is_for_many_writers() -> None:
    found = storage.configuration(PATHS, MICROK8S)
    assert "sharedFileSystemPath" not in found
    assert found["nodePathMap"] == [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/srv/probe/volumes"]}]


def test_the_record_of_a_testbed_of_before_there_were_profiles_is_read(tmp_path: Path) -> None:
    paths = Paths("probe", tmp_path)
    paths.record.write_text(json.dumps({"juju": "3.6", "bootstrapped": True}))
    assert (state.read(paths) or Record()).cluster == PROFILES["plain"]


def test_up_hands_on_the_profile_and_whether_it_authorises(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(lifecycle, "up", lambda _paths, **options: asked.append(options))
    assert CliRunner().invoke(app, ["up", "--profile", "microk8s", "--rbac"]).exit_code == 0
    assert (asked[0]["profile"], asked[0]["rbac"]) == ("microk8s", True)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    if os.geteuid():
        pytest.skip("namespaces need root")
    made = Machine(Paths("unit-test-profiles", tmp_path / "state"))
    made.boot(NOWHERE)
    yield made
    made.kill()


def test_kubelet_keeps_its_files_in_the_state_and_sees_them_where_the_host_has_no_such_folder(
    machine: Machine,
) -> None:
    seen = machine.paths.state / "seen"
    script = f"echo here > {NOWHERE}/file; ls -d /var/cache > {seen}; cat /var/lib/kubelet/file >> {seen}; sleep 1000"
    machine.start(Program("look", ("sh", "-c", script)))
    assert wait(lambda: seen.exists() and seen.read_text() == "/var/cache\nhere\n", 10)
    assert (machine.paths.kubelet / "file").read_text() == "here\n"
    assert not Path(NOWHERE.parents[1]).exists()
