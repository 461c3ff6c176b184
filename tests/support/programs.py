"""Finds real programs for tests that would rather not imitate them."""

import os
import pathlib
import shutil

import pytest

from testbed import cache

MULTIPLE: dict[str, str] = dict.fromkeys(("etcd", "kube-apiserver", "kube-controller-manager"), "kube")
"""Programs that the testbed builds as one, which goes by the name that it is called."""


def find(name: str, module: str = "*") -> pathlib.Path:
    """Return a program: from $KUBEBUILDER_ASSETS, else PATH, else the newest that the testbed has built.

    Skips the test if there is none. What is found may be one program of several names, so call it through a link
    that has the right one.

    Args:
        name: the program's.
        module: of `testbed/modules`, where several have a program of that name.
    """
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        return pathlib.Path(assets) / name
    if found := shutil.which(name):
        return pathlib.Path(found)
    built = cache.directory().glob(f"go/{module}-*/{MULTIPLE.get(name, name)}")
    newest = max(built, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        pytest.skip(f"there is no {name}: `python -m testbed build` makes one")
    return newest


def link(name: str, folder: pathlib.Path) -> pathlib.Path:
    """Return a link of a program's name in a folder."""
    made = folder / name
    made.symlink_to(find(name))
    return made
