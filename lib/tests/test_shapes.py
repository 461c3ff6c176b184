import re

import pytest
from kubeflow_charms.definitions.shapes import openapi
from kubeflow_charms.parts.crds import expand

ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@pytest.mark.parametrize("name", ["string", "integer", "number", "boolean"])
def test_a_type_is_called_by_its_name(name: str):
    assert openapi(name) == {"type": name}


def test_any_keeps_whatever_is_in_the_object():
    assert openapi("any") == ANY


def test_a_port_is_a_number_that_ports_can_have():
    assert openapi("port") == {"type": "integer", "minimum": 0, "maximum": 65535}


def test_a_number_that_programs_keep_in_32_bits_has_their_bounds():
    assert openapi("int32") == {
        "type": "integer",
        "format": "int32",
        "minimum": -2147483648,
        "maximum": 2147483647,
    }


def test_a_quantity_is_a_number_or_text_as_kubernetes_writes_it():
    quantity = openapi("quantity")
    assert quantity["x-kubernetes-int-or-string"] is True
    assert all(re.match(quantity["pattern"], text) for text in ("1", "0.5", "100m", "16Gi", "1e3"))
    assert not any(re.match(quantity["pattern"], text) for text in ("plenty", "1 Gi", "Gi", ""))


@pytest.mark.parametrize(
    ("shape", "right", "wrong"),
    [
        ("quantity", ["1e12"], ["1e99999999999999999999"]),
        (
            "time",
            ["2026-11-30T00:49:04Z", "2026-11-30T00:49:04.5+01:00"],
            [
                "2026-11-30t00:49:04z",
                "2026-11-30",
                "2026-11-30T24:00:00Z",
                "2026-11-30T00:49:04",
                "2026-11-30T00:49:04+99:00",
            ],
        ),
        ("duration", ["1h30m", "0", "1.5s", "-2m"], ["5", "1d", "", "9999999999h", "1 h"]),
        ("bytes", ["", "QQ==", "QUI=", "QUJD"], ["Q", "QQ=", "Q-=="]),
    ],
)
def test_text_that_go_reads_into_a_type_of_its_own_is_text_that_it_can_read(
    shape: str, right: list[str], wrong: list[str]
):
    pattern = openapi(shape)["pattern"]
    assert [text for text in right if not re.search(pattern, text)] == []
    assert [text for text in wrong if re.search(pattern, text)] == []


def test_a_port_by_name_or_number_is_no_larger_than_programs_keep():
    shape = openapi("int-or-string")
    assert (shape["x-kubernetes-int-or-string"], shape["minimum"], shape["maximum"]) == (True, -(2**31), 2**31 - 1)


def test_a_resource_says_what_it_is_and_keeps_the_rest():
    assert openapi("resource").items() >= {**ANY, "required": ["apiVersion", "kind"]}.items()


def test_types_of_kubernetes_have_their_fields_typed_and_keep_those_of_newer_releases():
    affinity = openapi({"pod": "pod-template"})["properties"]["pod"]["properties"]["spec"]["properties"]["affinity"]
    terms = affinity["properties"]["nodeAffinity"]["properties"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert terms["properties"]["nodeSelectorTerms"]["type"] == "array"
    assert affinity["x-kubernetes-preserve-unknown-fields"] is True


def test_fields_may_be_added_to_a_shape():
    schema = openapi({"$shape": "container", "image!": {"$shape": "string", "$minLength": 1}})
    assert schema["required"] == ["name", "image"]
    assert (schema["properties"]["image"]["minLength"], schema["properties"]["tty"]) == (1, {"type": "boolean"})


def test_words_with_bars_between_are_an_enumeration():
    assert openapi("ALLOW | DENY\n| AUDIT") == {"type": "string", "enum": ["ALLOW", "DENY", "AUDIT"]}


def test_a_list_has_the_shape_of_its_items():
    assert openapi(["string"]) == {"type": "array", "items": {"type": "string"}}


def test_an_exclamation_mark_requires_a_field():
    assert openapi({"host!": "string", "subset": "string"}) == {
        "type": "object",
        "required": ["host"],
        "properties": {"host": {"type": "string"}, "subset": {"type": "string"}},
    }


def test_a_star_alone_is_a_map():
    assert openapi({"*": "string"}) == {"type": "object", "additionalProperties": {"type": "string"}}


def test_a_star_beside_fields_keeps_the_others():
    assert openapi({"mode": "string", "*": "any"}) == {**ANY, "properties": {"mode": {"type": "string"}}}


def test_keywords_of_openapi_may_say_more_of_an_object_or_of_any_other_shape():
    assert openapi({"$minProperties": 1, "size": {"$shape": "integer", "$default": 3}}) == {
        "type": "object",
        "minProperties": 1,
        "properties": {"size": {"type": "integer", "default": 3}},
    }
    by_name = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    assert openapi({"$shape": [{"name!": "string"}], **{f"${key}": value for key, value in by_name.items()}}) == {
        "type": "array",
        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        **by_name,
    }


@pytest.mark.parametrize("shape", ["text", [], ["string", "string"], None, 1])
def test_what_is_no_shape_is_refused_with_what_is_expected(shape: object):
    with pytest.raises(ValueError, match=r"no shape: .* expected a type, A \| B, a list of one shape, or fields"):
        openapi(shape)


def test_fields_that_are_not_named_can_only_be_any():
    with pytest.raises(ValueError, match="the others can only be any"):
        openapi({"mode": "string", "*": "string"})


def test_a_version_with_a_status_lets_its_controller_write_anything_there():
    group = {
        "group": "example.org",
        "kinds": {
            "Toy": {"plural": "toys", "versions": {"v1": {"status": True, "fields": {"spec": {"size!": "integer"}}}}}
        },
    }
    (definition,) = expand(group)
    (version,) = definition["spec"]["versions"]
    assert version["schema"]["openAPIV3Schema"] == {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}},
            "status": ANY,
        },
    }
    assert version["subresources"] == {"status": {}}
