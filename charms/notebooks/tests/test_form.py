import importlib
import pathlib

import pytest
import yaml

ROOT = pathlib.Path(__file__).parent.parent
AFFINITY = """
- configKey: gpu
  displayName: GPU nodes
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{matchExpressions: [{key: gpu, operator: Exists}]}]
"""
TOLERATIONS = """
- groupKey: gpu
  displayName: GPU nodes
  tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
- groupKey: spot
  displayName: Cheap nodes
  tolerations: [{key: spot, operator: Equal, value: "true", effect: NoExecute, tolerationSeconds: 60}]
"""


def test_by_default_the_form_has_every_field_that_the_page_reads(notebooks):
    notebooks.settle()
    assert set(notebooks.form()) == {
        "affinityConfig",
        "allowCustomImage",
        "configurations",
        "cpu",
        "dataVolumes",
        "environment",
        "gpus",
        "hideRegistry",
        "hideTag",
        "image",
        "imageGroupOne",
        "imageGroupTwo",
        "imagePullPolicy",
        "memory",
        "shm",
        "tolerationGroup",
        "workspaceVolume",
    }


def test_by_default_kubeflows_own_images_are_offered(notebooks):
    notebooks.settle()
    form = notebooks.form()
    assert form["image"]["value"] == "ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.11.0"
    assert len(form["image"]["options"]) == 5
    assert form["imageGroupOne"]["value"].endswith("/codeserver-python:v1.11.0")
    assert form["imageGroupTwo"]["value"].endswith("/rstudio-tidyverse:v1.11.0")


def test_the_images_that_are_offered_are_listed_for_mirrors(notebooks):
    notebook_images = importlib.import_module("notebook_images")
    listed = yaml.safe_load((ROOT / "images.yaml").read_text())
    assert listed == {
        "jupyter-images": list(notebook_images.JUPYTER),
        "vscode-images": list(notebook_images.VSCODE),
        "rstudio-images": list(notebook_images.RSTUDIO),
        "volume-viewer-image": notebook_images.VIEWER,
        "tensorboard-image": notebook_images.TENSORBOARD,
    }


def test_the_options_defaults_are_the_images_that_are_listed(notebooks):
    notebook_images = importlib.import_module("notebook_images")
    options = yaml.safe_load((ROOT / "charmcraft.yaml").read_text())["config"]["options"]
    assert options["volume-viewer-image"]["default"] == notebook_images.VIEWER
    assert options["tensorboard-image"]["default"] == notebook_images.TENSORBOARD


@pytest.mark.parametrize(
    ("option", "field"),
    [("jupyter_images", "image"), ("vscode_images", "imageGroupOne"), ("rstudio_images", "imageGroupTwo")],
)
def test_a_list_of_images_takes_the_place_of_kubeflows_own_the_first_preselected(notebooks, option, field):
    notebooks.configured(**{option: "[registry.site:5000/b:2, 'docker.io/me/a:1']"})
    assert notebooks.form()[field] == {
        "value": "registry.site:5000/b:2",
        "options": ["registry.site:5000/b:2", "docker.io/me/a:1"],
    }


def test_an_empty_list_offers_no_server_of_the_kind(notebooks):
    notebooks.configured(rstudio_images="[]")
    assert notebooks.form()["imageGroupTwo"] == {"value": "", "options": []}


def test_a_registry_of_the_site_takes_the_place_of_the_public_ones(notebooks):
    state = notebooks.configured(image_registry="registry.site:5000", jupyter_images="[jupyter-site:1, quay.io/me/a:1]")
    form = notebooks.form()
    assert form["image"]["options"] == ["registry.site:5000/jupyter-site:1", "quay.io/me/a:1"]
    assert form["imageGroupOne"]["value"] == (
        "registry.site:5000/kubeflow/kubeflow/notebook-servers/codeserver-python:v1.11.0"
    )
    environment = notebooks.program(state, "tensorboard-controller").environment
    assert environment["TENSORBOARD_IMAGE"] == "registry.site:5000/tensorflow/tensorflow:2.5.1"


