import csv
import importlib
import io
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

profile_usage = importlib.import_module("profile_usage")
ADA, BEN = "ada@example.com", "ben@example.com"


def profile(name: str, owner: str, **hard: str) -> dict[str, Any]:
    quota = {key.replace("_", "."): value for key, value in hard.items()}
    spec = {"owner": {"kind": "User", "name": owner}, **({"resourceQuotaSpec": {"hard": quota}} if quota else {})}
    return {"metadata": {"name": name}, "spec": spec}


def pod(namespace: str, *containers: dict[str, Any], phase: str = "Running", **spec: Any) -> dict[str, Any]:
    about = {"name": "a", "namespace": namespace}
    return {"metadata": about, "spec": {"containers": containers, **spec}, "status": {"phase": phase}}


def asking(**requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}}


def claim(namespace: str, storage: str) -> dict[str, Any]:
    return {"metadata": {"name": "v", "namespace": namespace}, "spec": asking(storage=storage)}


def used(profiles: Iterable[Any], pods: Iterable[Any] = (), claims: Iterable[Any] = ()) -> dict[tuple[str, str], Any]:
    """Return what is used, and the quota, by profile and resource."""
    rows = profile_usage.usage(profiles, pods, claims)
    return {(row.profile, row.resource): (row.used, row.quota) for row in rows}


def test_what_pods_and_claims_ask_for_is_beside_the_quota():
    ada = profile("ada", ADA, cpu="8", memory="32Gi", requests_storage="100Gi", pods="9")
    ada["spec"]["resourceQuotaSpec"]["hard"]["requests.nvidia.com/gpu"] = "2"
    pods = [
        pod("ada", asking(cpu="500m", memory="1Gi"), asking(cpu="1")),
        pod("ada", {"resources": {"requests": {"nvidia.com/gpu": "1"}}}, phase="Pending"),
    ]
    assert used([ada], pods, [claim("ada", "5Gi")]) == {
        ("ada", "cpu"): (Decimal("1.5"), 8),
        ("ada", "memory"): (2**30, 32 * 2**30),
        ("ada", "nvidia.com/gpu"): (1, 2),
        ("ada", "storage"): (5 * 2**30, 100 * 2**30),
    }


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_what_has_ended_uses_nothing(phase):
    assert used([profile("ada", ADA)], [pod("ada", asking(cpu="1"), phase=phase)])["ada", "cpu"] == (0, None)


def test_pods_that_belong_to_no_profile_are_nobodys():
    assert {name for name, _ in used([profile("ada", ADA)], [pod("kube-system", asking(cpu="1"))])} == {"ada"}


def test_a_pod_asks_for_the_most_that_it_needs_at_a_time():
    sidecar = {**asking(cpu="500m"), "restartPolicy": "Always"}
    pods = [
        pod("ada", asking(cpu="1"), initContainers=[asking(cpu="2"), sidecar]),
        pod("ada", asking(cpu="1"), initContainers=[sidecar], overhead={"cpu": "250m"}),
    ]
    assert used([profile("ada", ADA)], pods)["ada", "cpu"][0] == 2 + Decimal("1.75")


@pytest.mark.parametrize(
    "key", ["count/notebooks.kubeflow.org", "fast.storageclass.storage.k8s.io/requests.storage", "limits.cpu", "pods"]
)
def test_what_a_quota_counts_besides_is_left_out(key):
    assert profile_usage.allowed({key: "1"}) == {}


def test_an_owner_of_several_profiles_is_shown_with_all_of_them():
    profiles = [profile("ada", ADA, cpu="4"), profile("team", ADA, requests_cpu="4"), profile("ben", BEN)]
    pods = [pod(name, asking(cpu="2", memory="512Mi")) for name in ("ada", "team")]
    rows = profile_usage.by_owner(profile_usage.usage(profiles, pods, []))
    lines = [line.split() for line in profile_usage.as_table(rows).splitlines()]
    assert lines[1:3] == [["(all)", ADA, "cpu", "4", "8", "50%"], ["(all)", ADA, "memory", "1Gi"]]
    assert not [line for line in lines if BEN in line]


def test_a_quota_of_one_of_several_profiles_is_no_quota_of_their_owner():
    rows = profile_usage.usage([profile("ada", ADA, cpu="4"), profile("team", ADA)], [], [])
    assert [row.quota for row in profile_usage.by_owner(rows) if row.resource == "cpu"] == [None]


def test_programs_get_plain_numbers():
    rows = profile_usage.usage([profile("ada", ADA, memory="1Gi")], [pod("ada", asking(cpu="250m"))], [])
    assert list(csv.reader(io.StringIO(profile_usage.as_csv(rows)))) == [
        ["profile", "owner", "resource", "used", "quota"],
        ["ada", ADA, "cpu", "0.25", ""],
        ["ada", ADA, "memory", "0", "1073741824"],
        ["ada", ADA, "storage", "0", ""],
    ]


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("1", 1),
        ("250m", Decimal("0.25")),
        ("1.5", Decimal("1.5")),
        ("1Ki", 1024),
        ("2M", 2000000),
        ("3k", 3000),
        ("1e3", 1000),
        (2, 2),
        ("nonsense", 0),
        ("1mi", 0),
    ],
)
def test_quantities_are_read_as_kubernetes_writes_them(quantity, number):
    assert profile_usage.amount(quantity) == number


def test_the_action_shows_what_is_used(profiles):
    profiles.profile("ada", ADA)
    assert profiles.act("show-usage", format="csv")["usage"].splitlines()[1] == f"ada,{ADA},cpu,0,"
