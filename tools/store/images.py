"""Where the container images of a store's charms come from.

Juju learns an image from a small JSON document, the content of an `oci-image` resource. The document is made
from the charm's own `upstream-source`, unless FOLDER/resources.json says otherwise:

    {"registry": "registry.site:5000",            the same path on this registry, for every image
     "username": "...", "password": "...",        for that registry, if it wants them
     "images": {"dex-auth": {"dex-image": "registry.site:5000/mirror/dex:2.44"}}}   for one resource
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import typing

from tools.store.model import Entry, Resource, Revision, StoreError


@dataclasses.dataclass(frozen=True)
class Overrides:
    """What resources.json says; all empty without one."""

    registry: str = ""
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    images: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)

    @classmethod
    def load(cls, path: pathlib.Path) -> Overrides:
        """Read resources.json; a missing file overrides nothing.

        Raises:
            StoreError: when the file is not what the module's docstring shows.
        """
        try:
            content = json.loads(path.read_text())
            overrides = cls(**content)
        except FileNotFoundError:
            return cls()
        except (TypeError, ValueError) as error:
            raise StoreError(f"{path} is not as docs/air-gap.md shows it: {error}; it is ignored") from None
        texts = (overrides.registry, overrides.username, overrides.password)
        if not all(isinstance(text, str) for text in texts) or not _is_nested_mapping(overrides.images):
            raise StoreError(f"{path} is not as docs/air-gap.md shows it; it is ignored")
        return overrides

    def image(self, charm: str, resource: Resource) -> str:
        """Give the image a charm's resource stands for here; empty when nobody names one."""
        named = self.images.get(charm, {}).get(resource.name)
        if named or not self.registry or not resource.image:
            return named or resource.image
        return f"{self.registry.rstrip('/')}/{path_of(resource.image)}"


def _is_nested_mapping(images: object) -> bool:
    return isinstance(images, dict) and all(
        isinstance(named, dict) and all(isinstance(image, str) for image in named.values()) for named in images.values()
    )


def path_of(image: str) -> str:
    """Give an image reference without its registry, for example `istio/pilot:1.28.0`.

    The first part is a registry if it has a dot or a port or is `localhost`, as container tools decide it.
    An official image of Docker Hub, such as `mysql:8`, gets its full path `library/mysql:8`.
    """
    first, slash, rest = image.partition("/")
    if not slash:
        return f"library/{image}"
    named_registry = "." in first or ":" in first or first == "localhost"
    if not named_registry:
        return image
    return rest if "/" in rest or first != "docker.io" else f"library/{rest}"


def document(overrides: Overrides, charm: str, resource: Resource) -> bytes | None:
    """Give the content of an OCI resource, or None when no image is named for it."""
    image = overrides.image(charm, resource)
    if resource.kind != "oci-image" or not image:
        return None
    mirrored = overrides.registry and image.startswith(overrides.registry.rstrip("/") + "/")
    content = {
        "ImageName": image,
        "Username": overrides.username if mirrored else "",
        "Password": overrides.password if mirrored else "",
    }
    return json.dumps(content).encode()


def numbered(entry: Entry, name: str) -> list[tuple[int, Revision, Resource]]:
    """Number the revisions of one resource: each different upstream-source counts, in order of appearance.

    Returns:
        For every charm revision that declares the resource, the resource's revision.
    """
    seen: list[str] = []
    result: list[tuple[int, Revision, Resource]] = []
    for revision in entry.revisions:
        for resource in revision.package.resources:
            if resource.name == name:
                if resource.image not in seen:
                    seen.append(resource.image)
                result.append((seen.index(resource.image) + 1, revision, resource))
    return result


def download(content: bytes, url: str) -> dict[str, typing.Any]:
    """Describe a document as Juju wants a download described."""
    return {
        "hash-sha-256": hashlib.sha256(content).hexdigest(),
        "hash-sha-384": hashlib.sha384(content).hexdigest(),
        "hash-sha-512": hashlib.sha512(content).hexdigest(),
        "hash-sha3-384": hashlib.sha3_384(content).hexdigest(),
        "size": len(content),
        "url": url,
    }
