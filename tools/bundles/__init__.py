"""One description of bundles and overlays, which these and Terraform's tables are written from."""
