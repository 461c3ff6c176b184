import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed import golang, juju_versions, lifecycle, state
from testbed.__main__ import app
from testbed.errors import TestbedError
from testbed.juju_versions import VERSIONS
from testbed.paths import Paths
from testbed.state import Record

OTHER = next(name for name in VERSIONS if name != juju_versions.DEFAULT)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "state"))
    monkeypatch.delenv(juju_versions.VARIABLE, raising=False)
    return Paths.from_environment()


@pytest.fixture
def brought_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The versions that `lifecycle.up` was asked for; nothing is started."""
    asked: list[str] = []
    monkeypatch.setattr(lifecycle, "up", lambda paths, *, version, **others: asked.append(version))
    return asked


def test_without_a_word_it_is_the_default() -> None:
    assert juju_versions.choose(variables={}) == juju_versions.DEFAULT


def test_the_environment_chooses_and_an_option_is_stronger() -> None:
    variables = {"TESTBED_JUJU": OTHER}
    assert juju_versions.choose(variables=variables) == OTHER
    assert juju_versions.choose(juju_versions.DEFAULT, variables=variables) == juju_versions.DEFAULT


def test_a_testbed_keeps_the_version_that_it_was_made_with() -> None:
    assert juju_versions.choose(recorded=OTHER, variables={}) == OTHER
    assert juju_versions.choose(OTHER, recorded=OTHER, variables={}) == OTHER


def test_another_version_for_a_testbed_that_is_there_is_refused_with_what_to_do() -> None:
    with pytest.raises(TestbedError, match=r"has Juju 4\.1, not 3\.6: run `down` first, or .* TESTBED_NAME"):
        juju_versions.choose("3.6", recorded="4.1", variables={})


@pytest.mark.parametrize("given", [{"asked": "2.9"}, {"variables": {"TESTBED_JUJU": "2.9"}}, {"recorded": "2.9"}])
def test_a_version_that_is_not_there_is_refused_with_those_that_are(given: dict[str, str]) -> None:
    with pytest.raises(TestbedError, match=r"no Juju '2\.9' for the testbed: choose 3\.6 or 4\.1"):
        juju_versions.choose(**{"variables": {}, **given})  # pyright: ignore[reportArgumentType]


def test_a_testbed_of_before_there_was_a_choice_has_4_1(paths: Paths) -> None:
    paths.state.mkdir()
    paths.record.write_text(json.dumps({"load_balancer": True, "bootstrapped": True, "limits": {}}))
    assert state.read(paths) == Record(juju="4.1", bootstrapped=True)


@pytest.mark.parametrize(("arguments", "variable"), [(("--juju", OTHER), ""), ((), OTHER)])
def test_up_asks_for_what_the_option_or_the_environment_says(
    paths: Paths, brought_up: list[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], variable: str
) -> None:
    monkeypatch.setenv("TESTBED_JUJU", variable)
    assert CliRunner().invoke(app, ["up", *arguments]).exit_code == 0
    assert brought_up == [OTHER]


def test_start_asks_for_what_the_testbed_has_whatever_the_environment_says(
    paths: Paths, brought_up: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED_JUJU", juju_versions.DEFAULT)
    state.write(paths, Record(juju=OTHER))
    lifecycle.start(paths)
    assert brought_up == [OTHER]


@pytest.mark.parametrize(
    "command", [lifecycle.build, lambda paths, version: lifecycle.up(paths, version=version, load_balancer=True)]
)
def test_nothing_is_built_for_a_testbed_that_has_another_version(paths: Paths, command: Callable[..., object]) -> None:
    state.write(paths, Record(juju=OTHER))
    with pytest.raises(TestbedError, match=f"this testbed has Juju {OTHER}"):
        command(paths, version=juju_versions.DEFAULT)


@pytest.mark.parametrize("name", VERSIONS)
def test_every_version_is_pinned_with_its_sums_and_the_programs_of_the_table(name: str) -> None:
    version = VERSIONS[name]
    folder = golang.MODULES / version.module
    assert f"\tgithub.com/juju/juju/cmd/{version.controller}\n" in (folder / "go.mod").read_text()
    required = golang.required_version(version.module, "github.com/juju/juju")
    assert f"github.com/juju/juju {required} h1:" in (folder / "go.sum").read_text()


def test_a_user_is_found_by_name_and_number_in_the_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    subprocess.run(["sh", "-ec", juju_versions.SYSLOG.hook(), "sh", str(tmp_path)], check=True)
    assert (tmp_path / "etc/passwd").read_text() == "syslog:x:171:171::/nonexistent:/usr/sbin/nologin\n"
    assert (tmp_path / "etc/group").read_text() == "syslog:x:171:\n"
