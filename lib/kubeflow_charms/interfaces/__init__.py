"""Typed databags of each relation interface, one file each."""
