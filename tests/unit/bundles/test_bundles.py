"""What bundles and overlays name is there, and they leave nothing out."""

import dataclasses
import functools
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).parents[3]
BUNDLES = sorted(path.parent.name for path in REPOSITORY.glob("bundles/*/bundle.yaml"))
OVERLAYS = sorted(path.stem for path in REPOSITORY.glob("bundles/overlays/*.yaml"))


@dataclasses.dataclass(frozen=True)
class Relation:
    """Two endpoints, `application:endpoint` each."""

    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.one} {self.other}"


def charms() -> Mapping[str, Mapping[str, Any]]:
    """Return what each charm of the repository says of itself, by its name."""
    found = [yaml.safe_load(path.read_text()) for path in REPOSITORY.glob("charms/*/charmcraft.yaml")]
    return {str(charm["name"]): charm for charm in found}


@functools.cache
def bundle(name: str) -> Mapping[str, Any]:
    return yaml.safe_load((REPOSITORY / "bundles" / name / "bundle.yaml").read_text())


@functools.cache
def overlay(name: str) -> Mapping[str, Any]:
    return yaml.safe_load((REPOSITORY / "bundles/overlays" / f"{name}.yaml").read_text())


def ours(applications: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the charm of each application that has one of this repository."""
    known = charms()
    return {name: known[it["charm"]] for name, it in applications.items() if it and it.get("charm") in known}


def relations(content: Mapping[str, Any]) -> Iterator[Relation]:
    for one, other in content.get("relations") or ():
        yield Relation(one, other)


def interface(charm: Mapping[str, Any], endpoint: str) -> tuple[str, str]:
    """Return the side that an endpoint is on, and its interface."""
    for side in ("provides", "requires"):
        if endpoint in charm.get(side, {}):
            return side, charm[side][endpoint]["interface"]
    raise AssertionError(f"{charm['name']} has no endpoint {endpoint}")


@pytest.mark.parametrize("name", BUNDLES)
def test_every_charm_of_a_bundle_is_in_the_repository(name: str) -> None:
    assert ours(bundle(name)["applications"]).keys() == bundle(name)["applications"].keys()


@pytest.mark.parametrize(("name", "extra"), [(name, "") for name in BUNDLES] + [(BUNDLES[0], it) for it in OVERLAYS])
def test_both_ends_of_every_relation_speak_the_same(name: str, extra: str) -> None:
    content = overlay(extra) if extra else bundle(name)
    known = ours({**bundle(name)["applications"], **(content.get("applications") or {})})
    for relation in relations(content):
        ends = [end.split(":") for end in (relation.one, relation.other)]
        assert all(len(end) == 2 for end in ends), f"{relation}: name both endpoints"
        found = [interface(known[application], endpoint) for application, endpoint in ends if application in known]
        assert len({kind for _, kind in found}) == 1, relation
        assert len({side for side, _ in found}) == len(found), relation


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_has_every_relation_that_its_charms_cannot_do_without(name: str) -> None:
    related = {end for relation in relations(bundle(name)) for end in (relation.one, relation.other)}
    for application, charm in ours(bundle(name)["applications"]).items():
        needed = {key for key, it in charm.get("requires", {}).items() if not it.get("optional")}
        assert {f"{application}:{endpoint}" for endpoint in needed} <= related


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_sets_only_options_that_there_are(name: str) -> None:
    applications = bundle(name)["applications"]
    for application, charm in ours(applications).items():
        known = charm.get("config", {}).get("options", {})
        assert set(applications[application].get("options", {})) <= set(known), application


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_trusts_every_charm_and_shows_where_to_begin(name: str) -> None:
    assert all(application["trust"] for application in bundle(name)["applications"].values())
    assert "juju deploy" in (REPOSITORY / "bundles" / name / "README.md").read_text()


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_says_how_to_use_it(name: str) -> None:
    first = (REPOSITORY / "bundles/overlays" / f"{name}.yaml").read_text().split("\n\n")[0]
    assert f"--overlay bundles/overlays/{name}.yaml" in first


def test_the_overlay_for_observability_leaves_no_charm_out() -> None:
    related = {end for relation in relations(overlay("cos")) for end in (relation.one, relation.other)}
    for application, charm in ours(bundle("kubeflow-lite")["applications"]).items():
        for endpoint in {**charm.get("provides", {}), **charm.get("requires", {})}:
            if endpoint in ("metrics-endpoint", "grafana-dashboard", "logging"):
                assert f"{application}:{endpoint}" in related


def test_every_charm_can_be_observed() -> None:
    for name, charm in charms().items():
        assert "logging" in charm.get("requires", {}), name


def test_charms_without_metrics_are_named_where_metrics_are_promised() -> None:
    without = {name for name, charm in charms().items() if "metrics-endpoint" not in charm.get("provides", {})}
    text = (REPOSITORY / "docs/observability.md").read_text()
    assert {name for name in without if f"{name}, whose" not in text} == set()


def test_the_overlay_for_several_nodes_leaves_out_only_what_keeps_data() -> None:
    applications = ours(bundle("kubeflow-lite")["applications"])
    keeping = {name for name, charm in applications.items() if charm.get("storage")}
    assert overlay("ha")["applications"].keys() == applications.keys() - keeping


def test_the_overlay_for_another_store_says_who_does_not_know_it() -> None:
    related = {end.split(":")[0] for it in relations(overlay("external-s3")) for end in (it.one, it.other)}
    using = {
        it.other.split(":")[0] for it in relations(bundle("kubeflow-lite")) if it.one == "seaweedfs:object-storage"
    }
    text = (REPOSITORY / "bundles/overlays/external-s3.yaml").read_text()
    assert overlay("external-s3")["applications"]["seaweedfs"] is None
    for application in using - related:
        assert f"The charm {application} knows no such store" in text
