"""A charm store of one's own: a folder of charms and bundles, served as Juju asks Charmhub for them."""
