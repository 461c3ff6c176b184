"""Loads charms from their folders, several in one process."""

import importlib.util
import pathlib
import sys
from types import ModuleType


def load_charm(root: pathlib.Path) -> ModuleType:
    """Return a charm's `charm` module, under a name of its own.

    What the charm imports from its src folder is found there, so those modules' names must differ among charms.

    Args:
        root: the charm's folder.
    """
    source = root / "src"
    name = f"charm_{root.name.replace('-', '_')}"
    if name in sys.modules:
        return sys.modules[name]
    if str(source) not in sys.path:
        sys.path.insert(0, str(source))
    spec = importlib.util.spec_from_file_location(name, source / "charm.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{source / 'charm.py'}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
