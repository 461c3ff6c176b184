"""What charms' own small programs import, with Python's standard library alone."""
