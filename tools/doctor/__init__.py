"""Say what is wrong with a machine, a cluster or a deployment, and what helps."""
