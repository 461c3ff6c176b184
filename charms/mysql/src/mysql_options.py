"""The charm's options as typed values."""

import dataclasses

from kubeflow_charms import option
from kubeflow_charms.configuration import amounts, store_options

MEBIBYTE = 1024 * 1024
SMALLEST = 448
"""Of memory, in MiB."""


def connections(value: int) -> int:
    """Accept a number of connections that a small server can keep."""
    if not 10 <= value <= 10000:
        raise ValueError(f"{value} is out of range, expected 10 to 10000")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class MysqlOptions:
    """The options, as charmcraft.yaml describes them."""

    memory: amounts.Memory = option(amounts.memory(SMALLEST, needed=True))
    max_connections: int = option(connections)
    backup_bucket: str = option(store_options.bucket)
