"""Run every test that this machine can, and say what was left out."""
