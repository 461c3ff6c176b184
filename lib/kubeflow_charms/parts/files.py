"""The files of a container's program."""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping

import ops
from ops import pebble


@dataclasses.dataclass(frozen=True)
class File:
    """A file's text and mode; only the workload's own user may read it unless the mode says more."""

    text: str
    mode: int = 0o600


@dataclasses.dataclass(frozen=True)
class Files:
    """Those of one container that are the charm's.

    Attributes:
        container: where they are.
        memory: a file beside the charm's code that says which there are; gone with the pod, as they are.
    """

    container: ops.Container
    memory: pathlib.Path

    def write(self, wanted: Mapping[str, File]) -> None:
        """Bring them to what is wanted; those of an earlier plan go, which the program might read all the same."""
        had = self._had()
        self._remember(had | wanted.keys())
        for path in sorted(had - wanted.keys()):
            self._remove(path)
        for path, file in wanted.items():
            self.container.push(path, file.text, permissions=file.mode, make_dirs=True)
        self._remember(wanted.keys())

    def kept(self) -> dict[str, File]:
        """Return those that there are; none if one of them cannot be read."""
        found: dict[str, File] = {}
        try:
            for path in self._had():
                (information,) = self.container.list_files(path, itself=True)
                with self.container.pull(path) as stream:
                    found[path] = File(stream.read(), information.permissions)
        except pebble.Error:
            return {}
        return found

    def _had(self) -> set[str]:
        return set(self.memory.read_text().splitlines()) if self.memory.exists() else set()

    def _remember(self, paths: Iterable[str]) -> None:
        self.memory.write_text("\n".join(sorted(paths)))

    def _remove(self, path: str) -> None:
        try:
            self.container.remove_path(path)
        except pebble.PathError as error:
            if error.kind != "not-found":
                raise
