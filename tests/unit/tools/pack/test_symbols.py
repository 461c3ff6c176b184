"""Blanking symbol tables."""

import pathlib
import shutil
import subprocess
import sys
import zlib

import pytest
import yaml

from tools.pack import symbols

EXTENSION = next(pathlib.Path(yaml.__file__).parent.glob("_yaml*.so"))


def test_a_blanked_extension_works_and_packs_smaller(tmp_path):
    copy = pathlib.Path(shutil.copytree(EXTENSION.parent, tmp_path / "yaml"), EXTENSION.name)
    original = copy.read_bytes()
    copy.write_bytes(symbols.blank(original))
    assert copy.stat().st_size == len(original)
    assert len(zlib.compress(copy.read_bytes())) < len(zlib.compress(original)) / 2
    program = "import yaml; assert yaml.load('[1]', yaml.CSafeLoader) == [1]; print(yaml.__file__)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"no object", b"\x7fELF\x01\x01 of 32 bits"])
def test_other_files_stay_as_they_are(content):
    assert symbols.blank(content) == content


def test_blanking_twice_changes_nothing_more():
    once = symbols.blank(EXTENSION.read_bytes())
    assert symbols.blank(once) == once
