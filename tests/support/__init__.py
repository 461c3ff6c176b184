"""What the tests of several charms share."""
