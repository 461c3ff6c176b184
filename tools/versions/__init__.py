"""What runs in a deployed model, against what the charms of this repository would run."""
