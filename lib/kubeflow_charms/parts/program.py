"""Files of a charm's own small program, which runs in a container of its own with Python's standard library alone."""

import pathlib
from collections.abc import Callable, Iterable

from .files import File

LIBRARY = pathlib.Path(__file__).parents[1]


def program(
    folder: str, names: Iterable[str], read: Callable[[str], str], library: Iterable[str] = ()
) -> dict[str, File]:
    """Return the files by their paths; what is the library's is found by its usual name.

    Args:
        folder: where the program is, which is where Python looks first.
        names: of its files in the charm's `src`.
        read: returns the text of one of these.
        library: modules of the library that it imports, which import nothing but the standard library; by name, as
            a hook that imported what only the program needs would pay for it.
    """
    taken = [LIBRARY.joinpath(*name.split(".")).with_suffix(".py") for name in library]
    return {
        **{f"{folder}/{name}": File(read(name)) for name in names},
        **{f"{folder}/{path.relative_to(LIBRARY.parent)}": File(path.read_text()) for path in taken},
    }
