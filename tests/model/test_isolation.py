"""T9 and T11: no hook needs the internet, no image is unlisted, and no secret is seen where it does not belong."""

import pytest

from tools.images import inventory
from tools.pack.repository import Repository

from . import bundle, checks
from .kubernetes import Kubernetes
from .steps import Chance
from .world import running


@pytest.mark.parametrize("name", bundle.widest())
def test_every_image_that_is_named_is_listed(kubernetes: Kubernetes, name: str) -> None:
    listed = {item.image for item in inventory.of_all(Repository()).images}
    with running(bundle.named(name), kubernetes, Chance(0)) as world:
        checks.lists_its_images(world, listed)


@pytest.mark.parametrize("name", bundle.widest())
def test_no_secret_is_seen_outside_of_juju_secrets_files_and_kubernetes_secrets(
    kubernetes: Kubernetes, name: str
) -> None:
    with running(bundle.named(name), kubernetes, Chance(0)) as world:
        checks.keeps_secrets(world)
