"""A quota of processors or memory brings defaults for containers that say nothing."""

import http.server
import importlib
import json
import socket

import pytest
from kubeflow_charms.small_programs.health_server import Server

FILE = "/etc/profile-manifests/manifests.json"


def limits(profiles, hard, **config):
    """Return what the program places in a profile with a quota."""
    profiles.settle(config=config)
    placer = importlib.import_module("placer")
    wanted = placer.Wanted.read(profiles.deployment.files["profile-manifests"][FILE].text)
    profile = {"metadata": {"name": "ada"}, "spec": {"resourceQuotaSpec": {"hard": hard}} if hard is not None else {}}
    found = [item for item in wanted.with_limits([profile]).templates if item.kind == "LimitRange"]
    assert all(item.namespace == "ada" for item in found)
    return [json.loads(item.text)["spec"]["limits"][0] for item in found]


@pytest.mark.parametrize(
    ("hard", "placed"),
    [
        ({"cpu": "8"}, [{"defaultRequest": {"cpu": "100m"}}]),
        ({"requests.memory": "8Gi", "pods": "3"}, [{"defaultRequest": {"memory": "256Mi"}}]),
        ({"limits.cpu": "8"}, [{"default": {"cpu": "1"}}]),
        (
            {"cpu": "8", "memory": "8Gi", "limits.cpu": "8", "limits.memory": "8Gi"},
            [{"defaultRequest": {"cpu": "100m", "memory": "256Mi"}, "default": {"cpu": "1", "memory": "2Gi"}}],
        ),
        ({"pods": "3", "requests.nvidia.com/gpu": "1"}, []),
        ({}, []),
        (None, []),
    ],
)
def test_a_profile_gets_defaults_for_what_its_quota_counts(profiles, hard, placed):
    assert limits(profiles, hard) == [{"type": "Container", **item} for item in placed]


def test_the_defaults_are_options(profiles):
    found = limits(profiles, {"cpu": "8", "memory": "8Gi"}, **{"quota-default-requests": "cpu=1000m,memory=1024Mi"})
    assert found == [{"type": "Container", "defaultRequest": {"cpu": "1", "memory": "1Gi"}}]


def test_there_may_be_no_defaults(profiles):
    assert limits(profiles, {"cpu": "8"}, **{"quota-default-requests": ""}) == []


@pytest.mark.parametrize("text", ["cpu=0", "cpu=0.5", "memory=1G", "disk=1Gi", "cpu=1Gi"])
def test_a_default_that_cannot_be_used_blocks(profiles, text):
    assert "option quota-default-requests: it cannot be used" in profiles.blocked(quota_default_requests=text)


def test_a_default_request_above_its_limit_blocks(profiles):
    message = profiles.blocked(quota_default_requests="cpu=2", quota_default_limits="cpu=1500m")
    assert message.startswith("option quota-default-requests: cpu is above quota-default-limits")


class Api:
    """Kubernetes, with one profile."""

    def __init__(self):
        self.put = []

    def get(self, path, parameters=None):
        if path.endswith("/namespaces"):
            return {"items": [{"metadata": {"name": "ada", "uid": "1"}}], "metadata": {"resourceVersion": "1"}}
        if path.endswith("/profiles"):
            return {"items": [{"metadata": {"name": "ada"}, "spec": {"resourceQuotaSpec": {"hard": {"cpu": "8"}}}}]}
        if path.endswith("/kubeflow-profile-owners"):
            return {"owners": {"ada": "User "}}
        if "/clusterroles/" in path:
            return {"metadata": {"name": path.rpartition("/")[2], "uid": "1"}}
        return None

    def items(self, path, selector, *, metadata_only):
        assert path.endswith("/limitranges")
        return iter(self.put)

    def apply(self, path, item, manager, *, force):
        placed = {**item, "metadata": {**item["metadata"], "resourceVersion": "7"}}
        self.put.append(placed)
        return placed


def test_the_program_places_them_once(profiles):
    profiles.settle(config={"allow-between-profiles": True})
    placer = importlib.import_module("placer")
    text = profiles.deployment.files["profile-manifests"][FILE].text
    assert json.loads(text)["limits"] == {"cpu": "1", "memory": "2Gi"}
    api = Api()
    program = placer.Placer(api, placer.Wanted.read(text), lambda said: None)
    assert program.look() == ({"/api/v1/namespaces": "1"}, True)
    assert program.look() == ({"/api/v1/namespaces": "1"}, True)
    assert [item["metadata"]["name"] for item in api.put] == ["kubeflow-defaults"]


def test_the_program_answers_at_addresses_of_both_kinds_where_there_are_both():
    server = Server(("", 0), http.server.BaseHTTPRequestHandler)
    try:
        families = [socket.AF_INET, *([socket.AF_INET6] if socket.has_dualstack_ipv6() else [])]
        for family, host in zip(families, ("127.0.0.1", "::1"), strict=False):
            with socket.socket(family) as client:
                client.connect((host, server.server_port))
    finally:
        server.server_close()
