"""What makes the cluster as a plan says, keeps it so, says what is missing, and takes it away."""
