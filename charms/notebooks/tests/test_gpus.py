import os
import time

import pytest
import yaml
from ops import testing

SHARED = {
    "nvidia.com/gpu.product": "NVIDIA-L4-SHARED",
    "nvidia.com/gpu.replicas": "4",
}


def offered(notebooks):
    return {item["limitsKey"]: item["uiName"] for item in notebooks.form()["gpus"]["value"]["vendors"]}


def test_without_gpus_none_are_offered_and_the_status_says_so(notebooks):
    notebooks.node("one")
    assert notebooks.settle().unit_status == testing.ActiveStatus("no GPUs found")
    assert notebooks.form()["gpus"] == {"value": {"vendor": "", "vendors": [], "num": "none"}, "readOnly": False}


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("nvidia.com/gpu", "NVIDIA"),
        ("nvidia.com/gpu.shared", "NVIDIA"),
        ("nvidia.com/mig-1g.5gb", "NVIDIA MIG 1g.5gb"),
        ("nvidia.com/mig-3g.20gb.shared", "NVIDIA MIG 3g.20gb"),
        ("amd.com/gpu", "AMD"),
        ("amd.com/cpx_nps4", "AMD cpx_nps4"),
        ("habana.ai/gaudi", "Intel Gaudi"),
        ("gpu.intel.com/i915", "Intel"),
    ],
)
def test_gpus_that_nodes_have_are_offered(notebooks, resource, name):
    notebooks.node("one", resources={resource: "2"})
    state = notebooks.settle()
    assert offered(notebooks) == {resource: name}
    assert state.unit_status == testing.ActiveStatus(f"2 {resource}")


@pytest.mark.parametrize(
    "resource", ["example.com/gpu", "hugepages-2Mi", "nvidia.com/gpu.replicas", "ephemeral-storage"]
)
def test_other_resources_of_nodes_are_no_gpus(notebooks, resource):
    notebooks.node("one", resources={resource: "2"})
    notebooks.settle()
    assert offered(notebooks) == {}


def test_gpus_of_several_nodes_count_together(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "1", "nvidia.com/mig-1g.5gb": "7"})
    notebooks.node("two", resources={"nvidia.com/gpu": "2"})
    assert notebooks.settle().unit_status == testing.ActiveStatus("3 nvidia.com/gpu, 7 nvidia.com/mig-1g.5gb")


def test_a_gpu_that_no_pod_can_have_is_not_offered(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "0"})
    notebooks.settle()
    assert offered(notebooks) == {}


def test_of_a_shared_gpu_users_and_operators_learn_that_it_is_shared(notebooks):
    notebooks.node("one", SHARED, resources={"nvidia.com/gpu": "4"})
    state = notebooks.settle()
    assert state.unit_status == testing.ActiveStatus("4 nvidia.com/gpu (each GPU shared by 4)")
    assert offered(notebooks) == {"nvidia.com/gpu": "NVIDIA, shared by 4"}


def test_a_shared_gpu_with_a_name_of_its_own_is_known_as_shared_too(notebooks):
    notebooks.node("one", SHARED, resources={"nvidia.com/gpu.shared": "4"})
    notebooks.settle()
    assert offered(notebooks) == {"nvidia.com/gpu.shared": "NVIDIA, shared by 4"}


def test_the_option_adds_kinds_and_names_those_found(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "1"})
    notebooks.configured(
        gpu_vendors="[{limitsKey: nvidia.com/gpu, uiName: L4}, {limitsKey: example.com/tpu, uiName: TPU}]"
    )
    assert offered(notebooks) == {"nvidia.com/gpu": "L4", "example.com/tpu": "TPU"}


def test_a_gpu_is_preselected_where_the_options_say_so(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "4", "amd.com/gpu": "1"})
    notebooks.configured(gpu_vendors_default="nvidia.com/gpu", gpu_number_default=2)
    value = notebooks.form()["gpus"]["value"]
    assert (value["vendor"], value["num"]) == ("nvidia.com/gpu", "2")


