"""Charms of other publishers, fetched by Juju's client."""

import shutil

import pytest
from typer.testing import CliRunner

from tools.store.command import app


@pytest.fixture
def charmhub(tmp_path, monkeypatch, make_charm):
    """A `juju` that writes down what it is asked, and downloads one charm."""
    programs = tmp_path / "programs"
    programs.mkdir()
    script = programs / "juju"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
        f'case $2 in dex-auth) cp {make_charm()} dex-auth_r12.charm ;; *) echo "ERROR no such" >&2; exit 1 ;; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return tmp_path / "asked"


def add(folder, *arguments):
    return CliRunner().invoke(app, ["add", str(folder), *map(str, arguments)])


def test_a_charm_is_fetched_from_a_channel_and_released_to_the_same(folder, charmhub):
    done = add(folder, "--from-charmhub", "dex-auth", "--channel", "8.0/stable", "--base", "ubuntu@22.04")
    assert "dex-auth revision 12 is released to 8.0/stable" in done.stdout
    asked = charmhub.read_text()
    assert asked.startswith("download dex-auth --channel 8.0/stable --charmhub-url https://api.charmhub.io")
    assert asked.endswith("--base ubuntu@22.04\n")


def test_what_charmhub_does_not_have_is_refused_in_its_words(folder, charmhub):
    done = add(folder, "--from-charmhub", "nothing")
    assert (done.exit_code, "ERROR no such" in done.stderr) == (1, True)


def test_without_a_client_it_is_said_how_to_get_one(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("juju") is None
    done = add(folder, "--from-charmhub", "dex-auth")
    assert (done.exit_code, "snap install juju" in done.stderr) == (1, True)


@pytest.mark.parametrize("arguments", [[], ["--from-charmhub", "dex-auth", "dex-auth.charm"]])
def test_either_files_or_a_name_is_given(folder, arguments):
    assert add(folder, *arguments).exit_code == 2
