"""Bring a bundle to a model: pack, offer, deploy, refresh, wait."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Sequence

import jubilant

from tools.pack import bundle as bundles
from tools.pack import charm
from tools.pack.command import pack_charms
from tools.pack.repository import Repository
from tools.up import overlays
from tools.up.bundles import Bundle
from tools.up.juju import models, use_model
from tools.up.overlays import Overlay
from tools.up.places import Place
from tools.up.sources import FromFiles, FromStore, Source, folder_for_client

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Site:
    """Where one deployment goes.

    Attributes:
        place: the kind of place.
        repository: where charms and bundles are packed from.
        juju: the client there; its model is set by `up`.
        model: the model, made if there is none.
    """

    place: Place
    repository: Repository
    juju: jubilant.Juju
    model: str


def with_overlays(site: Site, bundle: Bundle, given: Sequence[pathlib.Path], say: Say, *, none: bool = False) -> Bundle:
    """Return the bundle with overlays: those that are given, or else those that the model was deployed with.

    Args:
        site: where the model is, or will be.
        bundle: without any.
        given: their paths.
        say: told which, where none is given, and what of them is left out.
        none: whether there are to be none, even if there were some.

    Raises:
        Refusal: one cannot be read.
        jubilant.CLIError: Juju refuses something.
    """
    before = [] if given or none or site.model not in models(site.juju) else overlays.remembered(_memory(site, bundle))
    if before:
        say(f"with the overlays of the last time: {', '.join(map(str, before))} (--no-overlays does without)")
    laid = bundle.with_overlays(map(Overlay.load, given or before))
    if laid.left_out:
        say(f"{bundle.name} does not have {', '.join(laid.left_out)}: what overlays say of these is left out")
    return laid


def up(site: Site, bundle: Bundle, say: Say) -> list[str]:
    """Bring a model to what the bundle and the charms of this repository say, without waiting for it.

    Returns:
        The applications that were refreshed.

    Raises:
        PackError: a charm cannot be packed.
        StoreError: the store refuses it.
        jubilant.CLIError: Juju refuses something.
    """
    source = _source(site, bundle)
    source.offer(bundle, packed(site, bundle, say))
    if use_model(site.juju, site.model):
        say(f"made the model {site.model}")
    status = site.juju.status()
    say(source.deploy(site.juju, bundle, status) or f"{bundle.name} is deployed already")
    overlays.remember(_memory(site, bundle), bundle.overlays)
    refreshed = source.refresh(site.juju, bundle, status)
    if refreshed:
        say(f"refreshed {', '.join(refreshed)}")
    return refreshed


def packed(site: Site, bundle: Bundle, say: Say) -> dict[str, pathlib.Path]:
    """Pack the bundle and those of its charms that this repository has.

    Returns:
        The archives by the name of the charm or bundle.

    Raises:
        PackError: one cannot be packed.
    """
    output = site.repository.root / "dist" / f"python{site.place.python}"
    target = charm.Target(site.place.python, charm.host_architecture())
    names = sorted(set(bundle.charms.values()) & set(site.repository.charms))
    archives: dict[str, pathlib.Path] = {}

    def done(archive: charm.Packed) -> None:
        archives[archive.name] = archive.path
        if archive.seconds:
            say(f"packed {archive.name}, {archive.size / 1e6:.1f} MB, in {archive.seconds:.0f} s")

    pack_charms(site.repository, names, target, output, done)
    done(dataclasses.replace(bundles.pack(site.repository, bundle.name, output), seconds=0))
    return archives


def _memory(site: Site, bundle: Bundle) -> pathlib.Path:
    """Return the file that knows the overlays of the model, whichever bundle it was made of.

    It was among the bundle's files until a model could have another bundle later.
    """
    former = folder_for_client(bundle.name) / f"{site.juju.show_model(site.model).model_uuid}.overlays"
    memory = former.parent.parent / former.name
    return former if former.exists() and not memory.exists() else memory


def _source(site: Site, bundle: Bundle) -> Source:
    if site.place.store is not None:
        return FromStore(site.place.store, folder_for_client(bundle.name))
    return FromFiles(site.repository, folder_for_client(bundle.name))
