"""The form on which users start servers.

Source of the file's keys: kubeflow/notebooks v1.11, components/crud-web-apps/jupyter, spawner_ui_config.yaml.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from notebook_gpus import Gpu
from notebooks_options import NotebooksOptions
from spawner_options import DataVolume, Vendor

HOME = "/home/jovyan"
"""The home directory in Kubeflow's images."""
NAME = "{notebook-name}"
"""What the page replaces by the server's name."""

Field = dict[str, Any]


def document(options: NotebooksOptions, gpus: Iterable[Gpu]) -> dict[str, Any]:
    """Return the form's configuration.

    Args:
        options: of the charm.
        gpus: that the cluster has.
    """
    images = options.images
    fields: dict[str, Field] = {
        "imagePullPolicy": {"value": options.image_pull_policy},
        "cpu": {"value": options.cpu_default, "limitFactor": options.cpu_limit_factor},
        "memory": {"value": options.memory_default, "limitFactor": options.memory_limit_factor},
        "gpus": {"value": _gpus(options, vendors(options.gpu_vendors, gpus))},
        "workspaceVolume": {"value": _workspace(options)},
        "dataVolumes": {
            "value": [_volume(item, number, options) for number, item in enumerate(options.data_volumes, 1)]
        },
        "affinityConfig": {
            "value": options.affinity_options_default,
            "options": [msgspec.to_builtins(item) for item in options.affinity_options],
        },
        "tolerationGroup": {
            "value": options.tolerations_options_default,
            "options": [msgspec.to_builtins(item) for item in options.tolerations_options],
        },
        "shm": {"value": options.shared_memory},
        "configurations": {"value": list(options.default_poddefaults)},
        "environment": {"value": {}},
    }
    return {
        "spawnerFormDefaults": {
            "allowCustomImage": options.allow_custom_image,
            "hideRegistry": options.hide_registry,
            "hideTag": options.hide_tag,
            "image": _choice(images.jupyter),
            "imageGroupOne": _choice(images.vscode),
            "imageGroupTwo": _choice(images.rstudio),
            **{name: {**field, "readOnly": name in options.read_only_fields} for name, field in fields.items()},
        }
    }


def vendors(given: Iterable[Vendor], gpus: Iterable[Gpu]) -> list[Vendor]:
    """Return the kinds of GPU to offer: those of the cluster, and those that an option gives or names otherwise."""
    offered = {gpu.resource: Vendor(limits_key=gpu.resource, ui_name=gpu.name) for gpu in gpus}
    offered |= {vendor.limits_key: vendor for vendor in given}
    return list(offered.values())


def _choice(images: Sequence[str]) -> Field:
    return {"value": images[0] if images else "", "options": list(images)}


def _gpus(options: NotebooksOptions, offered: Sequence[Vendor]) -> Field:
    keys = [vendor.limits_key for vendor in offered]
    default = options.gpu_vendors_default if options.gpu_vendors_default in keys else ""
    if options.gpu_number_default and len(keys) == 1:
        default = keys[0]
    # A number without a kind would keep users from starting anything.
    number = str(options.gpu_number_default) if options.gpu_number_default and default else "none"
    return {"vendor": default, "vendors": [msgspec.to_builtins(vendor) for vendor in offered], "num": number}


def _workspace(options: NotebooksOptions) -> Field | None:
    if not options.workspace_size:
        return None
    return {"mount": HOME, "newPvc": _claim(f"{NAME}-workspace", options.workspace_size, options.storage_class)}


def _volume(volume: DataVolume, number: int, options: NotebooksOptions) -> Field:
    if volume.claim:
        return {"mount": volume.mount, "existingSource": {"persistentVolumeClaim": {"claimName": volume.claim}}}
    return {"mount": volume.mount, "newPvc": _claim(f"{NAME}-data-{number}", volume.size, options.storage_class)}


def _claim(name: str, size: str, storage_class: str) -> Field:
    spec: Field = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {"metadata": {"name": name}, "spec": spec}
