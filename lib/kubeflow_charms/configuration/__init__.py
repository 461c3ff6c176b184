"""Typed options, and what is read of them."""
