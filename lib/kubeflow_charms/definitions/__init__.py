"""The compact form of custom resource definitions."""
