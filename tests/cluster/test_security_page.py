"""The page on security says of every workload what the cluster lets it do."""

from collections.abc import Iterator

import httpx2
import pytest
from support import objects, samples, security_page
from support.apiserver import ApiServer
from support.objects import Deployed
from support.related import ROOTS, Described


@pytest.fixture(scope="module", params=ROOTS, ids=lambda root: root.name)
def deployed(
    request: pytest.FixtureRequest,
    apiserver: ApiServer,
    collected: httpx2.Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    samples.define(collected, samples.kinds())
    yield from objects.running(apiserver, collected, Described.load(request.param), tmp_path_factory)


def test_the_page_says_what_each_workload_may_do(deployed: Deployed):
    page = security_page.PAGE.read_text()
    assert [row for row in security_page.rows(deployed) if row not in page] == []
