"""Every charm's webhooks are really called by a kube-apiserver, with certificates that the library makes and renews.

A small server stands in for the program, at the name of the charm's Service and with the files that the charm wrote.
"""

import datetime
import pathlib
from collections.abc import Iterator

import httpx2
import pytest
from kubeflow_charms import certificates
from kubeflow_charms.certificates import signing
from support import admission, objects, samples
from support.admission import Pair, Server
from support.apiserver import ApiServer
from support.eventually import eventually
from support.objects import Deployed
from support.related import ROOTS, Described

AGO = datetime.timedelta(days=250)
"""Since then a certificate of a year has passed two thirds of its life."""


def registers(root: pathlib.Path) -> bool:
    """Tell whether a charm has webhooks."""
    return any("WebhookConfiguration" in path.read_text() for path in (root / "src").glob("*.j2"))


@pytest.fixture(scope="module", params=filter(registers, ROOTS), ids=lambda root: root.name)
def deployed(
    request: pytest.FixtureRequest,
    apiserver: ApiServer,
    collected: httpx2.Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    """An application that was deployed long ago."""
    samples.define(collected, samples.kinds())
    with pytest.MonkeyPatch.context() as patch:
        real = certificates.now
        patch.setattr(certificates, "now", lambda: real() - AGO)
        running = objects.running(apiserver, collected, Described.load(request.param), tmp_path_factory)
        found = next(running)
    yield found
    next(running, None)


@pytest.fixture
def server(deployed: Deployed, tmp_path: pathlib.Path) -> Iterator[Server]:
    with admission.answering(deployed, tmp_path) as found:
        # The API server takes a moment to hear of a changed configuration.
        eventually(lambda: admission.hooks(deployed)[0].reviewed(found.asked))
        yield found


def test_every_webhook_is_called_and_trusts_what_the_program_serves(deployed: Deployed, server: Server):
    for hook in admission.hooks(deployed):
        assert hook.reviewed(server.asked)


def test_the_renewal_of_a_certificate_is_not_noticed(deployed: Deployed, server: Server):
    before, hook = set(admission.pairs_of(deployed)), admission.hooks(deployed)[0]
    deployed.run("update_status")
    assert deployed.settled, deployed.state.unit_status
    assert hook.reviewed(server.asked), "with the old certificate, until the program has the new one"
    server.serve(admission.certificate(deployed, hook.host))
    assert hook.reviewed(server.asked), "with the new certificate"
    assert set(admission.pairs_of(deployed)) != before or all(pair.authority for pair in before)


def test_a_certificate_of_anybody_else_is_not_trusted(deployed: Deployed, server: Server):
    hook = admission.hooks(deployed)[0]
    server.serve(stranger(hook.host))
    with pytest.raises(AssertionError):
        hook.reviewed(server.asked)


def stranger(host: str) -> Pair:
    """Return a certificate for the same name by an authority that nobody knows."""
    now, life = certificates.now(), datetime.timedelta(hours=1)
    authority, key = signing.new_key(), signing.new_key()
    root = signing.authority_certificate("stranger", authority, now, life)
    return Pair(signing.server_certificate([host], key, root, authority, now, life), key)
