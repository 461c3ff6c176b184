"""charmcraft's own judgement of this repository's charms.

charmcraft runs in an environment of its own, which uv makes: its dependencies are not ours.
"""

import json
import subprocess
import sys

import pytest
import yaml

from tools.pack import charm, metadata, release
from tools.pack.repository import Repository

VERSION = "4.5.0"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

MODELS = """
import json, pathlib, sys
import yaml
from charmcraft.models import metadata, project

result = {}
for path in map(pathlib.Path, sys.argv[1:]):
    charm = project.CharmcraftProject.unmarshal(yaml.safe_load(path.read_text()))
    split = {"metadata.yaml": metadata.CharmMetadata.from_charm(charm).marshal()}
    split |= {f"{key}.yaml": charm.marshal()[key] for key in ("config", "actions") if charm.marshal().get(key)}
    result[path.parent.name] = split
print(json.dumps(result))
"""

LINTED = (0, 2, 3)
"""How charmcraft exits after its linters: all well, errors, or warnings."""

OURS = {"ops-main-call"}
"""The library makes that call, not src/charm.py."""

HERE = charm.Target(PYTHON, charm.host_architecture())
REPOSITORY = Repository()


def run(*command: str, accepted: tuple[int, ...] = (0,)) -> str:
    """Run a command in charmcraft's environment."""
    line = ["uv", "tool", "run", "--quiet", "--python", PYTHON, "--from", f"charmcraft=={VERSION}", *command]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode in accepted, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def split_by_charmcraft():
    """Give the files that charmcraft makes of each charmcraft.yaml, after it has validated that."""
    return json.loads(
        run("python", "-c", MODELS, *(f"{REPOSITORY.charm(name)}/charmcraft.yaml" for name in REPOSITORY.charms))
    )


@pytest.mark.parametrize("name", REPOSITORY.charms)
def test_charmcraft_accepts_and_splits_every_charm_as_we_do(name, split_by_charmcraft):
    ours = metadata.split(metadata.load(REPOSITORY.charm(name)), "amd64")
    without_manifest = {key: yaml.safe_load(text) for key, text in ours.items() if key != "manifest.yaml"}
    assert without_manifest == split_by_charmcraft[name]


def test_charmcraft_accepts_what_is_staged_for_a_release(tmp_path):
    for name in REPOSITORY.charms:
        release.stage(REPOSITORY, name, tmp_path / name)
    staged = json.loads(run("python", "-c", MODELS, *map(str, tmp_path.glob("*/charmcraft.yaml"))))
    assert sorted(staged) == REPOSITORY.charms


def test_charmcrafts_linters_find_no_error_in_a_packed_charm(tmp_path):
    packed = charm.pack(REPOSITORY, REPOSITORY.charms[0], HERE, tmp_path)
    found = json.loads(run("charmcraft", "analyse", "--format", "json", str(packed.path), accepted=LINTED))
    results = {check["name"]: check["result"] for check in found}
    assert results["language"] == "python"
    assert {name for name, result in results.items() if result in ("error", "fatal")} <= OURS


@pytest.mark.parametrize("name", REPOSITORY.charms)
def test_a_packed_charm_is_below_8_mb(name, tmp_path):
    assert charm.pack(REPOSITORY, name, HERE, tmp_path).size < 8_000_000


def test_charmcraft_refuses_a_bad_charm(tmp_path):
    path = tmp_path / "charmcraft.yaml"
    path.write_text("name: tiny\ntype: charm\nsummary: No parts or platforms\ndescription: Bad\n")
    with pytest.raises(AssertionError, match="validation error"):
        run("python", "-c", MODELS, str(path))
