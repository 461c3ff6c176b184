"""The programs of the testbed that are written for it, by Go's own tests of them."""

import subprocess
from pathlib import Path

import pytest

from testbed import golang
from testbed.golang import BuildError
from testbed.pypi import PackageError

DEPENDENCIES = {"device-plugin": "k8s.io/kubelet", "juju-db": "go.mongodb.org/mongo-driver"}
"""One of each program's, without which it cannot be built."""


@pytest.fixture(scope="module", params=DEPENDENCIES)
def module(request: pytest.FixtureRequest) -> Path:
    """The folder of a program, with all that it is made of."""
    try:
        golang.source(request.param, DEPENDENCIES[request.param])
        return golang.MODULES / request.param
    except (BuildError, PackageError) as error:
        pytest.skip(f"{request.param} cannot be tested: {error}")


@pytest.mark.parametrize("command", [("vet", "."), ("test", "-count=1", ".")], ids=" ".join)
def test_a_program_passes_its_own_tests(module: Path, command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [golang.find(), *command], cwd=module, env=golang.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_a_programs_code_is_formatted(module: Path) -> None:
    asked = subprocess.run([golang.find(), "env", "GOROOT"], capture_output=True, text=True, check=True)
    gofmt = Path(asked.stdout.strip()) / "bin" / "gofmt"
    done = subprocess.run([gofmt, "-l", module], capture_output=True, text=True, check=True)
    assert done.stdout == ""
