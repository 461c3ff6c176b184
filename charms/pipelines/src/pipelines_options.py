"""The options of pipelines."""

import dataclasses
import re
from typing import Any

import workflow_patch
from kubeflow_charms import option
from kubeflow_charms.configuration import options, store_options

DRIVER_IMAGE = "ghcr.io/kubeflow/kfp-driver:2.17.0"
LAUNCHER_IMAGE = "ghcr.io/kubeflow/kfp-launcher:2.17.0"
IMAGES = {
    "frontend": "ghcr.io/kubeflow/kfp-frontend:2.17.0",
    "visualization_server": "ghcr.io/kubeflow/kfp-visualization-server:2.17.0",
}
"""Upstream's images of what users' namespaces run, by the key of the option custom-images."""
PROGRAMS = (
    "api-server",
    "api-gate",
    "persistence-agent",
    "scheduled-workflow",
    "viewer-controller",
    "ui",
    "authorizer",
    "metadata-store",
    "metadata-proxy",
    "metadata-writer",
)
"""The containers of charmcraft.yaml."""
DRIVERS_PORT = 8887
"""The gRPC port that drivers and launchers know, a constant of backend/src/v2/config/env.go."""


def image(default: str) -> Any:
    """Make a parser for an image's name; empty is `default`."""

    def parse(value: str | None) -> str:
        return _image((value or "").strip() or default)

    return parse


def images(value: str | None) -> dict[str, str]:
    """Accept a map of keys of `IMAGES` to images."""
    found = options.pairs(value)
    if not found.keys() <= IMAGES.keys():
        raise ValueError(f"expected a map of {' or '.join(IMAGES)} to images")
    return {**IMAGES, **{key: _image(name) for key, name in found.items()}}


def pipeline_root(value: str | None) -> str:
    """Accept nothing, or the URL of a folder in a bucket; `{namespace}` may be part of it."""
    text = (value or "").strip()
    if text and not re.fullmatch(r"(minio|s3|gs)://[a-z0-9][a-z0-9.-]+(/[^\s?#]*)?", text):
        raise ValueError(f"{text!r} is no root, expected for example minio://mlpipeline/{{namespace}}/artifacts")
    if set(re.findall(r"\{[^}]*\}", text)) - {"{namespace}"}:
        raise ValueError(f"{text!r} has braces, expected no others than {{namespace}}")
    return text.rstrip("/")


def domains(value: str | None) -> tuple[str, ...]:
    """Accept names of hosts, separated by commas; `*` stands for any part of a name."""
    found = tuple(dict.fromkeys(filter(None, (name.strip() for name in (value or "").split(",")))))
    for name in found:
        if not re.fullmatch(r"[a-z0-9*]([a-z0-9*.-]*[a-z0-9*])?", name):
            raise ValueError(f"{name!r} is no host, expected for example git.example.com,*.example.org")
    return found


def timezone(value: str | None) -> str:
    """Accept the name of a time zone; whether there is one of that name only a system with a list of them knows."""
    text = (value or "").strip()
    if not re.fullmatch(r"[A-Za-z]+([/_+-]?[A-Za-z0-9]+)*", text) or not _is_zone(text):
        raise ValueError(f"{text!r} is no time zone, expected for example UTC or Europe/Vienna")
    return text


def at_least(minimum: int, *, otherwise: int | None = None) -> Any:
    """Make a parser for a number that is not below `minimum`, unless it is `otherwise`."""

    def parse(value: int) -> int:
        if value < minimum and value != otherwise:
            instead = "" if otherwise is None else f", or {otherwise}"
            raise ValueError(f"{value} is too small, expected at least {minimum}{instead}")
        return value

    return parse


def file_name(value: str | None) -> str:
    """Accept the name of a file without folders."""
    text = (value or "").strip()
    if not re.fullmatch(r"[A-Za-z0-9._-]+", text) or text in (".", ".."):
        raise ValueError(f"{text!r} is no file name, expected for example main.log")
    return text


def path(value: str | None) -> str:
    """Accept an absolute path."""
    text = (value or "").strip()
    if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", text):
        raise ValueError(f"{text!r} is no path, expected for example /artifacts")
    return text


def _is_zone(text: str) -> bool:
    if text == "UTC":
        return True
    import pathlib
    import zoneinfo

    folders = [folder for folder in map(pathlib.Path, zoneinfo.TZPATH) if folder.is_dir()]
    return not folders or any((folder / text).is_file() for folder in folders)


def _image(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.:/_-]*(:[A-Za-z0-9._-]+)?(@sha256:[0-9a-f]{64})?", text):
        raise ValueError(f"{text!r} is no image, expected for example registry.example.com/kfp-driver:2.17.0")
    return text


@dataclasses.dataclass(frozen=True, kw_only=True)
class PipelinesOptions:
    """The options, as charmcraft.yaml describes them."""

    k8s_service_name: str = option(options.name)
    http_port: int = option(options.port)
    grpc_port: int = option(options.port)
    object_store_bucket_name: str = option(store_options.bucket)
    default_pipeline_root: str = option(pipeline_root)
    runner_sa: str = option(options.name)
    pipeline_url_domains: tuple[str, ...] = option(domains)
    driver_image: str = option(image(DRIVER_IMAGE))
    launcher_image: str = option(image(LAUNCHER_IMAGE))
    step_architecture: str = option(options.one_of(workflow_patch.ANY, "amd64", "arm64"))
    custom_images: dict[str, str] = option(images)
    image_registry: str = option(options.registry)
    pipeline_run_as_user: int = option(at_least(1, otherwise=-1))
    cache_enabled: bool = option(bool)
    auto_update_default_version: bool = option(bool)
    timezone: str = option(timezone)
    workflow_ttl_seconds: int = option(at_least(1), former="workflow-ttl")
    log_archive_filename: str = option(file_name)
    log_archive_prefix: str = option(path)
    argo_archive_logs: bool = option(bool)
    allow_custom_visualizations: bool = option(bool)
    visualization_servers: bool = option(bool)
    hide_sidenav: bool = option(bool)
    disable_gke_metadata: bool = option(bool)
    max_num_viewers: int = option(at_least(1))
    init_connection_timeout: str = option(options.duration)
    log_level: str = option(options.one_of("debug", "info", "warning", "error"))
    memory: dict[str, str] = option(options.memory_of(*PROGRAMS))

    def __post_init__(self) -> None:
        """Refuse a Service with one port for two protocols."""
        if self.http_port in (self.grpc_port, DRIVERS_PORT):
            raise ValueError(f"option http-port: {self.http_port} is gRPC's, expected another such as 8888")
