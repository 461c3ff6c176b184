"""Turn the charms and bundles of this repository into the archives that Juju deploys."""
