"""The pages are gathered where they are on a forge, with the files that they link to."""

import pathlib

from tools.docs import command


def test_pages_and_the_files_that_they_link_to_are_gathered(tmp_path: pathlib.Path) -> None:
    root, stage = tmp_path / "root", tmp_path / "stage"
    for path, text in (
        ("README.md", "[a](docs/a.md) [web](https://example.com/x.yaml)"),
        ("docs/a.md", "[the file](../bundles/overlays/b.yaml#L1)"),
        ("bundles/overlays/b.yaml", "applications: {}"),
        ("bundles/overlays/unnamed.yaml", "applications: {}"),
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    command.gather(root, stage)
    gathered = sorted(str(path.relative_to(stage)) for path in stage.rglob("*") if path.is_file())
    assert gathered == ["README.md", "bundles/overlays/b.yaml", "docs/a.md"]
