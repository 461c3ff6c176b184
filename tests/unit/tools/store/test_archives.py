"""What the store takes, and what it refuses with which reason."""

import stat
import zipfile

import pytest
from support.archives import charm_files

from tools.store import archive
from tools.store.model import Base, StoreError


def test_a_charm_is_read(make_charm):
    package = archive.read(make_charm())
    assert (package.kind, package.name, package.summary) == ("charm", "dex-auth", "A tiny charm")
    assert package.bases == (Base("ubuntu", "24.04", "amd64"),)
    assert [resource.image for resource in package.resources] == ["ghcr.io/dexidp/dex:v2.44.0"]


def test_a_bundle_is_read(bundle):
    package = archive.read(bundle)
    assert (package.kind, package.name, package.charms) == ("bundle", "kubeflow-lite", ("dex-auth",))


@pytest.mark.parametrize("name", ["dex-auth.charm", "dex-auth_r12.charm", "dex-auth_ubuntu-24.04-amd64.charm"])
def test_the_names_that_juju_and_charmcraft_give_are_taken(make_charm, name):
    assert archive.read(make_charm(file=name)).name == "dex-auth"


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(StoreError, match="does not exist"):
        archive.read(tmp_path / "dex-auth.charm")


def test_a_file_of_another_kind_is_refused(make_charm):
    with pytest.raises(StoreError, match=r"has to end in \.charm or \.bundle"):
        archive.read(make_charm(file="dex-auth.zip"))


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    path = tmp_path / "dex-auth.charm"
    path.write_text("no zip")
    with pytest.raises(StoreError, match="no sound zip archive"):
        archive.read(path)


def test_a_truncated_archive_is_refused(make_charm):
    path = make_charm()
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StoreError, match="no sound zip archive"):
        archive.read(path)


def test_a_damaged_entry_is_refused(make_charm):
    path = make_charm()
    path.write_bytes(path.read_bytes().replace(b"It does nothing", b"It does nothinG"))
    with pytest.raises(StoreError, match="damaged"):
        archive.read(path)


@pytest.mark.parametrize("missing", ["metadata.yaml", "manifest.yaml", "dispatch"])
def test_a_charm_without_a_needed_file_is_refused(make_zip, missing):
    files = charm_files()
    del files[missing]
    with pytest.raises(StoreError, match=f"there is no {missing}"):
        archive.read(make_zip("dex-auth.charm", files))


def test_a_dispatch_that_cannot_run_is_refused(make_zip):
    with pytest.raises(StoreError, match="dispatch is not executable"):
        archive.read(make_zip("dex-auth.charm", charm_files(), dispatch_mode=0o644))


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("metadata.yaml", "name: [", "metadata.yaml is not valid YAML"),
        ("metadata.yaml", "- a list\n", "metadata.yaml is not a YAML mapping"),
        ("metadata.yaml", "summary: nameless\n", "not a name Juju takes"),
        ("metadata.yaml", "name: Dex_Auth\n", "not a name Juju takes"),
        ("metadata.yaml", "name: dex-auth\nresources: {image: 3}\n", "needs a `type`"),
        ("manifest.yaml", "bases: []\n", "names no base"),
        ("manifest.yaml", "bases: [ubuntu]\n", "no list `bases`"),
        ("config.yaml", "option: {}\n", "no mapping `options`"),
        ("actions.yaml", "\t-", "actions.yaml is not valid YAML"),
    ],
)
def test_a_charm_with_a_bad_file_is_refused_with_the_reason(make_zip, file, content, reason):
    with pytest.raises(StoreError, match=reason):
        archive.read(make_zip("dex-auth.charm", {**charm_files(), file: content}))


def test_a_charm_under_another_name_is_refused(make_charm):
    with pytest.raises(StoreError, match=r"contains the charm 'minio': name the file minio\.charm"):
        archive.read(make_charm(name="minio", file="dex-auth.charm"))


@pytest.mark.parametrize("entry", ["../outside", "/etc/passwd", "src/../../outside", "src\\..\\outside"])
def test_an_entry_that_leads_out_of_the_archive_is_refused(make_zip, entry):
    with pytest.raises(StoreError, match="leads out of the archive"):
        archive.read(make_zip("dex-auth.charm", {**charm_files(), entry: "gotcha"}))


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside"])
def test_a_link_that_leads_out_of_the_archive_is_refused(make_charm, target):
    path = make_charm()
    with zipfile.ZipFile(path, "a") as content:
        link = zipfile.ZipInfo("src/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        content.writestr(link, target)
    with pytest.raises(StoreError, match="leads out of the archive"):
        archive.read(path)


def test_an_archive_that_unpacks_to_too_much_is_refused(make_charm, monkeypatch):
    monkeypatch.setattr(archive, "UNPACKED_LIMIT", 100)
    with pytest.raises(StoreError, match="it unpacks to"):
        archive.read(make_charm())


@pytest.mark.parametrize("content", ["applications: {}\n", "applications: {a: {scale: 1}}\n", "[]\n"])
def test_a_bundle_without_applications_is_refused(make_zip, content):
    with pytest.raises(StoreError, match=r"bundle\.yaml"):
        archive.read(make_zip("kubeflow-lite.bundle", {"bundle.yaml": content, "README.md": ""}))


def test_a_bundle_without_a_readme_is_refused(make_zip):
    with pytest.raises(StoreError, match=r"there is no README\.md: Juju takes no bundle without one"):
        archive.read(make_zip("kubeflow-lite.bundle", {"bundle.yaml": "applications: {a: {charm: a}}\n"}))