def test_users_see_and_may_type_what_the_options_say(notebooks):
    notebooks.configured(hide_registry=False, hide_tag=True, allow_custom_image=False, image_pull_policy="Always")
    form = notebooks.form()
    assert (form["hideRegistry"], form["hideTag"], form["allowCustomImage"]) == (False, True, False)
    assert form["imagePullPolicy"]["value"] == "Always"


def test_processors_and_memory_are_preselected_as_text(notebooks):
    notebooks.configured(cpu_default="2", cpu_limit_factor="none", memory_default="4Gi", memory_limit_factor="2")
    assert notebooks.form()["cpu"] == {"value": "2", "limitFactor": "none", "readOnly": False}
    assert notebooks.form()["memory"] == {"value": "4Gi", "limitFactor": "2", "readOnly": False}


def test_the_home_directory_is_a_new_volume_of_the_size_and_class_of_the_options(notebooks):
    notebooks.configured(workspace_size="20Gi", storage_class="fast")
    workspace = notebooks.form()["workspaceVolume"]["value"]
    assert workspace["mount"] == "/home/jovyan"
    assert workspace["newPvc"] == {
        "metadata": {"name": "{notebook-name}-workspace"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "20Gi"}},
            "storageClassName": "fast",
        },
    }


def test_without_a_storage_class_the_clusters_default_serves(notebooks):
    notebooks.settle()
    assert "storageClassName" not in notebooks.form()["workspaceVolume"]["value"]["newPvc"]["spec"]


def test_size_0_preselects_no_home_directory(notebooks):
    notebooks.configured(workspace_size="0")
    assert notebooks.form()["workspaceVolume"]["value"] is None


def test_further_volumes_are_new_or_there_already(notebooks):
    notebooks.configured(data_volumes="[{mount: /data, size: 20Gi}, {mount: /shared, claim: datasets}]")
    new, existing = notebooks.form()["dataVolumes"]["value"]
    assert new["newPvc"]["metadata"]["name"] == "{notebook-name}-data-1"
    assert new["newPvc"]["spec"]["resources"] == {"requests": {"storage": "20Gi"}}
    assert existing == {
        "mount": "/shared",
        "existingSource": {"persistentVolumeClaim": {"claimName": "datasets"}},
    }


def test_nodes_and_tolerations_are_chosen_from_what_the_options_offer(notebooks):
    notebooks.configured(
        affinity_options=AFFINITY,
        affinity_options_default="gpu",
        tolerations_options=TOLERATIONS,
        tolerations_options_default="spot",
    )
    affinity, tolerations = notebooks.form()["affinityConfig"], notebooks.form()["tolerationGroup"]
    assert (affinity["value"], affinity["options"]) == ("gpu", yaml.safe_load(AFFINITY))
    assert (tolerations["value"], tolerations["options"]) == ("spot", yaml.safe_load(TOLERATIONS))


def test_access_to_pipelines_is_preselected(notebooks):
    notebooks.settle()
    assert notebooks.form()["configurations"]["value"] == ["access-ml-pipeline"]


def test_other_pod_defaults_are_preselected_where_the_option_says_so(notebooks):
    notebooks.configured(default_poddefaults="[gpu-toleration, example.com/proxy]", shared_memory=False)
    assert notebooks.form()["configurations"]["value"] == ["gpu-toleration", "example.com/proxy"]
    assert notebooks.form()["shm"]["value"] is False


def test_what_users_cannot_change_is_marked_in_the_form(notebooks):
    notebooks.configured(read_only_fields="cpu, memory,tolerations")
    fields = notebooks.form().items()
    marked = {name for name, field in fields if isinstance(field, dict) and field.get("readOnly")}
    assert marked == {"cpu", "memory", "tolerationGroup"}
