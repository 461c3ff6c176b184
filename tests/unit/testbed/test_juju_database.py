import subprocess
from pathlib import Path

import pytest

from testbed import golang, juju_database
from testbed.errors import TestbedError
from testbed.golang import BuildError
from testbed.paths import Paths
from testbed.pypi import PackageError

MODULE = golang.MODULES / "juju-db"


@pytest.fixture(scope="module")
def go() -> Path:
    """Go, with all that the server is made of."""
    try:
        golang.source("juju-db", "go.mongodb.org/mongo-driver")
        return golang.find()
    except (BuildError, PackageError) as error:
        pytest.skip(f"the database server cannot be tested: {error}")


@pytest.mark.parametrize("command", [("vet", "."), ("test", "-count=1", ".")], ids=" ".join)
def test_the_server_passes_its_own_tests(go: Path, command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [go, *command], cwd=MODULE, env=golang.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_the_servers_code_is_formatted(go: Path) -> None:
    asked = subprocess.run([go, "env", "GOROOT"], capture_output=True, text=True, check=True)
    gofmt = Path(asked.stdout.strip()) / "bin" / "gofmt"
    done = subprocess.run([gofmt, "-l", MODULE], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_what_the_database_did_not_know_is_read_from_its_volume(tmp_path: Path) -> None:
    paths = Paths("probe", tmp_path)
    folder = paths.volumes / "pvc-1_controller-testbed_storage" / "db"
    folder.mkdir(parents=True)
    (folder / "unknown.log").write_text("")
    assert juju_database.unknown(paths) == []
    (folder / "unknown.log").write_text("unknown: command a\nunknown: command b\n")
    assert juju_database.unknown(paths) == ["unknown: command a", "unknown: command b"]


def test_a_testbed_without_the_database_cannot_say_that_all_was_known(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match=r"has no unknown\.log of Juju's database: does this testbed have Juju 3\.6"):
        juju_database.unknown(Paths("probe", tmp_path))
