"""A set brought back, or rehearsed."""
