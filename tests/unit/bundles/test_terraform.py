"""Terraform's modules use what the provider has, and give away no secret.

The provider's own schema is not to be had everywhere: provider-schema.json has the part of it that the modules use.
"""

import dataclasses
import itertools
import json
import pathlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tools.bundles import description, terraform
from tools.pack.repository import Repository
from tools.up.bundles import Bundle
from tools.up.overlays import Overlay

REPOSITORY = Repository()
FOLDER = REPOSITORY.root / "terraform"
SCHEMA: Mapping[str, Any] = json.loads((FOLDER / "provider-schema.json").read_text())
SHARED = "\n".join(path.read_text() for path in sorted((FOLDER / "applications").glob("*.tf")))
TABLES = json.loads((FOLDER / "applications/tables.json").read_text())
OF_THE_LANGUAGE = {"for_each", "count", "lifecycle", "depends_on", "provider"}


@dataclasses.dataclass(frozen=True)
class Block:
    """A block of HCL.

    Attributes:
        head: what stands before its brace.
        arguments: what it says itself, by name.
        blocks: in it.
    """

    head: str
    arguments: Mapping[str, str]
    blocks: tuple["Block", ...]


def parsed(text: str) -> Block:
    """Return a formatted file as a block: a brace at the end of a line without `=` opens one."""
    lines = iter(re.sub(r"<<-EOT.*?EOT", '""', text, flags=re.DOTALL).splitlines())
    return _block("", lines)


def _block(head: str, lines: Iterator[str]) -> Block:
    arguments: dict[str, str] = {}
    blocks: list[Block] = []
    for line in lines:
        words = line.strip()
        if words == "}":
            break
        if words.endswith("{") and "=" not in words and words[0].isalpha():
            blocks.append(_block(words.removesuffix("{").strip(), lines))
        elif found := re.match(r"(\w+) *= *(.*)", words):
            arguments[found[1]] = "\n".join(_whole(found[2], lines))
    return Block(head, arguments, tuple(blocks))


