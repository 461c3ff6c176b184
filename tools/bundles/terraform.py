"""What Terraform's modules read of the description."""

from __future__ import annotations

from tools.bundles.description import Description


def files(description: Description) -> dict[str, str]:
    """Return the text of each file below terraform/ that is written, by its path in the repository."""
    return {}
