"""The pages as a site, built by MkDocs."""
