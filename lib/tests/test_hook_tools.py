"""What a hook costs in programs that Juju starts for it: a real process, with tools that note how they were called."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHARM = """
from kubeflow_charms import Charm, main

class Quiet(Charm):
    def plan(self):
        yield from ()

main(Quiet)
"""
ANSWERS = {"config-get": "{}", "is-leader": "false", "juju-log": "", "status-set": ""}
TOOL = "#!/bin/sh\necho \"${{0##*/}} $*\" >> {calls}\necho '{answer}'\n"


@pytest.fixture
def hook(tmp_path: pathlib.Path) -> list[str]:
    """The calls of an update-status hook of a charm that has nothing to do."""
    calls, tools, charm = tmp_path / "calls", tmp_path / "tools", tmp_path / "charm"
    for folder in (tools, charm):
        folder.mkdir()
    for name, answer in ANSWERS.items():
        tool = tools / name
        tool.write_text(TOOL.format(calls=calls, answer=answer))
        tool.chmod(0o755)
    (charm / "metadata.yaml").write_text("name: quiet\n")
    (charm / "charm.py").write_text(CHARM)
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "lib"),
        "JUJU_CHARM_DIR": str(charm),
        "JUJU_DISPATCH_PATH": "hooks/update-status",
        "JUJU_MODEL_NAME": "edge",
        "JUJU_MODEL_UUID": "0",
        "JUJU_UNIT_NAME": "quiet/0",
        "JUJU_VERSION": "3.6.0",
    }
    subprocess.run([sys.executable, "charm.py"], cwd=charm, env=environment, check=True)
    return calls.read_text().splitlines()


def test_a_hook_that_has_nothing_to_tell_logs_nothing(hook: list[str]):
    assert [call for call in hook if call.startswith("juju-log")] == []


def test_a_hook_asks_juju_once_for_what_every_hook_needs(hook: list[str]):
    tools = [call.split()[0] for call in hook]
    assert sorted(tools) == ["config-get", "is-leader", "status-set"]
