"""What the repository's pages tell people to type, for tests that look whether it is there."""

import dataclasses
import pathlib
import re
import shlex
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = ("docs", "charms/*", "bundles/*", "examples/*", "testbed", "lib", "tests/wire")

COMMAND = re.compile(
    r"(?<![\w/.-])(juju|kubectl|microk8s|\./up|\./test|\S*python -m (?:tools|testbed|model\.release))\s"
)
"""Where a command begins on a line, whatever stands before it: a prompt, sudo, the time of a cron job."""

INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Page:
    """A page, or a file whose comments are one.

    Attributes:
        path: from the top of the repository.
        text: what it says.
    """

    path: pathlib.Path
    text: str

    def __str__(self) -> str:
        return str(self.path)

    @property
    def charm(self) -> str:
        """The charm that the page is about, or ""."""
        return self.path.parts[1] if self.path.parts[0] == "charms" else ""

    def code(self) -> Iterator[str]:
        """Yield each line of code, indented, fenced or within a sentence; a line that goes on is one."""
        if self.path.suffix == ".yaml":
            yield from (line.lstrip("# ") for line in self.text.splitlines() if line.lstrip().startswith("#"))
            yield from INLINE.findall(self.text)
            return
        for block in [*FENCE.findall(self.text), *self._indented()]:
            yield from block.replace("\\\n", " ").splitlines()
        yield from INLINE.findall(FENCE.sub("", self.text))

    def commands(self) -> Iterator[list[str]]:
        """Yield the words of each command, from the program on."""
        for line in self.code():
            for part in re.split(r" && |; | \| ", line.replace("`", "")):
                if found := COMMAND.search(part):
                    yield words(part[found.start() :])

    def _indented(self) -> Iterator[str]:
        """Yield blocks that are indented by four blanks after an empty line."""
        for block in re.findall(r"(?:(?<=\n\n)|\A)((?: {4}[^\n]*\n(?:\n(?= {4}))*)+)", self.text + "\n"):
            yield "\n".join(line[4:] for line in block.splitlines())


def words(command: str) -> list[str]:
    """Return the words of a command without its comment."""
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # a quote that goes on in the next line
        return command.split(" #")[0].split()


def pages() -> list[Page]:
    """Return every page for people."""
    found = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in ROOT.glob(f"{folder}/*.md"))]
    found += [*ROOT.glob("bundles/overlays/*.yaml"), *ROOT.glob("charms/*/charmcraft.yaml")]
    return [Page(path.relative_to(ROOT), path.read_text()) for path in sorted(found)]
