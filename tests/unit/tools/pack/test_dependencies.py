"""The packages a charm carries come from requirements.lock and nowhere else."""

import re

import pytest

from tools.pack import cache, dependencies
from tools.pack.repository import PackError

AARCH64 = 183
"""The machine that an ELF file for arm64 names, EM_AARCH64 of elf(5)."""


@pytest.fixture
def tiny(repository):
    return repository.charm("tiny")


def declare(charm, *requirements):
    (charm / "pyproject.toml").write_text(f'[project]\nname = "tiny"\ndependencies = {list(requirements)}\n')


def install(repository, wanted, python="3.12", architecture="amd64"):
    return dependencies.installed(repository, wanted, python, architecture, cache.folder())


def test_what_charm_and_library_ask_for_is_pinned_as_locked(repository, tiny):
    declare(tiny, "kubeflow-charms", "jinja2>=3")
    versions = dependencies.pins(repository)
    assert dependencies.roots(repository, tiny) == [
        f"jinja2=={versions['jinja2']}",
        f"pyyaml=={versions['pyyaml']}",
    ]


def test_a_package_that_is_not_locked_is_refused(repository, tiny):
    declare(tiny, "kubeflow-charms", "flask")
    with pytest.raises(PackError, match=r"tiny needs flask, which requirements\.lock lacks"):
        dependencies.roots(repository, tiny)


def test_a_missing_lock_is_named(repository, tiny):
    repository.lock.unlink()
    with pytest.raises(PackError, match=r"requirements\.lock is missing"):
        dependencies.roots(repository, tiny)


def test_a_broken_project_file_is_named(repository, tiny):
    (tiny / "pyproject.toml").write_text("[")
    with pytest.raises(PackError, match=r"pyproject\.toml is not a project file"):
        dependencies.roots(repository, tiny)


def test_what_a_package_needs_in_turn_comes_along(repository):
    folder = install(repository, [f"jinja2=={dependencies.pins(repository)['jinja2']}"])
    assert (folder / "markupsafe").is_dir()


def test_another_architecture_gets_its_own_wheels(repository):
    folder = install(repository, [f"pyyaml=={dependencies.pins(repository)['pyyaml']}"], architecture="arm64")
    machines = {int.from_bytes(path.read_bytes()[18:20], "little") for path in folder.rglob("*.so")}
    assert machines == {AARCH64}


def test_a_wrong_hash_is_refused(repository):
    wanted = [f"pyyaml=={dependencies.pins(repository)['pyyaml']}"]
    repository.lock.write_text(re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", repository.lock.read_text()))
    with pytest.raises(PackError, match="Hash mismatch"):
        install(repository, wanted)


def test_a_dependency_of_a_dependency_without_hash_is_refused(repository):
    wanted = [f"jinja2=={dependencies.pins(repository)['jinja2']}"]
    lock = repository.lock.read_text()
    repository.lock.write_text(re.sub(r"^markupsafe==(.*\\\n)+.*\n", "", lock, flags=re.MULTILINE))
    with pytest.raises(PackError, match="markupsafe"):
        install(repository, wanted)


def test_packages_are_kept_with_licences_and_metadata_and_without_what_no_hook_needs(repository):
    folder = install(repository, [f"cryptography=={dependencies.pins(repository)['cryptography']}"])
    names = {path.name for path in folder.rglob("*")}
    assert {"METADATA", "LICENSE"} <= names
    assert not {"RECORD", "pycparser", "cffi", "bin"} & names
    assert any(name.startswith("_cffi_backend") for name in names)


def test_without_uv_it_is_said_how_to_get_it(repository, monkeypatch):
    monkeypatch.setattr(dependencies.shutil, "which", lambda *_, **__: None)
    with pytest.raises(PackError, match="packing needs uv on PATH"):
        install(repository, ["nothing==1"])
