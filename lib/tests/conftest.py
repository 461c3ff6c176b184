"""What all tests of the library use."""

from support.examples import deploy

__all__ = ["deploy"]
