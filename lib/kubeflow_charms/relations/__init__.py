"""Typed relations, and the Juju secrets that go with them."""
