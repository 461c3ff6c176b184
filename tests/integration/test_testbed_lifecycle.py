"""A testbed of its own is brought up, used, switched off and on, and taken down without a trace.

The tests are in order: each takes the testbed as the one before left it.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from testbed.processes import Process

NAME = "testbed-lifecycle"
STATE = Path("/var/lib") / NAME
REPOSITORY = Path(__file__).parents[2]
IMAGE = "testbed.local/node:1"

pytestmark = [
    pytest.mark.testbed,
    pytest.mark.xdist_group(NAME),
    pytest.mark.skipif(os.geteuid() != 0, reason="the testbed needs root"),
]

CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}},
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
                "containers": [
                    {
                        "name": "web",
                        "image": IMAGE,
                        "command": ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/data"],
                        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                    }
                ],
            },
        },
    },
}
CALLER = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "caller"},
    "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "caller", "image": IMAGE}]},
}
POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "shut"},
    "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]},
}
CHARM = {
    "metadata.yaml": "name: probe\nsummary: probe\ndescription: It is active.\n",
    "manifest.yaml": 'bases: [{name: ubuntu, channel: "24.04", architectures: [amd64, arm64]}]\n',
    "dispatch": '#!/bin/sh\nstatus-set active "$(cat /proc/sys/kernel/hostname)"\n',
}


def service(name: str) -> dict[str, object]:
    ports = [{"port": 80, "targetPort": 8080}]
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


@dataclass(frozen=True)
class Testbed:
    """A testbed that is only reached as a person reaches it: by its commands."""

    __test__ = False
    environment: dict[str, str]

    def __call__(self, *arguments: str, given: str = "", check: bool = True) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "testbed", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def kubectl(self, *arguments: str, given: str = "") -> str:
        return self("run", "kubectl", *arguments, given=given)

    def apply(self, *objects: dict[str, object]) -> None:
        self.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(objects))

    def status(self) -> str:
        return self("status", check=False).splitlines()[0].partition(": ")[2]

    def address(self, name: str) -> str:
        return self.kubectl("get", "service", name, "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")

    def fetch(self, address: str) -> str:
        script = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())"
        return self("run", sys.executable, "-c", script, f"http://{address}/index.html", check=False).strip()

    def unit(self) -> str:
        try:
            found = json.loads(self("run", "juju", "status", "--format=json", check=False))
            return found["applications"]["probe"]["units"]["probe/0"]["workload-status"]["current"]
        except (ValueError, KeyError):
            return ""

    def await_(self, expected: str, seen: object, seconds: float = 90) -> None:
        assert callable(seen)
        end = time.monotonic() + seconds
        while (found := seen()) != expected:
            assert time.monotonic() < end, f"expected {expected!r}, found {found!r}"
            time.sleep(1)


def traces() -> dict[str, object]:
    """Return what a testbed could leave on a host: files, mounts, control groups, links and settings."""
    folders = ("/run", "/run/netns", "/var/lib", "/var/log", "/opt", "/etc", "/etc/cni", "/usr/libexec")
    found: dict[str, object] = {folder: listing(folder) for folder in folders}
    found["mounts"] = {line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()}
    found["groups"] = {str(path) for path in Path("/sys/fs/cgroup").rglob(NAME)}
    found["links"] = listing("/sys/class/net")
    names = ("kernel/panic", "vm/overcommit_memory", "fs/inotify/max_user_instances")
    found["settings"] = {name: Path("/proc/sys", name).read_text() for name in names}
    return found


def listing(folder: str) -> set[str]:
    return set(os.listdir(folder)) if os.path.isdir(folder) else set()


def family(process: int) -> set[int]:
    """Return a process and all below it, as the host counts."""
    found = {process}
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        for child in path.read_text().split():
            found |= family(int(child))
    return found


def namespaces(processes: set[int]) -> set[str]:
    found: set[str] = set()
    for process in processes:
        for path in Path(f"/proc/{process}/ns").glob("*"):
            with contextlib.suppress(FileNotFoundError, PermissionError):
                found.add(os.readlink(path))
    return found


def running(process: int) -> Process | None:
    """Return what runs under a number now; what ended and only waits for the host's process 1 does not run."""
    found = Process.find(process)
    return found if found and found.alive() else None


def everybody() -> set[int]:
    return {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}


@pytest.fixture(scope="module")
def before() -> dict[str, object]:
    return traces()


@pytest.fixture(scope="module")
def testbed(before: dict[str, object]) -> Iterator[Testbed]:
    assert before["groups"] == set(), f"an earlier run left a testbed: TESTBED_NAME={NAME} python -m testbed down"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TESTBED_STATE")}
    found = Testbed({**kept, "TESTBED_NAME": NAME})
    found("up")
    yield found
    found("down")


def test_up_gives_a_usable_testbed(testbed: Testbed) -> None:
    assert testbed.status() == "up"
    assert "controller" in testbed("run", "juju", "models")


def test_up_again_changes_nothing(testbed: Testbed) -> None:
    programs = testbed("status")
    machine = (STATE / "run" / "machine.json").read_text()
    testbed("up")
    assert testbed("status") == programs
    assert (STATE / "run" / "machine.json").read_text() == machine


