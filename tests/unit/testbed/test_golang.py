import os
from pathlib import Path

import pytest

from testbed import cache, golang, pypi
from testbed.golang import BuildError, Target

HELLO = 'package main\n\nvar name = "nobody"\n\nfunc main() { println("hello", name) }\n'


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "modules" / "hello"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module testbed/hello\n\ngo 1.26.0\n")
    (folder / "main.go").write_text(HELLO)
    return tmp_path / "modules"


def said_by(program: Path) -> str:
    with os.popen(f"{program} 2>&1") as running:
        return running.read()


def fake_go(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_a_program_is_built_and_runs(modules: Path) -> None:
    built = golang.build("hello", [Target("hi", ".", ldflags="-X main.name=you")], modules=modules)
    assert said_by(built["hi"]) == "hello you\n"


def test_a_second_build_comes_from_the_cache_in_silence(modules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = golang.build("hello", [Target("hi", ".")], modules=modules)
    assert "building hi of hello" in capsys.readouterr().err
    assert golang.build("hello", [Target("hi", ".")], modules=modules) == first
    assert capsys.readouterr().err == ""


def test_a_changed_source_is_built_again(modules: Path) -> None:
    golang.build("hello", [Target("hi", ".")], modules=modules)
    (modules / "hello" / "main.go").write_text(HELLO.replace("nobody", "somebody"))
    built = golang.build("hello", [Target("hi", ".")], modules=modules)
    assert said_by(built["hi"]) == "hello somebody\n"


def test_a_refused_build_tells_what_go_said_and_leaves_nothing(modules: Path) -> None:
    (modules / "hello" / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")
    with pytest.raises(BuildError, match="undefined: nonsense"):
        golang.build("hello", [Target("hi", ".")], modules=modules)
    assert list((cache.directory() / "go").iterdir()) == []


@pytest.mark.parametrize(
    "target",
    [
        Target("other", "."),
        Target("hi", "./other"),
        Target("hi", ".", tags=("small",)),
        Target("hi", ".", ldflags=""),
        Target("hi", ".", environment={"GOAMD64": "v3"}),
    ],
)
def test_the_key_depends_on_all_of_the_target(modules: Path, target: Target) -> None:
    plain = golang.key("hello", [Target("hi", ".")], modules=modules)
    assert golang.key("hello", [target], modules=modules) != plain


def test_the_key_depends_on_the_sums_and_the_toolchain(modules: Path) -> None:
    keys = {golang.key("hello", [Target("hi", ".")], modules=modules, toolchain=t) for t in ("1.26", "1.27")}
    (modules / "hello" / "go.sum").write_text("example.com/x v1.0.0 h1:aaaa=\n")
    keys.add(golang.key("hello", [Target("hi", ".")], modules=modules, toolchain="1.27"))
    assert len(keys) == 3


def test_the_key_does_not_depend_on_what_tests_the_program(modules: Path) -> None:
    before = golang.key("hello", [Target("hi", ".")], modules=modules)
    (modules / "hello" / "main_test.go").write_text("package main\n")
    assert golang.key("hello", [Target("hi", ".")], modules=modules) == before


def test_the_command_carries_tags_and_flags() -> None:
    target = Target("hi", "example.com/hi", tags=("a", "b"), ldflags="-s")
    assert target.command(Path("/go"), Path("/out")) == [
        "/go",
        "build",
        "-tags=a,b",
        "-ldflags=-s",
        "-o",
        "/out",
        "example.com/hi",
    ]


def test_programs_are_static_and_reproducible_unless_the_target_says_otherwise() -> None:
    assert golang.environment()["CGO_ENABLED"] == "0"
    assert "-trimpath" in golang.environment()["GOFLAGS"]
    assert golang.environment(Target("hi", ".", environment={"CGO_ENABLED": "1"}))["CGO_ENABLED"] == "1"


@pytest.mark.parametrize(("said", "version"), [("go1.26.8", (1, 26, 8)), ("go1.27rc1", (1, 27)), ("devel", ())])
def test_a_toolchain_tells_its_version(tmp_path: Path, said: str, version: tuple[int, ...]) -> None:
    assert golang.version(fake_go(tmp_path / "go", said)) == version


def test_a_new_enough_go_on_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = fake_go(tmp_path / "go", "go1.26.0")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert golang.find() == go


def test_an_old_go_on_path_is_passed_over_for_the_packaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_go(tmp_path / "bin" / "go", "go1.22.10")
    packaged = fake_go(tmp_path / "package" / "go" / "bin" / "go", "go1.26.6")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(pypi, "unpack", lambda name, version: tmp_path / "package")
    assert golang.find() == packaged


def test_the_required_version_is_read_from_the_module(modules: Path) -> None:
    (modules / "hello" / "go.mod").write_text(
        "module testbed/hello\n\nrequire (\n\texample.com/a v1.2.3\n\texample.com/b v0.1.0 // indirect\n)\n"
    )
    assert golang.required_version("hello", "example.com/b", modules=modules) == "v0.1.0"
    with pytest.raises(BuildError, match=r"does not require example\.com/c"):
        golang.required_version("hello", "example.com/c", modules=modules)
