"""What a site without internet has to carry in."""

import json
import pathlib

import pytest
from typer.testing import CliRunner

from tools.bundles import command, size
from tools.pack import charm

ONE = {"LayersData": [{"Digest": "sha256:a", "Size": 3_000_000}, {"Digest": "sha256:b", "Size": 1_000_000}]}
TWO = {"LayersData": [{"Digest": "sha256:a", "Size": 3_000_000}, {"Digest": "sha256:c", "Size": 500_000}]}


@pytest.fixture
def skopeo(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that knows two images, and a third of which an older one says too little."""
    for name, said in {"one": ONE, "two": TWO, "old": {}}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(said))
    script = tmp_path / "skopeo"
    script.write_text(
        f'#!/bin/sh\nfile={tmp_path}/"${{2#docker://}}.json"\n'
        '[ -e "$file" ] || { echo "no such manifest" >&2; exit 1; }\ncat "$file"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.mark.usefixtures("skopeo")
def test_layers_that_images_share_are_counted_once() -> None:
    found = size.of_images(["one", "two", "two"])
    assert (found.alone, found.bytes) == ({"one": 4_000_000, "two": 3_500_000}, 4_500_000)


@pytest.mark.usefixtures("skopeo")
def test_why_a_size_is_not_known_is_said() -> None:
    found = size.of_images(["none", "old", "one"])
    assert found.unknown == {"none": "no such manifest", "old": "this skopeo does not tell sizes, a newer one does"}
    assert found.bytes == 4_000_000


def test_without_skopeo_charms_are_measured_and_the_rest_is_said_to_be_unknown(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(_: object, names: list[str], *others: object) -> None:
        done = others[-1]
        assert callable(done)
        for name in names:
            done(charm.Packed(name, tmp_path / name, 2_000_000, 0))

    monkeypatch.setattr(command, "pack_charms", pack)
    monkeypatch.setattr(size.shutil, "which", lambda _: None)
    result = CliRunner().invoke(command.app, ["size", "kubeflow-edge"])
    assert "22.0 MB  in 11 charms" in result.output
    assert "skopeo is not installed" in result.output
    assert result.exit_code == 1