def test_a_claim_gets_a_volume_that_pods_write(testbed: Testbed) -> None:
    testbed.apply(CLAIM, DEPLOYMENT)
    testbed.kubectl("rollout", "status", "deployment/web", "--timeout=90s")
    script = "echo hello > /data/index.html"
    testbed.kubectl("exec", "deployment/web", "--", "/bin/busybox", "sh", "-c", script)
    (folder,) = (STATE / "volumes").glob("*_default_data")
    assert (folder / "index.html").read_text() == "hello\n"


def test_a_service_gets_an_address_that_answers(testbed: Testbed) -> None:
    testbed.apply(service("web"))
    testbed.await_("198.18.1.", lambda: testbed.address("web")[:9], 30)
    testbed.await_("hello", lambda: testbed.fetch(testbed.address("web")), 30)


def test_pods_reach_services_by_name(testbed: Testbed) -> None:
    command = ("exec", "deployment/web", "--", "/bin/busybox", "wget", "-qO-", "http://web.default/index.html")
    assert testbed.kubectl(*command) == "hello\n"


def test_juju_deploys_a_charm(testbed: Testbed, tmp_path: Path) -> None:
    charm = tmp_path / "probe.charm"
    with zipfile.ZipFile(charm, "w") as archive:
        for name, content in CHARM.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content)
    testbed("run", "juju", "add-model", "probe")
    testbed("run", "juju", "deploy", str(charm), "--trust")
    testbed.await_("active", testbed.unit, 120)


@pytest.mark.parametrize("how", ["stop", "stop --now", "kill"])
def test_everything_comes_back_after_the_machine_was_off(testbed: Testbed, how: str) -> None:
    testbed.kubectl("create", "configmap", how.replace(" ", ""))
    if how == "kill":
        os.kill(json.loads((STATE / "run" / "machine.json").read_text())["process"], 9)
        time.sleep(2)
    else:
        testbed(*how.split())
    assert testbed.status().startswith("stopped")
    testbed("start")
    assert testbed.status() == "up"
    testbed.kubectl("get", "configmap", how.replace(" ", ""))
    testbed.await_("hello", lambda: testbed.fetch(testbed.address("web")))
    testbed.await_("active", testbed.unit)
    command = ("run", "juju", "exec", "--unit", "probe/0", "--", "echo", "alive")
    testbed.await_("alive", lambda: testbed(*command, check=False).strip())


def test_without_a_load_balancer_a_service_gets_no_address(testbed: Testbed) -> None:
    testbed("up", "--without-load-balancer")
    testbed.apply(service("lonely"))
    time.sleep(5)
    assert testbed.address("lonely") == ""
    testbed("up")
    testbed.await_("198.18.1.", lambda: testbed.address("lonely")[:9], 30)


def test_a_policy_shuts_a_pod_unless_the_testbed_is_to_enforce_none(testbed: Testbed) -> None:
    testbed.apply(CALLER)
    testbed.kubectl("wait", "pod/caller", "--for=condition=Ready", "--timeout=60s")
    # With a timeout, -T, the static busybox ends with a segmentation fault.
    command = ("exec", "caller", "--", "/bin/busybox", "wget", "-qO-", "http://web/index.html")

    def answer() -> str:
        return testbed("run", "kubectl", *command, check=False)

    testbed.await_("hello\n", answer, 30)
    testbed.apply(POLICY)
    testbed.await_("", answer, 10)
    testbed("up", "--without-network-policies")
    assert "network policies are not enforced" in testbed("status")
    testbed.await_("hello\n", answer, 10)
    testbed("up")
    assert "network policies are enforced" in testbed("status")
    testbed.await_("", answer, 10)
    testbed.kubectl("delete", "pod/caller", "networkpolicy/shut")


def test_a_volume_goes_with_its_claim(testbed: Testbed) -> None:
    testbed.kubectl("delete", "deployment/web", "persistentvolumeclaim/data")
    testbed.await_("", lambda: "".join(map(str, (STATE / "volumes").glob("*_default_data"))), 60)


def test_down_leaves_nothing(testbed: Testbed, before: dict[str, object]) -> None:
    processes = family_of(testbed)
    inside = namespaces(processes) - namespaces({os.getpid()})
    assert len(processes) > 12
    assert len(inside) > 10
    holders = [running(process) for process in everybody() if namespaces({process}) & inside]
    testbed("down")
    assert [holder for holder in holders if holder and holder.alive()] == []
    assert not STATE.exists()
    after = traces()
    assert {what: (before[what], after[what]) for what in before if before[what] != after[what]} == {}
    assert testbed.status().startswith("there is none")
    testbed("down")


def family_of(testbed: Testbed) -> set[int]:
    assert testbed.status() == "up"
    return family(json.loads((STATE / "run" / "machine.json").read_text())["process"])


def test_a_machine_without_go_and_uv_is_told_what_to_do(tmp_path: Path) -> None:
    bare = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(tmp_path), "TESTBED_NAME": NAME}
    if shutil.which("go", path=bare["PATH"]) or shutil.which("uv", path=bare["PATH"]):
        pytest.skip("Go or uv are installed for the whole system")
    done = subprocess.run(
        [sys.executable, "-m", "testbed", "build"],
        cwd=REPOSITORY,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "uv" in done.stderr
    assert "Traceback" not in done.stderr
