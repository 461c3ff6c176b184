"""Packing a bundle."""

import zipfile

import pytest

from tools.pack import bundle
from tools.pack.repository import PackError
from tools.store import archive


def test_a_packed_bundle_has_its_description_and_is_taken_by_the_store(repository, tmp_path):
    packed = bundle.pack(repository, "small", tmp_path)
    with zipfile.ZipFile(packed.path) as content:
        assert content.namelist() == ["README.md", "bundle.yaml"]
    assert archive.read(packed.path).charms == ("tiny",)


def test_a_bundle_packed_again_is_the_same_byte_for_byte(repository, tmp_path):
    first = bundle.pack(repository, "small", tmp_path / "a").path.read_bytes()
    assert bundle.pack(repository, "small", tmp_path / "b").path.read_bytes() == first


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{", "cannot be read"), ("[]", "applications"), ("name: big\napplications: {a: {}}\n", "'big'")],
)
def test_a_bad_bundle_is_refused_with_the_reason(repository, tmp_path, content, reason):
    (repository.bundle("small") / "bundle.yaml").write_text(content)
    with pytest.raises(PackError, match=reason):
        bundle.pack(repository, "small", tmp_path)


def test_an_unknown_bundle_is_refused(repository, tmp_path):
    with pytest.raises(PackError, match=r"no bundle 'large'.* small"):
        bundle.pack(repository, "large", tmp_path)


def test_a_bundle_without_a_readme_is_refused(repository, tmp_path):
    (repository.bundle("small") / "README.md").unlink()
    with pytest.raises(PackError, match=r"has no README\.md"):
        bundle.pack(repository, "small", tmp_path)
