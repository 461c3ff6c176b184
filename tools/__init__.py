"""This repository's own program: pack, serve, list, deploy and measure."""
