"""A real Kubernetes and a real Juju on one machine, from package registries alone, to try charms on."""
