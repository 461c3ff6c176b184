"""One consistent set of what a site would miss."""
