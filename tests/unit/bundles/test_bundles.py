"""What bundles and overlays name is there, and they leave nothing out."""

import dataclasses
import functools
import itertools
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tools.up.overlays import Overlay, merged

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


@functools.cache
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


@functools.cache
def laid(name: str, *overlays: str) -> Mapping[str, Any]:
    """Return what a bundle comes to with overlays."""
    return merged(bundle(name), [Overlay.load(REPOSITORY / "bundles/overlays" / f"{it}.yaml") for it in overlays])


TWO_STORES = {"external-s3", "minio"}
"""Each takes the object store's place: a deployment has one."""
TOGETHER = [
    (name, *chosen)
    for name in BUNDLES
    for number in range(3)
    for chosen in itertools.combinations(OVERLAYS, number)
    if not {*chosen} >= TWO_STORES
] + [(name, *sorted({*OVERLAYS} - {other})) for name in BUNDLES for other in sorted(TWO_STORES)]
"""Each bundle alone, with each overlay, with each two of them, and with all that may be together."""


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


@pytest.mark.parametrize("combination", TOGETHER, ids="+".join)
def test_both_ends_of_every_relation_are_there_and_speak_the_same(combination: tuple[str, ...]) -> None:
    content = laid(*combination)
    known = ours(content["applications"])
    for relation in relations(content):
        ends = [end.split(":") for end in (relation.one, relation.other)]
        assert all(len(end) == 2 for end in ends), f"{relation}: name both endpoints"
        assert {application for application, _ in ends} <= content["applications"].keys()
        found = [interface(known[application], endpoint) for application, endpoint in ends if application in known]
        assert len({kind for _, kind in found}) == min(len(found), 1), relation
        assert len({side for side, _ in found}) == len(found), relation


@pytest.mark.parametrize("combination", TOGETHER, ids="+".join)
def test_every_relation_is_there_that_a_charm_cannot_do_without_and_no_more_than_it_takes(
    combination: tuple[str, ...],
) -> None:
    content = laid(*combination)
    ends = [end for relation in relations(content) for end in (relation.one, relation.other)]
    for application, charm in ours(content["applications"]).items():
        for endpoint, it in charm.get("requires", {}).items():
            number = ends.count(f"{application}:{endpoint}")
            assert it.get("optional") or number, f"{application}:{endpoint}"
            assert number <= it.get("limit", number), f"{application}:{endpoint}"


@pytest.mark.parametrize("combination", TOGETHER, ids="+".join)
def test_what_is_related_in_one_combination_is_so_in_each_that_has_both(combination: tuple[str, ...]) -> None:
    applications = laid(*combination)["applications"]
    charms_of = {name: it["charm"] for name, it in applications.items()}
    found = {*relations(laid(*combination))}
    for other in (it for it in TOGETHER if len(it) <= 2):
        content = laid(*other)
        same = {name for name, it in content["applications"].items() if charms_of.get(name) == it["charm"]}
        for relation in relations(content):
            if {end.partition(":")[0] for end in (relation.one, relation.other)} <= same:
                assert relation in found, f"{relation} is in {other}"


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


@pytest.mark.parametrize("name", BUNDLES)
def test_the_overlay_for_observability_leaves_no_charm_out(name: str) -> None:
    related = {end for relation in relations(laid(name, "cos")) for end in (relation.one, relation.other)}
    for application, charm in ours(bundle(name)["applications"]).items():
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


@pytest.mark.parametrize("name", BUNDLES)
def test_the_overlay_for_several_nodes_leaves_out_only_what_keeps_data(name: str) -> None:
    applications = ours(bundle(name)["applications"])
    keeping = {name for name, charm in applications.items() if charm.get("storage")}
    scales = {name: it["scale"] for name, it in laid(name, "ha")["applications"].items()}
    assert scales == {name: 1 if name in keeping else 2 for name in applications}


def test_the_overlay_for_another_store_says_who_does_not_know_it() -> None:
    related = {end.split(":")[0] for it in relations(overlay("external-s3")) for end in (it.one, it.other)}
    using = {it.other.split(":")[0] for it in relations(bundle("kubeflow")) if it.one == "seaweedfs:object-storage"}
    assert overlay("external-s3")["applications"]["seaweedfs"] is None
    text = (REPOSITORY / "bundles/overlays/external-s3.yaml").read_text()
    assert f"The charms {' and '.join(sorted(using - related))} know no such store" in text
