"""Files of containers, which last from hook to hook; the testing framework would wipe them before each."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import scenario.mocking
from ops import testing


@dataclasses.dataclass(frozen=True)
class Written:
    """A file that a charm wrote in a container."""

    text: str
    mode: int


Files = Mapping[str, Mapping[str, Written]]


def read(container: testing.Container, context: testing.Context[Any]) -> dict[str, Written]:
    """Return what a container holds after a hook, by path."""
    root = container.get_filesystem(context)
    return {
        f"/{path.relative_to(root)}": Written(path.read_text(errors="replace"), path.stat().st_mode & 0o777)
        for path in root.rglob("*")
        if path.is_file()
    }


@contextlib.contextmanager
def lasting(known: Callable[[testing.Context[Any]], Files]) -> Iterator[None]:
    """Let each hook find the files that earlier ones left.

    Args:
        known: returns the files by container and path; none of a context that is another harness's.
    """
    client = scenario.mocking._MockPebbleClient
    begin = client.__init__

    def begin_with_files(self: scenario.mocking._MockPebbleClient, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        for path, file in known(named["context"]).get(named["container_name"], {}).items():
            place = self._root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(file.text)
            place.chmod(file.mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "__init__", begin_with_files)
        yield
