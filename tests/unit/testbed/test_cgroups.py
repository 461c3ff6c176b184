from pathlib import Path

from testbed import cgroups


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
