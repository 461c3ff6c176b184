"""The Kubernetes objects that the testbed itself brings, from the YAML files in `manifests/`."""

from pathlib import Path
from string import Template

from testbed.machine import Machine

FOLDER = Path(__file__).with_name("manifests")


def render(name: str, **values: str) -> str:
    """Return one file with `$name` replaced by its value.

    Raises:
        KeyError: the file names a value that is not given.
    """
    return Template((FOLDER / f"{name}.yaml").read_text()).substitute(values)


def apply(machine: Machine, name: str, **values: str) -> None:
    """Bring the objects of one file into the state that it describes."""
    machine.run("kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-", given=render(name, **values))
