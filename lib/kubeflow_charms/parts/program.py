"""Files of a charm's own small program, which runs in a container of its own with Python's standard library alone."""

import pathlib
from collections.abc import Callable, Iterable
from types import ModuleType

from .files import File

LIBRARY = pathlib.Path(__file__).parents[1]


def program(
    folder: str, names: Iterable[str], read: Callable[[str], str], library: Iterable[ModuleType] = ()
) -> dict[str, File]:
    """Return the files by their paths; what is the library's is found by its usual name.

    Args:
        folder: where the program is, which is where Python looks first.
        names: of its files in the charm's `src`.
        read: returns the text of one of these.
        library: modules of the library that it imports, which import nothing but the standard library.
    """
    taken = [pathlib.Path(module.__file__ or "") for module in library]
    return {
        **{f"{folder}/{name}": File(read(name)) for name in names},
        **{f"{folder}/{path.relative_to(LIBRARY.parent)}": File(path.read_text()) for path in taken},
    }
