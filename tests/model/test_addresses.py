"""T8: without a load balancer, with TLS, with another address, and with every overlay."""

import json

import pytest

from . import bundle, checks
from .kubernetes import Kubernetes
from .outcome import outcome
from .seeds import explore
from .steps import Chance
from .world import World, running


@pytest.mark.parametrize("name", bundle.widest())
def test_without_an_address_nothing_is_in_error_and_all_is_well_once_there_is_one(
    kubernetes: Kubernetes, name: str
) -> None:
    explore(checks.waits_for_an_address, bundle.named(name), kubernetes, 0)


@pytest.mark.parametrize("name", bundle.widest())
def test_nobody_keeps_an_address_that_changed(kubernetes: Kubernetes, name: str) -> None:
    explore(checks.forgets_an_address, bundle.named(name), kubernetes, 0)


def test_with_tls_all_is_https_and_without_it_http_again(kubernetes: Kubernetes) -> None:
    secure, plain = f"https://{checks.OLD}", f"http://{checks.OLD}"
    with running(bundle.named("kubeflow-lite", "tls"), kubernetes, Chance(0)) as world:
        world.settle()
        found = json.dumps(outcome(world))
        assert (secure in found, plain in found) == (True, False)
        world.remove_outsider("self-signed-certificates")
        world.drain()
        world.pass_time()
        world.converge()
        found = json.dumps(outcome(world))
        assert (secure in found, plain in found) == (False, True)


WITH_MINIO = ("cos", "gpu", "ha", "minio", "notebooks", "tls")
TOGETHER = (WITH_MINIO, tuple(name for name in bundle.overlays() if name not in WITH_MINIO))
"""All overlays, those apart that take the same place; one that changes nothing of a bundle does no harm."""


@pytest.mark.parametrize("overlays", TOGETHER, ids="+".join)
@pytest.mark.parametrize("name", bundle.names())
def test_every_overlay_goes_with_every_bundle_and_with_others(
    kubernetes: Kubernetes, name: str, overlays: tuple[str, ...]
) -> None:
    explore(World.settle, bundle.named(name, *overlays), kubernetes, 0)
