import os
from pathlib import Path

import pytest

from testbed import cgroups, requirements
from testbed.paths import Paths


def test_hierarchies_of_version_1_are_told_by_their_controllers() -> None:
    mounts = """\
tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
"""
    assert cgroups.hierarchies(mounts) == [
        (Path("/sys/fs/cgroup/cpu,cpuacct"), frozenset({"rw", "relatime", "cpu", "cpuacct"})),
        (Path("/sys/fs/cgroup/unified"), frozenset({"cgroup2"})),
    ]


def test_a_machine_without_control_groups_has_no_hierarchy() -> None:
    assert cgroups.hierarchies("proc /proc proc rw 0 0\n") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="control groups need root")
def test_groups_are_made_in_every_hierarchy_and_removed_with_all_below() -> None:
    cgroups.create("unit-test-groups")
    made = [folder / "unit-test-groups" for folder, _ in cgroups.mounted()]
    assert made
    for group in made:
        (group / "pods" / "pod").mkdir(parents=True)
    cgroups.remove("unit-test-groups")
    assert not [group for group in made if group.exists()]
    cgroups.remove("unit-test-groups")


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")
def test_trying_out_the_kernel_leaves_nothing_in_the_directory_of_the_state(tmp_path: Path) -> None:
    requirements.kernel_refusals(Paths("probe", tmp_path / "state"))
    assert list(tmp_path.iterdir()) == []
