"""A small repository with one charm and one bundle, and a cache of its own."""

import pathlib
import shutil
import sys
import textwrap

import pytest
from support.archives import CHARMCRAFT

from tools.pack import cache, charm, dependencies
from tools.pack.repository import Repository

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"

CHARM = """\
import kubeflow_charms

if __name__ == "__main__":
    import yaml

    print(yaml.safe_dump({"greeting": kubeflow_charms.GREETING}), end="")
"""
PROJECT = """\
[project]
name = "{name}"
version = "1.2.3"
dependencies = {dependencies}
"""


def write(root: pathlib.Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content))


@pytest.fixture(scope="session")
def warm_cache(tmp_path_factory):
    """Install what the small charm needs, once."""
    root = tmp_path_factory.mktemp("warm")
    made = make(root / "repository")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CACHE_HOME", str(root))
        wanted = dependencies.roots(made, made.charm("tiny"))
        architecture = charm.host_architecture()
        dependencies.installed(made, wanted, RUNNING, architecture, cache.folder())
    return root


@pytest.fixture
def repository(tmp_path, monkeypatch, warm_cache):
    """Give a small repository with this repository's own lock, and a cache with what its charm needs."""
    shutil.copytree(warm_cache / "kubeflow-pack", tmp_path / "cache" / "kubeflow-pack")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make(tmp_path / "repository")


def make(root: pathlib.Path) -> Repository:
    write(
        root,
        {
            "charms/tiny/charmcraft.yaml": CHARMCRAFT,
            "charms/tiny/pyproject.toml": PROJECT.format(name="tiny", dependencies='["kubeflow-charms"]'),
            "charms/tiny/src/charm.py": CHARM,
            "charms/tiny/src/unused.py": "",
            "charms/tiny/tests/test_charm.py": "",
            "charms/tiny/README.md": "A charm.\n",
            "charms/tiny/icon.svg": "<svg/>\n",
            "lib/pyproject.toml": PROJECT.format(name="kubeflow-charms", dependencies='["PyYAML"]'),
            "lib/kubeflow_charms/__init__.py": "GREETING = 'hello'\n",
            "bundles/small/bundle.yaml": "applications: {tiny: {charm: tiny, scale: 1}}\n",
            "bundles/small/README.md": "A bundle.\n",
            "LICENSE": "A licence.\n",
            "requirements.lock": Repository().lock.read_text(),
        },
    )
    return Repository(root)
