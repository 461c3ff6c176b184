"""Values that several interfaces have, checked before anything is made of them."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

Host = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
"""The name of a Service, or its host name."""

Port = Annotated[int, Meta(ge=1, le=65535)]

Header = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+$")]
"""The name of an HTTP header."""

Principal = Annotated[str, Meta(pattern=r"^[a-z0-9.-]+/ns/[a-z0-9-]+/sa/[a-z0-9.-]+$")]
"""What Istio calls a pod inside the mesh: `cluster.local/ns/<namespace>/sa/<service account>`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Login:
    """All that a client of a database needs."""

    host: str
    port: int
    database: str
    username: str
    password: str = dataclasses.field(repr=False)


def field(content: Mapping[str, str], key: str) -> str:
    """Return a value of a related application's secret.

    Raises:
        ValueError: the secret has none.
    """
    if not content.get(key):
        raise ValueError(f"its secret has no {key}")
    return content[key]


def principal(namespace: str, account: str) -> str:
    """Return what Istio calls the pods of a ServiceAccount; Juju names an application's after it."""
    return f"cluster.local/ns/{namespace}/sa/{account}"
