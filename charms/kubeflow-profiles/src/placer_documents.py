"""What the placer is told, and what that makes of each namespace: pure functions; runs beside `placer`."""

import base64
import dataclasses
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kubeflow_charms.small_programs.kubernetes_api import Object
from kubeflow_charms.storage.profile_logins import login
from placer_limits import limit_range

PLACEHOLDER = re.compile(r"\{\{\s*(?:(NAMESPACE)|(DIGEST|ACCESS_KEY|SECRET_KEY)\s+([a-z0-9-]+))\s*\}\}")


@dataclasses.dataclass(frozen=True)
class Namespace:
    """A profile's namespace.

    Attributes:
        uid: Kubernetes' own identifier, which a namespace of the same name does not have again.
    """

    name: str
    uid: str
    labels: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, item: Object) -> "Namespace":
        """Return a namespace as Kubernetes shows it."""
        metadata = item["metadata"]
        return cls(metadata["name"], metadata["uid"], frozenset((metadata.get("labels") or {}).items()))


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of object to place.

    Attributes:
        plural: its name in URLs.
        everywhere: whether the program may look at those of all namespaces at once.
    """

    api_version: str
    kind: str
    plural: str
    everywhere: bool = True


@dataclasses.dataclass(frozen=True)
class Template:
    """An object as it is sent, for one namespace or for many.

    Attributes:
        owner: the name of the ClusterRole that the placed objects belong to.
        text: the object in JSON, with placeholders.
        selector: the labels that a namespace needs.
        takes_over: annotations of an earlier maker's objects, which are gone on with.
        keys: what differs from namespace to namespace is made from these.
    """

    api_version: str
    kind: str
    name: str
    owner: str
    text: str
    namespace: str = ""
    selector: Mapping[str, str] = dataclasses.field(default_factory=dict)
    takes_over: Mapping[str, str] = dataclasses.field(default_factory=dict)
    keys: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, item: Object, owner: str, **more: Any) -> "Template":
        """Return an object's template; `more` are the other attributes."""
        metadata = item["metadata"]
        return cls(
            api_version=item["apiVersion"],
            kind=item["kind"],
            name=metadata["name"],
            owner=owner,
            text=json.dumps(item),
            namespace=metadata.get("namespace", ""),
            **more,
        )

    def is_for(self, namespace: Namespace) -> bool:
        """Tell whether a namespace gets it."""
        return self.namespace in ("", namespace.name) and self.selector.items() <= namespace.labels

    def render(self, namespace: Namespace) -> Object:
        """Return the object for a namespace, a Secret as Kubernetes tells it back."""

        def fill(found: re.Match[str]) -> str:
            _, function, key = found.groups()
            if function is None:
                return namespace.name
            if key not in self.keys:
                return found[0]
            if function == "DIGEST":
                return digest(self.keys[key], namespace.name)
            made = login(self.keys[key], namespace.name, namespace.uid)
            return made.access_key if function == "ACCESS_KEY" else made.secret_key

        item = json.loads(PLACEHOLDER.sub(fill, self.text))
        return _with_data(item) if item["kind"] == "Secret" else item


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the file says.

    Attributes:
        manager: the field manager of what is placed.
        profiles: the label that a profile's namespace has, as `key=value`.
        labels: the mark that placed objects bear.
        kinds: what kinds there may be, in the order in which they are placed.
        templates: what to place.
        limits_owner: what the limits of quotas belong to; empty for no limits.
        requests, limits: of containers that say nothing, where the profile's quota counts them.
        login: the name of the Secret with a registry's login; placed, if there is one.
        logged_in: whether there is one.
        names: the path of what says whose profiles' names are; empty for none.
    """

    manager: str
    profiles: str
    labels: Mapping[str, str]
    kinds: tuple[Kind, ...]
    templates: tuple[Template, ...]
    limits_owner: str = ""
    requests: Mapping[str, str] = dataclasses.field(default_factory=dict)
    limits: Mapping[str, str] = dataclasses.field(default_factory=dict)
    login: str = ""
    logged_in: bool = False
    names: str = ""

    @classmethod
    def read(cls, text: str) -> "Wanted":
        """Read the file."""
        document = json.loads(text)
        templates = [
            Template.of(
                placed["object"],
                placed["owner"],
                selector=sender["selector"],
                takes_over=sender["takes_over"],
                keys=sender["keys"],
            )
            for sender in document["senders"]
            for placed in sender["objects"]
        ]
        plain = {
            name: document[name]
            for name in (
                "manager",
                "profiles",
                "labels",
                "limits_owner",
                "requests",
                "limits",
                "login",
                "logged_in",
                "names",
            )
        }
        return cls(kinds=tuple(Kind(**item) for item in document["kinds"]), templates=tuple(templates), **plain)

    def with_limits(self, profiles: Iterable[Object]) -> "Wanted":
        """Return what is wanted with a LimitRange for each profile whose quota needs one."""
        if not self.limits_owner:
            return self
        found = filter(None, (limit_range(profile, self.requests, self.limits) for profile in profiles))
        more = (Template.of(item, self.limits_owner) for item in found)
        return dataclasses.replace(self, templates=(*self.templates, *more))

    def of(self, kind: Kind, namespaces: Iterable[Namespace]) -> dict[tuple[str, str], tuple[Template, Namespace]]:
        """Return what is wanted of a kind, by namespace and name; one for a namespace alone goes before one for all."""
        return {
            (namespace.name, template.name): (template, namespace)
            for template, namespace in self._pairs(kind, list(namespaces))
        }

    def _pairs(self, kind: Kind, namespaces: list[Namespace]) -> Iterator[tuple[Template, Namespace]]:
        named = {namespace.name: namespace for namespace in namespaces}
        found = [item for item in self.templates if (item.api_version, item.kind) == (kind.api_version, kind.kind)]
        for template in sorted(found, key=lambda item: item.namespace != ""):
            alone = named.get(template.namespace)
            for namespace in ([alone] if alone else []) if template.namespace else namespaces:
                if template.is_for(namespace):
                    yield template, namespace


def digest(key: str, namespace: str) -> str:
    """Return what stands for a namespace and cannot be made for another one without the key: HMAC-SHA256 in hex."""
    return hmac.new(key.encode(), namespace.encode(), hashlib.sha256).hexdigest()


def owned(item: Object, namespace: str, labels: Mapping[str, str], owner: Object) -> Object:
    """Return an object with our mark, and with the ClusterRole that it goes with."""
    metadata = item["metadata"]
    reference = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    marked = {**metadata.get("labels", {}), **labels}
    return {**item, "metadata": {**metadata, "namespace": namespace, "labels": marked, "ownerReferences": [reference]}}


def released(there: Object, takes_over: Mapping[str, str]) -> Object | None:
    """Return the merge patch with which an earlier maker lets go of an object; None if it is not that one's.

    All its annotations go, as one may repeat what a Secret holds; and so do the owners that it named.

    Args:
        there: the object.
        takes_over: the annotations that tell it; with none, nothing is taken over.
    """
    annotations = there["metadata"].get("annotations") or {}
    if not takes_over or not takes_over.items() <= annotations.items():
        return None
    domains = {key.partition("/")[0] for key in takes_over}
    gone = dict.fromkeys(key for key in annotations if key.partition("/")[0] in domains)
    return {"metadata": {"annotations": gone, "ownerReferences": None}}


def _with_data(item: Object) -> Object:
    plain: Mapping[str, Any] = item.get("stringData") or {}
    encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
    return {
        **{key: value for key, value in item.items() if key != "stringData"},
        "data": {**(item.get("data") or {}), **encoded},
    }
