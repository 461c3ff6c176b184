"""Deploy a bundle on whatever is there, and wait until it works."""
