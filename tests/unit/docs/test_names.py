"""Every endpoint, option, action, container, tool and file that a page or an overlay names is there."""

import pathlib
import re
from collections.abc import Iterator

import pytest
import yaml

from tests.support import named
from tests.support.pages import ROOT, Page, pages

PAGES = pages()
CHARMS = [page for page in PAGES if page.charm and page.path.name == "README.md"]
OVERLAYS = sorted(ROOT.glob("bundles/overlays/*.yaml"))

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"(?:docs|bundles|charms|examples|lib|testbed|tests|tools)/[\w./-]*")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_name_what_there_is(page: Page) -> None:
    wrong = {f"{fault}: {' '.join(words)}" for words in page.commands() for fault in named.faults(words)}
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_endpoints_in_the_text_are_there(page: Page) -> None:
    for code in page.code():
        if found := re.fullmatch(r"([a-z][a-z0-9-]*):([a-z][a-z0-9-]*)", code):
            charms = named.applications().get(found[1], ())
            assert not charms or any(found[2] in charm.endpoints for charm in charms), code


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_files_and_links_are_there(page: Page) -> None:
    for target in LINK.findall(page.text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page.path.parent / path).resolve() if path else ROOT / page.path
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target
    for code in page.code():
        for word in (word.rstrip(".,;:") for word in code.split()):
            if "NAME" not in word and PATH.fullmatch(word) and "." in pathlib.Path(word).name:
                near = [ROOT / word, ROOT / page.path.parent / word, *ROOT.glob(f"charms/*/{word}")]
                assert any(path.exists() for path in near), word


FIRST_NAMES = re.findall(
    r"\S+",
    """
ambassador api-service argo centraldashboard jupyter-web-app katib metacontroller minio mysql notebook-controller
persistent-agent pipelines-runner pipelines-ui pipelines-viewer pytorch-operator scheduledworkflow tensorboard
tf-job-operator KFServing Fairing mxnet-operator chainer-operator DeepOps kfp-tekton
""",
)
"""Components of Kubeflow's first kustomize manifests, and what was beside them."""


@pytest.mark.parametrize("name", FIRST_NAMES)
def test_it_is_said_where_each_of_kubeflows_first_names_is_now(name: str) -> None:
    rows = re.findall(r"^\| (.*?) \| .+ \| .+ \|$", (ROOT / "docs/old-names.md").read_text(), re.MULTILINE)
    assert any(re.search(rf"(?<![\w-]){name}(?![\w-])", row) for row in rows)


def anchors(file: pathlib.Path) -> set[str]:
    """Return the anchors that a forge gives to the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", CHARMS, ids=str)
def test_the_page_of_a_charm_has_its_options_and_no_others(page: Page) -> None:
    charm = named.charms()[page.charm]
    listed = {option for row in named.tables(page, "option") for option in row}
    assert listed <= set(charm.options)
    mentioned = set(re.findall(r"[a-z][\w-]+", " ".join(page.code())))
    assert set(charm.options) <= mentioned, set(charm.options) - mentioned


@pytest.mark.parametrize("page", CHARMS, ids=str)
def test_the_page_of_a_charm_has_its_endpoints_and_no_others(page: Page) -> None:
    charm = named.charms()[page.charm]
    listed = {endpoint for row in named.tables(page, "endpoint") for endpoint in row}
    common = {"metrics-endpoint", "grafana-dashboard", "logging"}
    assert listed - set(charm.endpoints) - set(charm.options) == set()
    assert set(charm.endpoints) - listed <= common


@pytest.mark.parametrize("page", CHARMS, ids=str)
def test_the_page_of_a_charm_tells_of_all_its_actions(page: Page) -> None:
    code = " ".join(page.code())
    assert {action for action in named.charms()[page.charm].actions if action not in code} == set()


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.stem)
def test_an_overlay_names_what_there_is(path: pathlib.Path) -> None:
    assert sorted(overlay_faults(path)) == []


def overlay_faults(path: pathlib.Path) -> Iterator[str]:
    """Yield what an overlay names that is not there."""
    content = yaml.safe_load(path.read_text())
    for name, it in content["applications"].items():
        charms = named.applications().get(name, ())
        if not charms:
            yield f"there is no application {name}"
        for option in (it or {}).get("options", {}):
            if not any(option in charm.options for charm in charms):
                yield f"{name} has no option {option}"
    for relation in content.get("relations") or ():
        yield from named.faults(["juju", "integrate", *relation])


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("juju integrate kubeflow-profiles:secrets minio:secrets", "minio has no endpoint secrets"),
        ("juju integrate minio:s3 mysql:database", "minio:s3 and mysql:database do not fit each other"),
        ("juju config dex-auth no-such=1", "dex-auth has no option no-such"),
        ("juju config dex-auth --reset no-such", "dex-auth has no option no-such"),
        ("juju run -m kubeflow mysql/0 no-such", "mysql has no action no-such"),
        ("juju run mysql/0 restore id=1", "the action restore of mysql has no parameter id"),
        ("juju refresh nobody", "there is no application nobody"),
        ("juju deploy mysql --storage data=1G", "mysql has no storage data"),
        ("juju attach-resource dex-auth image=a", "dex-auth has no resource image"),
        ("kubectl logs -n MODEL dex-auth-0 -c dox", "dex-auth has no container dox"),
        (".venv/bin/python -m tools store no-such", "tools store has no command no-such"),
        ("./up --no-such", "tools up has no option --no-such"),
        ("./up doctor --check", "tools doctor has no option --check"),
    ],
)
def test_what_is_not_there_is_found(command: str, fault: str) -> None:
    page = Page(pathlib.Path("x.md"), f"text\n\n    $ {command}\n")
    assert [found for words in page.commands() for found in named.faults(words)] == [fault]


def test_commands_are_found_in_sentences_fences_and_continued_lines() -> None:
    text = "See `juju status a`.\n\n```sh\njuju refresh b\n```\n\n    0 3 * * *  juju run c/0 \\\n        d\n"
    found = [" ".join(words) for words in Page(pathlib.Path("x.md"), text).commands()]
    assert sorted(found) == ["juju refresh b", "juju run c/0 d", "juju status a"]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_cron_job_finds_programs_of_snaps(page: Page) -> None:
    for block in re.findall(r"(?: {4}.*\n)*(?: {4}[\d*/,]+ [\d*/,]+ \S+ \S+ \S+ .*\n)", page.text):
        assert "/snap/bin" in block
