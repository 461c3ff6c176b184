"""What clients do comes to the same in the real SeaweedFS and the real MinIO, but for a few things."""

import pytest
from support import s3_operations
from support.s3_client import Client

DIFFERENT = {
    s3_operations.key_within_key: (["d/e", "d/e/3"], ["d/e"]),
    s3_operations.order: (["foo/", "foo+1/"], ["foo+1/", "foo/"]),
    s3_operations.empty_metadata: (None, ""),
    s3_operations.range_that_is_none: (200, 400),
    s3_operations.double_slash: ((200, ["x/y"]), (400, [])),
    s3_operations.cors: (200, 501),
    s3_operations.encryption: (500, 501),
    s3_operations.notifications: (501, 200),
    s3_operations.select: (405, 400),
}
"""What comes of an operation in SeaweedFS, and in MinIO; the charm's page lists the same."""


@pytest.fixture
def clients(request, real, old):
    """Return clients of both, with a bucket of their own for each operation."""
    name = f"table-{request.param.__name__.replace('_', '-')}"
    found = Client(real.of(real.root), name), Client(old, name)
    for client in found:
        assert client.ask("PUT").status == 200
    return found


@pytest.mark.parametrize(
    ("clients", "operation"),
    [(it, it) for it in s3_operations.OPERATIONS],
    indirect=["clients"],
    ids=lambda it: it.__name__,
)
def test_an_operation_comes_to_the_same(clients, operation):
    ours, theirs = (list(operation(client)) for client in clients)
    assert ours == theirs


@pytest.mark.parametrize(
    ("clients", "operation"), [(it, it) for it in DIFFERENT], indirect=["clients"], ids=lambda it: it.__name__
)
def test_the_differences_are_those_of_the_charms_page(clients, operation):
    assert tuple(map(operation, clients)) == DIFFERENT[operation]
