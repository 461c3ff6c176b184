"""Which container images a bundle needs, for mirrors and scanners."""