def test_the_only_kind_needs_no_preselection_of_its_own(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "4"})
    notebooks.configured(gpu_number_default=1)
    value = notebooks.form()["gpus"]["value"]
    assert (value["vendor"], value["num"]) == ("nvidia.com/gpu", "1")


def test_a_preselected_gpu_that_no_node_has_keeps_nobody_from_starting_a_server(notebooks):
    notebooks.configured(gpu_vendors_default="nvidia.com/gpu", gpu_number_default=1)
    value = notebooks.form()["gpus"]["value"]
    assert (value["vendor"], value["num"]) == ("", "none")


def test_a_gpu_that_comes_is_offered_with_the_next_update_status(notebooks):
    state = notebooks.settle()
    notebooks.node("one", resources={"nvidia.com/gpu": "1"})
    notebooks.later()
    after = notebooks.deployment.run(notebooks.deployment.context.on.update_status(), state)
    assert offered(notebooks) == {"nvidia.com/gpu": "NVIDIA"}
    assert after.get_container("jupyter-web-app").plan != state.get_container("jupyter-web-app").plan


def test_what_was_remembered_of_another_version_is_asked_for_anew(notebooks):
    notebooks.settle()
    (notebooks.deployment.charm_folder / ".gpus").write_text('[{"kind": "gpu"}]')
    notebooks.node("one", resources={"nvidia.com/gpu": "1"})
    notebooks.settle()
    assert offered(notebooks) == {"nvidia.com/gpu": "NVIDIA"}


def test_what_a_clock_in_the_future_kept_is_not_taken_for_recent(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "1"})
    state = notebooks.settle()
    notebooks.node("two", resources={"amd.com/gpu": "1"})
    ahead = time.time() + 86400
    os.utime(notebooks.deployment.charm_folder / ".gpus", (ahead, ahead))
    notebooks.again(state)
    assert offered(notebooks).keys() == {"amd.com/gpu", "nvidia.com/gpu"}


def test_when_nodes_cannot_be_asked_for_the_page_keeps_what_it_offers(notebooks):
    notebooks.node("one", resources={"nvidia.com/gpu": "1"})
    state = notebooks.settle()
    notebooks.later()
    notebooks.cluster.refuse = lambda request: 503 if request.url.path == "/api/v1/nodes" else None
    after = notebooks.deployment.run(notebooks.deployment.context.on.update_status(), state)
    assert isinstance(after.unit_status, testing.WaitingStatus)
    assert after.get_container("jupyter-web-app").plan == state.get_container("jupyter-web-app").plan
    assert offered(notebooks) == {"nvidia.com/gpu": "NVIDIA"}


def test_the_action_tells_where_gpus_are_and_how_many_are_in_use(notebooks):
    notebooks.node("one", SHARED, resources={"nvidia.com/gpu": "4"})
    notebooks.pod("training", **{"nvidia.com/gpu": "1"})
    notebooks.pod("done", phase="Succeeded", **{"nvidia.com/gpu": "1"})
    notebooks.pod("waiting", phase="Pending", node="", **{"nvidia.com/gpu": "2"})
    results = notebooks.list_gpus()
    assert results["summary"] == "4 nvidia.com/gpu (each GPU shared by 4)"
    assert yaml.safe_load(results["gpus"]) == [
        {
            "resource": "nvidia.com/gpu",
            "name": "NVIDIA, shared by 4",
            "number": 4,
            "in-use": 1,
            "shared-by": 4,
            "nodes": ["one"],
            "products": ["NVIDIA-L4-SHARED"],
        }
    ]


def test_the_action_finds_nothing_where_nothing_is(notebooks):
    assert notebooks.list_gpus() == {"summary": "no GPUs found", "gpus": "[]\n", "in-use": "[]\n"}


def test_the_action_fails_with_what_to_do_where_the_application_lacks_trust(notebooks):
    notebooks.cluster.refuse = lambda request: (403, "nodes is forbidden: User x cannot list resource")
    with pytest.raises(testing.ActionFailed) as failure:
        notebooks.list_gpus()
    assert "juju trust notebooks --scope=cluster" in failure.value.message
