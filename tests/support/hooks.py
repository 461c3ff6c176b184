"""Runs the hooks of a packed charm as processes, as Juju's unit agent does."""

import dataclasses
import json
import pathlib
import subprocess
import sys

import yaml

from . import hook_tool
from .hook_tool import CALLS, STATE, Json

MODEL = "edge"
TOOLS = "tools"
PROGRAM = """\
#!{python} -IS
import sys
sys.path.insert(0, {folder!r})
import hook_tool
hook_tool.main({libraries!r})
"""


@dataclasses.dataclass(frozen=True)
class Hooks:
    """A unit of an application that is called as its charm is.

    Attributes:
        charm: the unpacked archive.
        folder: where the commands, what they answer and what they were told are.
        python: the folder with the `python3` that runs the charm.
        kubeconfig: the file that leads to the cluster.
    """

    charm: pathlib.Path
    folder: pathlib.Path
    python: pathlib.Path
    kubeconfig: pathlib.Path

    def __post_init__(self) -> None:
        tools = self.folder / TOOLS
        tools.mkdir(parents=True)
        program = PROGRAM.format(
            python=sys.executable,
            folder=str(pathlib.Path(hook_tool.__file__).parent),
            libraries=str(pathlib.Path(yaml.__file__).parents[1]),
        )
        for name in hook_tool.NAMES:
            (tools / name).write_text(program)
            (tools / name).chmod(0o755)
        options = yaml.safe_load((self.charm / "config.yaml").read_text())["options"]
        defaults = {name: option["default"] for name, option in options.items() if "default" in option}
        self._write({"config": defaults, "relations": {}, "secrets": {}})

    @property
    def name(self) -> str:
        """The charm's name."""
        return yaml.safe_load((self.charm / "metadata.yaml").read_text())["name"]

    def relate(self, endpoint: str, application: str, **says: str) -> None:
        """Relate another application of one unit, and let it say something."""
        state = self.read()
        number = len(state["relations"])
        state["relations"][f"{endpoint}:{number}"] = {"application": application, "said": {application: says}}
        self._write(state)

    def read(self) -> Json:
        """Return what Juju knows by now: `config`, `relations` and `secrets`."""
        return json.loads((self.folder / STATE).read_text())

    def run(self, hook: str) -> list[list[str]]:
        """Run a hook and return what it asked and told Juju: each command, its arguments, and what it read.

        Raises:
            AssertionError: it failed; the message is what it said.
        """
        calls = self.folder / CALLS
        calls.write_text("")
        environment = {
            "PATH": f"{self.folder / TOOLS}:{self.python}:/usr/bin:/bin",
            "KUBECONFIG": str(self.kubeconfig),
            "JUJU_CHARM_DIR": str(self.charm),
            "JUJU_DISPATCH_PATH": f"hooks/{hook}",
            "JUJU_MODEL_NAME": MODEL,
            "JUJU_MODEL_UUID": "8b0c6a3e-5a3e-4d0e-9f3c-4f1f5e0f7c11",
            "JUJU_UNIT_NAME": f"{self.name}/0",
            "JUJU_VERSION": "3.6.11",
        }
        done = subprocess.run([self.charm / "dispatch"], env=environment, capture_output=True, text=True, check=False)
        told = [json.loads(line) for line in calls.read_text().splitlines()]
        assert done.returncode == 0, f"{hook}: {done.stdout}{done.stderr}\n{told[-2:]}"
        return told

    def _write(self, state: Json) -> None:
        (self.folder / STATE).write_text(json.dumps(state))
