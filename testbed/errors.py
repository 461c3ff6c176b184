"""What the testbed says when it cannot go on."""


class TestbedError(Exception):
    """Something failed in a way that a person can act on; the message says what and what to do."""

    __test__ = False
