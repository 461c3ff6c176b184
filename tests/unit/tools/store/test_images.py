"""Image references without their registry."""

import pytest

from tools.store import images


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("ghcr.io/dexidp/dex:v2.44.0", "dexidp/dex:v2.44.0"),
        ("localhost/dex", "dex"),
        ("registry.site:5000/a/b@sha256:0", "a/b@sha256:0"),
        ("istio/pilot:1.28.0", "istio/pilot:1.28.0"),
        ("docker.io/istio/pilot:1.28.0", "istio/pilot:1.28.0"),
        ("docker.io/mysql:8", "library/mysql:8"),
        ("mysql:8", "library/mysql:8"),
    ],
)
def test_the_registry_is_told_from_the_path_as_container_tools_do(image, path):
    assert images.path_of(image) == path
