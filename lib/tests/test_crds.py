"""Compact CRDs become what Kubernetes wants."""

from collections.abc import Iterator
from typing import Any

import yaml
from kubeflow_charms.parts import Crds, Part
from kubeflow_charms.parts.crds import expand
from support.examples import Deploy

ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
GROUP = """
group: example.com
kinds:
  Thing:
    plural: things
    singular: thingy
    short: [th]
    categories: [all]
    scope: Cluster
    annotations: {api-approved.kubernetes.io: unapproved}
    versions:
      v1:
        storage: true
        status: true
        scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
        columns: {Ready: .status.ready, Age: [.metadata.creationTimestamp, date]}
        fields: {spec: {size!: integer}}
      v1beta1: {served: false}
  Other: {plural: others, versions: {v1: {storage: true, status: true, fields: {status: {ready: boolean}}}}}
"""


def definitions() -> dict[str, Any]:
    return {item["spec"]["names"]["kind"]: item for item in expand(yaml.safe_load(GROUP))}


def version(kind: str, name: str) -> dict[str, Any]:
    return next(item for item in definitions()[kind]["spec"]["versions"] if item["name"] == name)


def test_a_definition_has_its_group_names_and_scope() -> None:
    thing = definitions()["Thing"]
    assert thing["metadata"] == {
        "name": "things.example.com",
        "annotations": {"api-approved.kubernetes.io": "unapproved"},
    }
    assert (thing["spec"]["group"], thing["spec"]["scope"]) == ("example.com", "Cluster")
    assert thing["spec"]["names"] == {
        "kind": "Thing",
        "listKind": "ThingList",
        "plural": "things",
        "singular": "thingy",
        "shortNames": ["th"],
        "categories": ["all"],
    }


def test_a_kind_may_be_of_another_group_than_the_rest() -> None:
    kinds = {"Thing": {"plural": "things", "group": "example.org", "versions": {"v1": {"storage": True}}}}
    (definition,) = expand({"group": "example.com", "kinds": kinds})
    assert (definition["metadata"]["name"], definition["spec"]["group"]) == ("things.example.org", "example.org")


def test_what_is_unsaid_is_as_usual() -> None:
    other = definitions()["Other"]["spec"]
    assert (other["scope"], other["names"]["singular"]) == ("Namespaced", "other")
    assert [(item["served"], item["storage"]) for item in other["versions"]] == [(True, True)]


def test_a_version_may_stay_unserved_and_takes_anything_then() -> None:
    old = version("Thing", "v1beta1")
    assert (old["served"], old["storage"], old["schema"]["openAPIV3Schema"]) == (False, False, ANY)


def test_subresources_and_columns_are_turned_on() -> None:
    current = version("Thing", "v1")
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    assert current["subresources"] == {"status": {}, "scale": scale}
    assert current["additionalPrinterColumns"] == [
        {"name": "Ready", "jsonPath": ".status.ready", "type": "string"},
        {"name": "Age", "jsonPath": ".metadata.creationTimestamp", "type": "date"},
    ]
    assert "subresources" not in version("Thing", "v1beta1")


def test_fields_become_a_schema_with_a_status_where_there_is_one() -> None:
    assert version("Thing", "v1")["schema"]["openAPIV3Schema"] == {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "required": ["size"], "properties": {"size": {"type": "integer"}}},
            "status": ANY,
        },
    }


def test_a_status_that_others_may_write_has_a_shape_too() -> None:
    schema = version("Other", "v1")["schema"]["openAPIV3Schema"]
    status = {"type": "object", "properties": {"ready": {"type": "boolean"}}}
    assert schema == {"type": "object", "properties": {"status": status}}


def test_a_field_that_objects_leave_out_gets_the_default_of_a_charm(deploy: Deploy) -> None:
    versions = "{v1: {storage: true, fields: {spec: {a: string}}}}"
    group = f"group: example.com\nkinds: {{Thing: {{plural: things, versions: {versions}}}}}"

    def plan(charm: Any) -> Iterator[Part]:
        yield Crds("crds.yaml", version="1.0", defaults={"Thing.spec.a": "word", "Other.spec.a": "no"})

    deployment = deploy(plan, sources={"crds.yaml": group})
    deployment.settle(deployment.state())
    made = deployment.cluster.find("CustomResourceDefinition", "things.example.com")["spec"]["versions"][0]
    assert made["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["a"] == {
        "type": "string",
        "default": "word",
    }
