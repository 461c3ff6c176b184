import subprocess
from pathlib import Path

import pytest

from testbed import golang, mended
from testbed.errors import TestbedError

LACKS = "package small\n\nfunc Hello() string { return name }\n"
OURS = 'package small\n\nconst name = "whole"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules whose program needs a module that lacks a file."""
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    made = tmp_path / "program"
    made.mkdir()
    (made / "go.mod").write_text("module testbed/program\n\ngo 1.26.0\n\nrequire example.com/small/v2 v2.1.0\n")
    (made / "go.sum").write_text("")
    (made / "main.go").write_text(
        'package main\n\nimport "example.com/small/v2"\n\nfunc main() { println(small.Hello()) }\n'
    )
    served = tmp_path / "served"
    served.mkdir()
    (served / "go.mod").write_text("module example.com/small/v2\n\ngo 1.26.0\n")
    (served / "small.go").write_text(LACKS)
    return made


def give(folder: Path, path: str = "example.com/small/v2/name_linux.go", content: str = OURS) -> None:
    file = folder / mended.MISSING / path
    file.parent.mkdir(parents=True)
    file.write_text(content)


def flags(folder: Path) -> list[str]:
    return mended.flags(folder, lambda path: folder.parent / "served")


def test_a_module_that_lacks_nothing_is_built_as_it_is(folder: Path) -> None:
    assert (mended.lacking(folder), flags(folder)) == ("", [])


def test_a_file_of_ours_makes_the_module_whole(folder: Path) -> None:
    give(folder)
    assert mended.lacking(folder) == "example.com/small/v2"
    built = folder.parent / "program-built"
    command = golang.Target("program", ".").command(golang.find(), built, flags(folder))
    subprocess.run(command, cwd=folder, env=golang.environment(), check=True)
    assert subprocess.run([built], capture_output=True, text=True, check=True).stderr == "whole\n"


def test_what_the_proxy_serves_is_left_alone(folder: Path) -> None:
    give(folder)
    flags(folder)
    assert sorted(path.name for path in (folder.parent / "served").iterdir()) == ["go.mod", "small.go"]


def test_another_content_is_another_copy(folder: Path) -> None:
    give(folder)
    first = flags(folder)
    (folder / mended.MISSING / "example.com/small/v2/name_linux.go").write_text(OURS.replace("whole", "mended"))
    assert flags(folder) != first
    assert flags(folder) == flags(folder)


def test_a_file_that_is_there_after_all_is_refused(folder: Path) -> None:
    give(folder, "example.com/small/v2/small.go")
    with pytest.raises(TestbedError, match="remove it from"):
        flags(folder)


def test_a_file_of_no_required_module_is_refused_by_name(folder: Path) -> None:
    give(folder, "example.com/other/name.go")
    with pytest.raises(TestbedError, match=r"requires no module that holds example\.com/other/name\.go"):
        mended.lacking(folder)
