"""The small parts, and what a hook has to import."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import ops
import pytest
from kubeflow_charms.parts import Manifests, Part, Ports, Workload
from kubeflow_charms.parts.templates import render
from ops import testing
from support.examples import Deploy


def test_ports_are_opened_and_others_closed(deploy: Deploy) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        yield Ports(8080, 9090)

    deployment = deploy(plan)
    state = deployment.state(opened_ports={testing.TCPPort(80), testing.TCPPort(8080)})
    state = deployment.run(deployment.context.on.update_status(), state)
    assert {port.port for port in state.opened_ports} == {8080, 9090}


def test_a_template_knows_its_application_and_model(deploy: Deploy) -> None:
    template = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ app }}.{{ model }}.{{ namespace }}"}\n'

    def plan(charm: Any) -> Iterator[Part]:
        yield Manifests("names", "names.yaml.j2")

    deployment = deploy(plan, sources={"names.yaml.j2": template})
    deployment.run(deployment.context.on.update_status(), deployment.state())
    assert "ConfigMap example.edge.edge" in deployment.cluster.kinds()


def test_a_template_may_hold_several_objects_and_none() -> None:
    assert render("{% if no %}a: 1{% endif %}\n---\nb: 2\n---\n---\nc: 3\n", {"no": False}) == [{"b": 2}, {"c": 3}]


def test_values_in_a_template_cannot_break_out_of_it() -> None:
    nasty = 'a: "b"\n- {c'
    assert render("value: {{ value | tojson }}", {"value": nasty}) == [{"value": nasty}]


def test_a_name_that_a_template_lacks_is_a_mistake_that_shows() -> None:
    with pytest.raises(Exception, match="'missing' is undefined"):
        render("a: {{ missing }}", {})


def test_a_charm_finds_objects_of_its_model_and_its_own_address(deploy: Deploy) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        found = charm.look_up("v1", "ConfigMap", "given")
        yield Workload(container="app", command=f"run {charm.host} {found['data']['key'] if found else 'nothing'}")

    deployment = deploy(plan)
    state = deployment.run(deployment.context.on.update_status(), deployment.state())
    assert state.get_container("app").plan.services["app"].command == "run example.edge.svc nothing"
    path = "/api/v1/namespaces/edge/configmaps/given"
    deployment.cluster.add(path, {"kind": "ConfigMap", "metadata": {"name": "given"}, "data": {"key": "something"}})
    state = deployment.run(deployment.context.on.update_status(), state)
    assert state.get_container("app").plan.services["app"].command == "run example.edge.svc something"


def test_looking_up_without_trust_blocks(deploy: Deploy) -> None:
    def plan(charm: Any) -> Iterator[Part]:
        charm.look_up("v1", "ConfigMap", "given")
        yield Ports()

    deployment = deploy(plan)
    deployment.cluster.refuse = lambda request: (403, 'User "example" cannot get resource "configmaps"')
    state = deployment.run(deployment.context.on.update_status(), deployment.state())
    assert state.unit_status == ops.BlockedStatus("needs trust, run: juju trust example --scope=cluster")


@pytest.mark.parametrize("module", ["lightkube", "jinja2", "cryptography", "httpx2", "pydantic"])
def test_a_hook_that_changes_nothing_need_not_import(module: str) -> None:
    script = (
        "import sys, kubeflow_charms.parts, kubeflow_charms.interfaces.tls_certificates, kubeflow_charms.certificates\n"
        f"sys.exit({module!r} in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)
