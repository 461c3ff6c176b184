from pathlib import Path

import pytest

from testbed import cache, debian, pypi
from testbed.errors import TestbedError


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path))
    assert cache.directory() == tmp_path
    monkeypatch.delenv("TESTBED_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.directory() == tmp_path / ".cache" / "kubeflow-testbed"


def test_parts_are_told_apart_in_a_digest() -> None:
    assert cache.digest(["ab", "c"]) != cache.digest(["a", "bc"])
    assert cache.digest(["a", b"b"]) == cache.digest([b"a", "b"])


def test_a_new_directory_appears_whole_and_readable(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "final"
    with cache.new_directory(final) as made:
        (made / "file").write_text("x")
        assert not final.exists()
    assert (final / "file").read_text() == "x"
    assert final.stat().st_mode & 0o777 == 0o755


def test_a_new_directory_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), cache.new_directory(tmp_path / "final") as made:
        made.write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_make_the_same_directory_the_first_stays(tmp_path: Path) -> None:
    final = tmp_path / "final"
    with cache.new_directory(final) as late:
        (late / "file").write_text("late")
        with cache.new_directory(final) as early:
            (early / "file").write_text("early")
    assert (final / "file").read_text() == "early"
    assert list(tmp_path.iterdir()) == [final]


def test_a_file_in_the_way_of_a_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "final").write_text("")
    with pytest.raises(FileExistsError, match="is in the way"), cache.new_directory(tmp_path / "final"):
        pass


def test_a_step_is_announced_and_its_end_says_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    with cache.step("making tea"):
        assert capsys.readouterr().err == "making tea ...\n"
    assert capsys.readouterr().err == "making tea: 0 s\n"


@pytest.fixture
def without_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("UV", raising=False)


@pytest.mark.usefixtures("without_programs")
def test_a_package_without_uv_is_refused_with_what_to_install() -> None:
    with pytest.raises(TestbedError, match="pip install uv"):
        pypi.unpack("some-package", "1.0")


@pytest.mark.usefixtures("without_programs")
def test_a_debian_root_without_mmdebstrap_is_refused_with_what_to_install() -> None:
    with pytest.raises(TestbedError, match="apt-get install mmdebstrap"):
        debian.root("some", ["base-files"])


def test_a_failed_fetch_says_what_uv_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 2\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))
    with pytest.raises(pypi.PackageError, match="no such version"):
        pypi.unpack("some-package", "1.0")
    assert list((tmp_path / "cache" / "pypi").iterdir()) == []


def test_a_failed_debian_root_says_what_mmdebstrap_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    program = tmp_path / "mmdebstrap"
    program.write_text('#!/bin/sh\nfor last; do :; done\ntouch "$last"\necho no mirror >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(TestbedError, match="no mirror"):
        debian.root("some", ["base-files"])
    assert list((tmp_path / "cache" / "debian").iterdir()) == []
