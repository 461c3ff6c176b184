"""Measure what the charms cost, against the budgets of the project."""
