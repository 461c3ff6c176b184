"""`python -m tools docs`: build the pages with MkDocs; a link or an anchor that leads nowhere is an error."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator

import typer

from tools.pack.repository import Repository

app = typer.Typer()

FOLDERS = ("docs", "charms/*", "bundles/*", "examples/*", "testbed", "lib", "tests/wire")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")


@app.command()
def docs(
    output: typing.Annotated[pathlib.Path, typer.Option(help="The folder to write the site to.")] = pathlib.Path(
        ".cache/site"
    ),
) -> None:
    """Build the pages of this repository as a site, and check each link and anchor between them.

    The exit status is MkDocs', 0 if all lead somewhere.
    """
    root = Repository().root
    stage = root / ".cache" / "pages"
    shutil.rmtree(stage, ignore_errors=True)
    gather(root, stage)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    command += ["--config-file", str(root / "mkdocs.yaml"), "--site-dir", str(output.absolute())]
    raise typer.Exit(subprocess.run(command, cwd=root, check=False).returncode)


def pages(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yield the paths of all pages, from the top of the repository."""
    for found in [*root.glob("*.md"), *(path for folder in FOLDERS for path in root.glob(f"{folder}/*.md"))]:
        yield found.relative_to(root)


def gather(root: pathlib.Path, stage: pathlib.Path) -> None:
    """Copy the pages, and the files that they link to, so that they are where they are on a forge.

    MkDocs takes pages from one folder alone; here they lie beside what they are about. A link to a folder leads to its
    page, if it has one.

    Args:
        root: of the repository.
        stage: an empty folder, or none yet.
    """
    for page in pages(root):
        text = (root / page).read_text()
        for target in LINK.findall(text):
            linked = (root / page.parent / target).resolve()
            if linked.is_file() and linked.suffix != ".md" and linked.is_relative_to(root):
                _copy(linked, stage / linked.relative_to(root))
        _copy(root / page, stage / page)


def _copy(source: pathlib.Path, target: pathlib.Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
