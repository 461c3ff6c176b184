"""The command line."""

import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

from tools.store.command import app


@pytest.fixture
def run(folder):
    """Run a sub-command on the store's folder."""

    def command(name: str, *arguments: object):
        return CliRunner().invoke(app, [name, str(folder), *map(str, arguments)])

    return command


def test_what_is_added_is_listed(run, make_charm, bundle):
    added = run("add", make_charm(), bundle)
    assert added.exit_code == 0
    assert "dex-auth revision 1 is released to latest/stable" in added.stdout
    assert re.search(r"dex-auth +charm +1 +latest/stable", run("list").stdout)


def test_a_bad_archive_is_refused_and_the_others_are_added(run, make_charm, make_zip):
    result = run("add", make_zip("minio.charm", {}), make_charm())
    assert result.exit_code == 1
    assert "refused: minio.charm: there is no metadata.yaml" in result.stderr
    assert "dex-auth revision 1 is released" in result.stdout


def test_a_revision_is_promoted(run, make_charm):
    run("add", make_charm(), "--channel", "latest/edge")
    assert run("release", "dex-auth", 1, "latest/stable").exit_code == 0
    assert "latest/stable, latest/edge" in run("list").stdout


def test_a_revision_that_is_not_there_cannot_be_promoted(run, make_charm):
    run("add", make_charm())
    result = run("release", "dex-auth", 5, "latest/stable")
    assert (result.exit_code, "has no revision 5 of dex-auth; it has 1" in result.stderr) == (1, True)


def test_a_charm_without_images_is_told_of(run, make_charm):
    assert "its resource workload-image names no image" in run("add", make_charm(image="")).stderr


def test_what_cannot_be_served_is_listed_with_the_reason(run, folder):
    (folder / "minio.charm").write_text("no zip")
    result = run("list")
    assert (result.exit_code, "not served: minio.charm is no sound zip archive" in result.stderr) == (1, True)


def test_a_missing_folder_is_not_served(run, folder):
    folder.rmdir()
    result = run("serve")
    assert (result.exit_code, "cannot be read" in result.stderr) == (1, True)


def test_the_store_is_served_until_it_is_told_to_end(folder, make_charm):
    command = [sys.executable, "-u", "-m", "tools", "store", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{url}/v2/charms/find", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
