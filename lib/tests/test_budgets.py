"""How large the library may become: who wants more of it finds first what can go."""

import pathlib

import pytest

LIBRARY = pathlib.Path(__file__).resolve().parents[1] / "kubeflow_charms"
PACKAGE = {
    "certificates": 550,
    "configuration": 700,
    "definitions": 550,
    "engine": 1800,
    "interfaces": 1200,
    "networking": 200,
    "observability": 250,
    "parts": 1650,
    "relations": 850,
    "sandbox": 650,
    "small_programs": 550,
    "storage": 500,
}
"""Lines of a package, with what is in its folders."""
MODULE = {"parts": 150, "interfaces": 100}
"""Lines of a module, by package."""
ABOVE = {"definitions/kubernetes_shapes.py": 424}
"""Those that are larger, and may not grow."""


def lines(path: pathlib.Path) -> int:
    return len(path.read_text().splitlines())


def packages() -> list[str]:
    return sorted(path.parent.name for path in LIBRARY.glob("*/__init__.py"))


@pytest.mark.parametrize("package", packages())
def test_no_package_is_above_its_budget(package: str) -> None:
    assert sum(lines(path) for path in (LIBRARY / package).rglob("*.py")) <= PACKAGE[package]


def test_every_module_is_in_a_package_that_says_what_it_is() -> None:
    assert [path.name for path in LIBRARY.glob("*.py")] == ["__init__.py"]
    assert set(packages()) == PACKAGE.keys()


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_module_is_above_its_budget(path: pathlib.Path) -> None:
    name = path.relative_to(LIBRARY)
    assert lines(path) <= ABOVE.get(str(name), MODULE.get(name.parts[0], 350))
