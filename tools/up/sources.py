"""Where a model has charms from: a store that it asks, or files that are given to it."""

from __future__ import annotations

import hashlib
import json
import pathlib
import shlex
import shutil
from collections.abc import Mapping
from typing import Protocol

import jubilant
import yaml
from jubilant.statustypes import Status

from tools.images import inventory
from tools.pack.repository import Repository
from tools.store.index import Store
from tools.store.model import Channel
from tools.up.additions import Additions
from tools.up.bundles import Bundle

STABLE = Channel("latest", "stable")

OVERLAYS = "bundle.yaml"
"""Stands, among the digests of applications' files, for the bundle with its overlays; no application is called so."""


class Source(Protocol):
    """A way to give a model the charms of a bundle."""

    def offer(self, bundle: Bundle, archives: Mapping[str, pathlib.Path]) -> None:
        """Put packed charms, by name, where the model can have them; and the bundle, by its own name."""
        ...

    def deploy(self, juju: jubilant.Juju, bundle: Bundle, status: Status) -> str:
        """Deploy what of the bundle the model with this status lacks; return the command, or "" if it lacks nothing."""
        ...

    def refresh(self, juju: jubilant.Juju, bundle: Bundle, status: Status) -> list[str]:
        """Refresh the applications that have an older charm than was offered; return their names."""
        ...


class FromStore:
    """Charms from a store: `juju deploy kubeflow-lite --trust` and `juju refresh` as anybody types them."""

    def __init__(self, store: pathlib.Path, folder: pathlib.Path) -> None:
        self._store = Store(store)
        self._folder = folder
        self._revisions: dict[str, int] = {}

    def offer(self, bundle: Bundle, archives: Mapping[str, pathlib.Path]) -> None:
        """Add what changed as new revisions.

        Raises:
            StoreError: the store refuses an archive.
        """
        self._revisions = {name: self._store.add(path, STABLE).number for name, path in archives.items()}

    def deploy(self, juju: jubilant.Juju, bundle: Bundle, status: Status) -> str:
        """Deploy by name; with overlays what they come to, every time, as a status does not tell their options."""
        if bundle.is_in(status) and not bundle.overlays:
            return ""
        command = ["deploy", bundle.name, "--trust"]
        if bundle.overlays:
            command[1] = str(self._written(bundle))
        juju.cli(*command)
        return shlex.join(["juju", *command])

    def _written(self, bundle: Bundle) -> pathlib.Path:
        """Write the bundle with its overlays to a file, as Juju refuses overlays that name what a bundle lacks."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "bundle.yaml"
        path.write_text(yaml.safe_dump(dict(bundle.content), sort_keys=False))
        return path

    def refresh(self, juju: jubilant.Juju, bundle: Bundle, status: Status) -> list[str]:
        """Refresh applications whose revision is not the one on offer."""
        old = [
            name
            for name, charm in bundle.charms.items()
            if charm in self._revisions
            and name in status.apps
            and status.apps[name].charm_rev != self._revisions[charm]
        ]
        for name in old:
            juju.refresh(name)
        return old


class FromFiles:
    """Charms from files, where models ask Charmhub, which has other charms by the same names.

    Juju numbers files anew each time, so which file an application has is kept beside the files.
    """

    def __init__(self, repository: Repository, folder: pathlib.Path) -> None:
        self._repository = repository
        self._folder = folder
        self._archives: dict[str, pathlib.Path] = {}
        self._images: dict[str, dict[str, str]] = {}

    def offer(self, bundle: Bundle, archives: Mapping[str, pathlib.Path]) -> None:
        """Copy the files to where Juju's client can read them, and write a bundle that names them."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for name in set(bundle.charms.values()) & archives.keys():
            self._archives[name] = pathlib.Path(shutil.copy2(archives[name], self._folder))
            images = inventory.of_charm(self._repository, name)
            self._images[name] = {image.name: image.image for image in images if image.kind == "resource"}
        content = bundle.from_files(self._archives, self._images)
        self._bundle.write_text(yaml.safe_dump(content, sort_keys=False))

    def deploy(self, juju: jubilant.Juju, bundle: Bundle, status: Status) -> str:
        """Deploy the bundle of files; of one that is there it is known which options overlays had."""
        digest = hashlib.sha256(self._bundle.read_bytes()).hexdigest() if bundle.overlays else ""
        if bundle.is_in(status) and self._known(juju).get(OVERLAYS, "") == digest:
            return ""
        said = self._add(juju, bundle, status) if bundle.charms.keys() & status.apps.keys() else self._deploy(juju)
        new = {name: self._digest(charm) for name, charm in bundle.charms.items() if name not in status.apps}
        self._remember(juju, {**self._known(juju), **new, OVERLAYS: digest})
        return said

    def _deploy(self, juju: jubilant.Juju) -> str:
        juju.cli("deploy", str(self._bundle), "--trust")
        return f"juju deploy {self._bundle} --trust"

    def _add(self, juju: jubilant.Juju, bundle: Bundle, status: Status) -> str:
        """Add what is missing to a model that has some of it."""
        found = Additions.find(yaml.safe_load(self._bundle.read_text()), bundle.base, status)
        if found.bundle:
            self._bundle.write_text(yaml.safe_dump(found.bundle, sort_keys=False))
            self._deploy(juju)
        found.make(juju)
        return f"added {', '.join(found.bundle['applications']) if found.bundle else 'relations'} to what is there"

    def refresh(self, juju: jubilant.Juju, bundle: Bundle, status: Status) -> list[str]:
        """Refresh applications that were given another file."""
        known = self._known(juju)
        old = [
            name
            for name, charm in bundle.charms.items()
            if charm in self._archives and name in status.apps and known.get(name) != self._digest(charm)
        ]
        for name in old:
            charm = bundle.charms[name]
            juju.refresh(name, path=self._archives[charm], resources=self._images[charm])
            self._remember(juju, {**self._known(juju), name: self._digest(charm)})
        return old

    @property
    def _bundle(self) -> pathlib.Path:
        return self._folder / "bundle.yaml"

    def _digest(self, charm: str) -> str:
        archive = self._archives.get(charm)
        return hashlib.sha256(archive.read_bytes()).hexdigest() if archive else ""

    def _memory(self, juju: jubilant.Juju) -> pathlib.Path:
        """Return the file of the model, whichever bundle it was made of."""
        return self._folder.parent / f"{juju.show_model().model_uuid}.json"

    def _known(self, juju: jubilant.Juju) -> dict[str, str]:
        """Return the digest of the file that each application of the model was given.

        It was among the bundle's files until a model could have another bundle later.
        """
        memory = self._memory(juju)
        former = self._folder / memory.name
        found = next((path for path in (memory, former) if path.exists()), None)
        return json.loads(found.read_text()) if found else {}

    def _remember(self, juju: jubilant.Juju, digests: Mapping[str, str]) -> None:
        self._memory(juju).write_text(json.dumps(digests, indent=1))


def folder_for_client(bundle: str) -> pathlib.Path:
    """Return a folder that Juju's client can read: as a snap, it sees none of /tmp and of hidden folders."""
    juju = shutil.which("juju") or ""
    if "/snap/" in str(pathlib.Path(juju).absolute()):
        return pathlib.Path.home() / "snap/juju/common/kubeflow" / bundle
    return pathlib.Path.home() / ".cache/kubeflow-up" / bundle
