"""Who has GPUs, and for how long nobody has used them."""

import datetime
import importlib
import pathlib
from typing import Any

from support.charms import load_charm

load_charm(pathlib.Path(__file__).parents[1])
gpu_holders: Any = importlib.import_module("gpu_holders")
NOW = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


def pod(namespace: str, name: str, gpus: int, notebook: str = "", phase: str = "Running") -> dict[str, Any]:
    limits = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    return {
        "metadata": {"namespace": namespace, "name": name, "labels": {"notebook-name": notebook} if notebook else {}},
        "spec": {"nodeName": "edge", "containers": [{"resources": {"limits": limits}}]},
        "status": {"phase": phase, "startTime": "2026-01-02T06:00:00Z"},
    }


def server(namespace: str, name: str, used: str) -> dict[str, Any]:
    annotations = {"notebooks.kubeflow.org/last-activity": used}
    return {"metadata": {"namespace": namespace, "name": name, "annotations": annotations}}


def profile(name: str, owner: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"owner": {"kind": "User", "name": owner}}}


def test_those_that_are_idle_for_longest_come_first_with_their_owners():
    pods = [pod("ada", "work-0", 1, "work"), pod("ben", "job", 2), pod("ben", "lab-0", 1, "lab"), pod("ben", "cpu", 0)]
    servers = [server("ada", "work", "2026-01-02T11:30:00Z"), server("ben", "lab", "2026-01-02T07:00:00Z")]
    rows = gpu_holders.holders(
        pods, servers, [profile("ada", "ada@example.com"), profile("ben", "ben@example.com")], NOW
    )
    assert [(row["owner"], row["pod"], row["number"], row["hours"], row.get("idle-hours")) for row in rows] == [
        ("ben@example.com", "lab-0", 1, 6.0, 5.0),
        ("ada@example.com", "work-0", 1, 6.0, 0.5),
        ("ben@example.com", "job", 2, 6.0, None),
    ]


def test_a_server_whose_use_nobody_knows_has_no_idle_time():
    (row,) = gpu_holders.holders([pod("ada", "work-0", 1, "work")], [server("ada", "work", "")], [], NOW)
    assert "idle-hours" not in row
    assert row["owner"] == ""


def test_what_has_ended_has_no_gpus():
    assert gpu_holders.holders([pod("ada", "job", 1, phase="Succeeded")], [], [], NOW) == []
