"""What is shown of a workload."""