def _whole(first: str, lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a value until its brackets are closed."""
    depth = 0
    for line in itertools.chain([first], lines):
        yield line.strip()
        bare = re.sub(r'"[^"]*"', "", line)
        depth += sum(bare.count(it) for it in "([{") - sum(bare.count(it) for it in ")]}")
        if depth == 0:
            return


RESOURCES = {block.head.split('"')[1]: block for block in parsed(SHARED).blocks if block.head.startswith("resource")}


def test_every_resource_is_one_of_the_provider() -> None:
    assert RESOURCES.keys() == SCHEMA["resources"].keys()


@pytest.mark.parametrize("kind", SCHEMA["resources"])
def test_a_resource_says_what_the_provider_knows_and_all_that_it_needs(kind: str) -> None:
    known, block = SCHEMA["resources"][kind], RESOURCES[kind]
    inner = {it.head.removeprefix("dynamic").strip(' "'): it for it in block.blocks}
    said = block.arguments.keys() | inner.keys()
    assert said - OF_THE_LANGUAGE <= {*known["required"], *known["optional"]}
    assert {*known["required"]} <= said
    for name, wanted in known["blocks"].items():
        content = next((it for it in inner[name].blocks if it.head == "content"), inner[name])
        assert {*wanted["required"]} <= content.arguments.keys() <= {*wanted["required"], *wanted["optional"]}


def test_what_is_read_of_a_resource_is_there() -> None:
    for kind, attribute in re.findall(r"(juju_\w+)\.this\[[^\]]*(?:\[[^\]]*\][^\]]*)*\]\.(\w+)", SHARED):
        known = SCHEMA["resources"][kind]
        assert attribute in {*known["required"], *known["optional"], *known["computed"]}, f"{kind}.{attribute}"


def test_the_content_of_a_secret_is_in_no_plan_and_no_state() -> None:
    secret = RESOURCES["juju_secret"].arguments
    assert SCHEMA["resources"]["juju_secret"]["write_only"] == ["value_wo"]
    assert "value" not in secret
    for module in FOLDER.glob("*/variables.tf"):
        variables = {block.head: block.arguments for block in parsed(module.read_text()).blocks}
        values = variables['variable "secret_values"']
        assert (values["ephemeral"], values["sensitive"]) == ("true", "true")
        assert not [head for head in variables if terraform.PASSWORD.search(head.removeprefix('variable "secret'))]


def test_what_an_operator_says_of_an_application_later_does_not_replace_it_and_its_volumes() -> None:
    kind = "juju_application"
    lifecycle = next(it for it in RESOURCES[kind].blocks if it.head == "lifecycle")
    ignored = {*re.findall(r"\w+", lifecycle.arguments["ignore_changes"])}
    assert ignored | {"model_uuid", "name"} == {*SCHEMA["resources"][kind]["replaced_by_change_of"]}


def test_the_modules_ask_for_a_provider_that_has_what_they_use() -> None:
    minor = ".".join(SCHEMA["version"].split(".")[:2])
    for path in FOLDER.glob("*/versions.tf"):
        assert f'version = "~> {minor}"' in path.read_text()


def test_options_that_are_secrets_and_those_that_are_passwords_as_text_are_known() -> None:
    assert "static-credentials-secret" in TABLES["secrets"]["dex-auth"]
    assert TABLES["passwords"]["dex-auth"] == ["static-password"]


def test_the_volumes_that_have_a_variable_are_those_of_the_charms() -> None:
    charms = description.load(REPOSITORY).charms
    sizes = re.findall(r"(\w+) += var\.\w+_size == .* \{ ([\w-]+) =", SHARED)
    bundled = {name for it in TABLES["bundles"].values() for name in it["applications"]}
    assert {*sizes} == {(name, volume) for name in bundled for volume in charms[name].get("storage", {})}


def test_overlays_that_do_not_go_together_are_refused() -> None:
    removing = [name for name, it in TABLES["overlays"].items() if it["remove"]]
    assert f"var.overlays, {json.dumps(removing[::-1])}" in SHARED or f"var.overlays, {json.dumps(removing)}" in SHARED


def test_a_source_that_is_documented_has_the_shared_module_in_its_package() -> None:
    text = (REPOSITORY.root / "docs/terraform.md").read_text()
    sources = re.findall(r"/charmed-kubeflow(?:\.git)?(/[^\"`]*/kubeflow)[\"`]", text)
    assert len(sources) == 2
    for source in sources:
        package, slashes, module = source.rpartition("//")
        assert slashes, f"{source} is a package by itself"
        within = REPOSITORY.root / package.strip("/")
        assert within in (within / module / "../applications").resolve(strict=True).parents, source


@pytest.fixture
def program() -> str:
    """The program that runs modules, if there is one; what is asked of it here needs no provider."""
    found = shutil.which("tofu") or shutil.which("terraform")
    return found or pytest.skip("this needs tofu or terraform")


def without_resources(folder: pathlib.Path) -> None:
    """Make the shared module there but for its resources, which need the provider."""
    resources = (FOLDER / "applications/main.tf").read_text()
    begin = resources.split('resource "juju_model"')[0].replace("juju_model.this[0].uuid", '"uuid"')
    pairs = re.findall(r"for_each = (\{\n    for pair .*?\n  \})", resources, re.DOTALL)
    (folder / "main.tf").write_text(f"{begin}\nlocals {{\n  pairs = {pairs[0]}\n}}\n")
    outputs = (FOLDER / "applications/outputs.tf").read_text()
    (folder / "outputs.tf").write_text(re.sub(r"(?m)^  value .*", "  value = []", outputs))
    for file in ("variables.tf", "tables.json"):
        shutil.copy(FOLDER / "applications" / file, folder)


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ('overlays=["tls", "ham"]', "overlays names what is none: ham."),
        ("applications={mysqld={}, dex-auth={}}", "applications names what is not deployed: mysqld."),
    ],
)
def test_a_name_that_is_wrong_is_told_once(program: str, tmp_path: pathlib.Path, variable: str, told: str) -> None:
    without_resources(tmp_path)
    arguments = ["-no-color", "-input=false", "-var", "bundle=kubeflow-edge", "-var", variable]
    said = subprocess.run([program, "plan", *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert (said.returncode, said.stderr.count("Error:"), said.stderr.count(told)) == (1, 1, 1)


ALL = sorted(TABLES["overlays"])


@pytest.mark.parametrize(
    "overlays", [[], [it for it in ALL if it != "minio"], [it for it in ALL if it != "external-s3"]]
)
@pytest.mark.parametrize("name", TABLES["bundles"])
def test_a_module_comes_to_the_same_as_a_bundle_with_the_same_overlays(
    program: str, tmp_path: pathlib.Path, name: str, overlays: list[str]
) -> None:
    without_resources(tmp_path)
    chosen = ["-var", f"bundle={name}", "-var", f"overlays={json.dumps(overlays)}"]
    asked = "jsonencode([local.applications, keys(local.pairs)])\n"
    said = subprocess.run(
        [program, "console", *chosen], input=asked, capture_output=True, text=True, cwd=tmp_path, check=True
    )
    applications, relations = json.loads(json.loads(said.stdout))
    files = [Overlay.load(REPOSITORY.root / "bundles/overlays" / f"{it}.yaml") for it in overlays]
    wanted = Bundle.load(REPOSITORY, name).with_overlays(files).content
    assert relations == sorted(" ".join(pair) for pair in wanted["relations"])
    keys = ("charm", "channel", "scale", "constraints")
    assert {item: [it.get(key) for key in keys] for item, it in applications.items()} == {
        item: [it.get(key) for key in keys] for item, it in wanted["applications"].items()
    }
    assert {item: {key: str(value) for key, value in it["config"].items()} for item, it in applications.items()} == {
        item: {key: str(value) for key, value in it.get("options", {}).items()}
        for item, it in wanted["applications"].items()
    }


def test_the_modules_are_formatted(program: str) -> None:
    found = subprocess.run([program, "fmt", "-check", "-recursive", FOLDER], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")
