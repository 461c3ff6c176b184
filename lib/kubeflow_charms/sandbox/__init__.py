"""What a container may do: its program, identity and roles, and what Kubernetes checks beyond roles."""
