"""Which overlays a model gets."""

import contextlib
import json
import pathlib
from typing import Any

import jubilant
import pytest

from tools.pack.repository import Repository
from tools.up import bring, overlays
from tools.up.bundles import Bundle
from tools.up.overlays import Overlay
from tools.up.places import On, Place

BUNDLE = Bundle("small", {"applications": {"dex": {"charm": "tiny"}}})


@pytest.fixture
def site(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> bring.Site:
    """A client that knows one model, and a folder for what is remembered."""
    monkeypatch.setattr(bring, "folder_for_client", lambda name: tmp_path / name)
    about: dict[str, Any] = {"name": "admin/edge", "short-name": "edge", "model-uuid": "u-1", "model-type": "caas"}
    about |= {"controller-uuid": "c", "controller-name": "c", "is-controller": False, "cloud": "k", "life": "alive"}
    about |= {"agent-version": "4.1.0", "status": {"current": "available"}}
    (tmp_path / "model.json").write_text(json.dumps({"edge": about}))
    (tmp_path / "models.json").write_text(json.dumps({"models": [about]}))
    script = tmp_path / "juju"
    script.write_text(
        f"#!/bin/sh\ncase $1 in show-model) cat {tmp_path}/model.json ;; *) cat {tmp_path}/models.json ;; esac"
    )
    script.chmod(0o755)
    juju = jubilant.Juju(cli_binary=script)
    place = Place(On.CURRENT, "3.12", str, lambda _: None, lambda: contextlib.nullcontext(juju))
    return bring.Site(place, Repository(tmp_path), juju, "edge")


def overlay(folder: pathlib.Path, name: str) -> pathlib.Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"applications: {{dex: {{options: {{name: {name}}}}}}}")
    return path


def names(bundle: Bundle) -> list[str]:
    return [item.path.stem for item in bundle.overlays]


def test_without_any_a_model_keeps_the_overlays_that_it_has(site, tmp_path):
    overlays.remember(tmp_path / "u-1.overlays", [Overlay.load(overlay(tmp_path, "tls"))])
    said: list[str] = []
    assert names(bring.with_overlays(site, BUNDLE, (), said.append)) == ["tls"]
    assert "--no-overlays" in said[0]


def test_those_that_are_given_take_their_place(site, tmp_path):
    overlays.remember(tmp_path / "u-1.overlays", [Overlay.load(overlay(tmp_path, "tls"))])
    given = [overlay(tmp_path, "gpu"), overlay(tmp_path, "ha")]
    assert names(bring.with_overlays(site, BUNDLE, given, print)) == ["gpu", "ha"]


def test_none_can_be_had_too(site, tmp_path):
    overlays.remember(tmp_path / "u-1.overlays", [Overlay.load(overlay(tmp_path, "tls"))])
    assert names(bring.with_overlays(site, BUNDLE, (), print, none=True)) == []


def test_a_new_model_has_none(site, tmp_path):
    new = bring.Site(site.place, site.repository, site.juju, "other")
    assert names(bring.with_overlays(new, BUNDLE, (), print)) == []


def test_what_an_overlay_says_of_what_is_not_there_is_told_to_be_left_out(site, tmp_path):
    path = tmp_path / "gpu.yaml"
    path.write_text("applications: {dex: {scale: 2}, notebooks: {scale: 2}}")
    said: list[str] = []
    laid = bring.with_overlays(site, BUNDLE, [path], said.append)
    assert said == ["small does not have notebooks: what overlays say of these is left out"]
    assert laid.content["applications"] == {"dex": {"charm": "tiny", "scale": 2}}


def test_a_larger_bundle_has_the_overlays_of_the_smaller_one_and_those_of_a_former_place_are_found(site, tmp_path):
    overlays.remember(tmp_path / "small/u-1.overlays", [Overlay.load(overlay(tmp_path, "tls"))])
    assert names(bring.with_overlays(site, BUNDLE, (), print)) == ["tls"]
    overlays.remember(tmp_path / "u-1.overlays", [Overlay.load(overlay(tmp_path, "ha"))])
    large = Bundle("large", BUNDLE.base)
    assert names(bring.with_overlays(site, large, (), print)) == ["ha"]
