"""What overlays make of a bundle."""

import itertools
import pathlib

import pytest
import yaml

from tools.up import overlays
from tools.up.bundles import Bundle
from tools.up.errors import Refusal
from tools.up.overlays import Overlay

BASE = {
    "applications": {
        "db": {"charm": "mysql", "channel": "latest/stable", "options": {"memory": "1Gi", "port": 3306}, "scale": 1},
        "store": {"charm": "minio"},
        "pipelines": {"charm": "pipelines"},
    },
    "relations": [["pipelines:db", "db:database"], ["pipelines:store", "store:s3"]],
}


@pytest.fixture
def overlay(tmp_path):
    """Write an overlay and read it."""

    def made(content: object) -> Overlay:
        path = tmp_path / "overlay.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return Overlay.load(path)

    return made


def test_a_null_application_goes_with_its_relations(overlay):
    content = overlays.merged(BASE, [overlay({"applications": {"store": None}})])
    assert content["applications"].keys() == {"db", "pipelines"}
    assert content["relations"] == [["pipelines:db", "db:database"]]


def test_options_are_merged_and_all_else_is_replaced(overlay):
    changes = {"db": {"options": {"memory": "2Gi"}, "scale": 3}}
    assert overlays.merged(BASE, [overlay({"applications": changes})])["applications"]["db"] == {
        "charm": "mysql",
        "channel": "latest/stable",
        "options": {"memory": "2Gi", "port": 3306},
        "scale": 3,
    }


def test_relations_and_applications_are_added(overlay):
    more = {"applications": {"tls": {"charm": "self-signed"}}, "relations": [["db:certificates", "tls:certificates"]]}
    content = overlays.merged(BASE, [overlay(more)])
    assert "tls" in content["applications"]
    assert content["relations"] == [*BASE["relations"], ["db:certificates", "tls:certificates"]]


def test_the_last_of_several_counts(overlay):
    one, two = (overlay({"applications": {"db": {"scale": number}}}) for number in (2, 3))
    assert overlays.merged(BASE, [one, two])["applications"]["db"]["scale"] == 3


def test_each_document_of_a_file_counts(overlay):
    file = overlay("applications: {db: {scale: 2}}\n---\napplications: {store: {scale: 4}}\n---\n")
    scales = {name: it.get("scale") for name, it in overlays.merged(BASE, [file])["applications"].items()}
    assert scales == {"db": 2, "store": 4, "pipelines": None}


def test_files_that_an_option_includes_come_from_beside_the_overlay(overlay, tmp_path):
    (tmp_path / "connectors.yaml").write_text("- type: ldap\n")
    options = {"connectors": "include-file://connectors.yaml", "key": "include-base64://connectors.yaml"}
    content = overlays.merged(BASE, [overlay({"applications": {"dex": {"charm": "dex-auth", "options": options}}})])
    assert content["applications"]["dex"]["options"] == {"connectors": "- type: ldap\n", "key": "LSB0eXBlOiBsZGFwCg=="}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- a list", "has to be a mapping"),
        ("applications: [a]", "has to be a mapping"),
        ("a: {b", "cannot be read"),
        ({"applications": {"a": {"options": {"b": "include-file://missing"}}}}, "names the file missing"),
    ],
)
def test_what_is_no_overlay_is_refused(overlay, content, said):
    with pytest.raises(Refusal, match=said):
        overlay(content)


def test_a_missing_overlay_is_refused(tmp_path):
    with pytest.raises(Refusal, match="cannot be read"):
        Overlay.load(tmp_path / "none.yaml")


def test_a_bundle_has_the_charms_and_relations_that_its_overlays_leave(overlay):
    bundle = Bundle("small", BASE).with_overlays([overlay({"applications": {"store": None, "db": {"charm": "x"}}})])
    assert bundle.charms == {"db": "x", "pipelines": "pipelines"}
    assert bundle.relations == {frozenset({"pipelines", "db"})}


def test_another_publishers_charm_in_place_of_ours_gets_none_of_our_images(overlay):
    changes = {"db": {"charm": "mysql-k8s", "channel": "8.0/stable"}}
    bundle = Bundle("small", BASE).with_overlays([overlay({"applications": changes})])
    files = {"mysql": pathlib.Path("mysql.charm"), "minio": pathlib.Path("minio.charm")}
    content = bundle.from_files(files, {"mysql": {"oci-image": "mysql:8"}, "minio": {"oci-image": "minio:1"}})
    assert content["applications"]["db"]["charm"] == "mysql-k8s"
    assert "resources" not in content["applications"]["db"]
    assert content["applications"]["store"]["charm"] == "./minio.charm"


def test_which_overlays_a_model_has_is_remembered(overlay, tmp_path):
    file = tmp_path / "deep/u-1.overlays"
    assert overlays.remembered(file) == []
    overlays.remember(file, [overlay({"applications": {}})])
    assert overlays.remembered(file) == [tmp_path / "overlay.yaml"]


def test_what_nobody_brings_is_left_out_with_its_relations(overlay):
    missing = overlay({"applications": {"gpu": {"scale": 2}}, "relations": [["gpu:a", "db:a"], ["other:b", "db:b"]]})
    assert overlays.merged(BASE, [missing]) == BASE
    assert overlays.left_out(BASE, [missing]) == ["gpu"]


def test_what_takes_its_place_later_is_not_brought_back_by_a_change(overlay, tmp_path):
    gone, changed = overlay({"applications": {"store": None}}), overlay({"applications": {"store": {"scale": 2}}})
    for both in ([gone, changed], [changed, gone]):
        assert overlays.merged(BASE, both)["applications"].keys() == {"db", "pipelines"}


def test_overlays_may_be_given_in_any_order(tmp_path):
    files = {
        "changes": {"applications": {"gpu": {"scale": 2}}},
        "brings": {"applications": {"gpu": {"charm": "gpu", "scale": 1}}, "relations": [["gpu:a", "db:a"]]},
        "relates": {"relations": [["gpu:b", "tls:b"]]},
        "secures": {"applications": {"tls": {"charm": "tls"}}},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content))
    laid = [
        overlays.merged(BASE, map(Overlay.load, map(tmp_path.joinpath, it))) for it in itertools.permutations(files)
    ]
    assert laid[0]["applications"]["gpu"] == {"charm": "gpu", "scale": 2}
    assert all(sorted(it["relations"]) == sorted(laid[0]["relations"]) for it in laid)
    assert all(it["applications"] == laid[0]["applications"] for it in laid)
