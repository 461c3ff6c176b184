import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from testbed import image
from testbed.image import Config


def entries(content: bytes | Path) -> dict[str, tarfile.TarInfo]:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    with stream, tarfile.open(fileobj=stream) as tar:
        return {entry.name: entry for entry in tar}


def read(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        found = tar.extractfile(name)
        assert found is not None
        return found.read()


def manifest(archive: Path) -> dict[str, Any]:
    return json.loads(read(archive, "manifest.json"))[0]


def configuration(archive: Path) -> dict[str, Any]:
    return json.loads(read(archive, manifest(archive)["Config"]))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "image.tar"


def test_an_image_carries_its_names_and_configuration(archive: Path) -> None:
    config = Config(entrypoint=("/bin/hi",), command=("you",), environment={"B": "2", "A": "1"}, user="1001")
    image.write(archive, ["example.com/hi:1", "example.com/hi:2"], config, [{"/bin/hi": (b"hi", 0o755)}])
    assert manifest(archive)["RepoTags"] == ["example.com/hi:1", "example.com/hi:2"]
    assert configuration(archive)["config"] == {
        "Entrypoint": ["/bin/hi"],
        "Cmd": ["you"],
        "Env": ["A=1", "B=2"],
        "User": "1001",
        "WorkingDir": "/",
    }


def test_layers_keep_their_order_and_are_named_by_content(archive: Path, tmp_path: Path) -> None:
    base = image.pack(tmp_path / "base.tar", {"/etc/base": (b"base", 0o644)})
    image.write(archive, ["hi:1"], Config(), [base, {"/etc/top": (b"top", 0o644)}])
    layers = [read(archive, path) for path in manifest(archive)["Layers"]]
    assert ["etc/base" in entries(layer) for layer in layers] == [True, False]
    assert configuration(archive)["rootfs"]["diff_ids"] == [
        f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers
    ]


def test_equal_content_makes_equal_archives_whatever_its_order_and_date(archive: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"run")
    first, second = tmp_path / "1.tar", tmp_path / "2.tar"
    image.write(first, ["hi:1"], Config(), [{"/bin/a": (program, 0o755), "/etc/b": (b"b", 0o644)}])
    os.utime(program, (0, 0))
    image.write(second, ["hi:1"], Config(), [{"/etc/b": (b"b", 0o644), "/bin/a": (program, 0o755)}])
    assert first.read_bytes() == second.read_bytes()


def test_files_belong_to_root_with_the_mode_asked_for_and_have_their_directories(archive: Path) -> None:
    image.write(archive, ["hi:1"], Config(), [{"/usr/bin/hi": (b"hi", 0o755), "/tmp/": (b"", 0o1777)}])
    layer = entries(read(archive, manifest(archive)["Layers"][0]))
    assert {name: (entry.isdir(), entry.mode, entry.uid) for name, entry in layer.items()} == {
        "tmp": (True, 0o1777, 0),
        "usr": (True, 0o755, 0),
        "usr/bin": (True, 0o755, 0),
        "usr/bin/hi": (False, 0o755, 0),
    }


def test_a_layer_used_twice_is_stored_once(archive: Path, tmp_path: Path) -> None:
    base = image.pack(tmp_path / "base.tar", {"/etc/base": (b"base", 0o644)})
    image.write(archive, ["hi:1"], Config(), [base, base])
    assert len(manifest(archive)["Layers"]) == 2
    assert len(entries(archive)) == 3


@pytest.mark.parametrize("name", ["hi", "example.com:5000/hi"])
def test_a_name_without_a_tag_is_refused(archive: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}:latest"):
        image.write(archive, [name], Config(), [])


def test_an_image_without_a_name_is_refused(archive: Path) -> None:
    with pytest.raises(ValueError, match="at least one name"):
        image.write(archive, [], Config(), [])


def test_a_failed_write_leaves_no_archive_behind(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        image.write(archive, ["hi:1"], Config(), [tmp_path / "absent.tar"])
    assert list(tmp_path.iterdir()) == []
