"""What happens to a testbed as a whole: it is built, brought up, stopped, started and taken down."""

import dataclasses
import shutil
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from testbed import (
    cache,
    certificates,
    cgroups,
    containers,
    control_plane,
    firewall,
    gpus,
    images,
    juju,
    juju_versions,
    limits,
    load_balancer,
    network,
    node,
    outside,
    packages,
    profiles,
    programs,
    requirements,
    state,
    storage,
)
from testbed.errors import TestbedError
from testbed.machine import Machine
from testbed.paths import Paths
from testbed.processes import alone
from testbed.state import Record


@dataclass(frozen=True)
class Status:
    """What runs of a testbed.

    Attributes:
        summary: one word or sentence.
        usable: charms can be deployed.
        programs: name, state and number of starts of each program.
        enforced: network policies are in force.
    """

    summary: str
    usable: bool
    programs: tuple[tuple[str, str, str], ...] = ()
    enforced: bool = False


@dataclass(frozen=True)
class Parts:
    """What a testbed consists of.

    Attributes:
        programs: each by the name that it is called.
        images: archives of the container images.
    """

    programs: dict[str, Path]
    images: tuple[Path, ...]


def build(paths: Paths, *, version: str = "") -> Parts:
    """Make sure that this machine can run the testbed and that the cache holds all that it consists of.

    Args:
        paths: the testbed.
        version: of Juju; see `juju_versions.choose`.

    Raises:
        TestbedError: the machine lacks something, or a part could not be made.
        BuildError: Go refused.
        PackageError: there is no Go to build with.
    """
    record = state.read(paths)
    chosen = juju_versions.choose(version, record.juju if record else "")
    if not Machine(paths).running():
        requirements.check(requirements.refusals(requirements.Host.look(paths, cache.directory()), paths))
    packages.install()
    requirements.check(requirements.kernel_refusals(paths))
    wanted = juju_versions.VERSIONS[chosen]
    found = programs.build(wanted)
    return Parts(found, (*juju.images(found, wanted), *images.provide(list(images.all_named()))))


def up(
    paths: Paths,
    *,
    load_balancer: bool,
    network_policies: bool = True,
    version: str = "",
    domain: str = "",
    ip_family: str = "",
    profile: str = "",
    rbac: bool | None = None,
    proxy: bool | None = None,
    registry: bool | None = None,
) -> None:
    """Bring a testbed up, or the rest of one that was interrupted.

    Args:
        paths: the testbed.
        load_balancer: services of the type LoadBalancer get addresses.
        network_policies: they are enforced.
        version: of Juju; see `juju_versions.choose`.
        domain: of the cluster; see `network.choose`.
        ip_family: the kinds of address; see `network.choose`.
        profile: what the cluster is like; see `profiles.choose`.
        rbac: the API server authorises; None keeps what was, or is as the profile has it.
        proxy: there is one, which alone leads outside; None keeps what was.
        registry: there is one that asks for a login; None keeps what was.

    Raises:
        TestbedError: a part did not start, or the machine lacks something.
        BuildError: Go refused.
        PackageError: there is no Go to build with.
    """
    started = time.monotonic()
    kept = state.read(paths)
    made = network.choose(domain=domain, ip_family=ip_family, recorded=kept.network if kept else None)
    cluster = profiles.choose(profile, kept.profile if kept else "")
    parts = build(paths, version=version)
    with alone(paths.state):
        record = state.read(paths) or Record(juju=juju_versions.choose(version))
        before = {**limits.increase(), **record.limits}
        record = dataclasses.replace(
            record,
            load_balancer=load_balancer,
            network_policies=network_policies,
            domain=made.domain,
            ip_family=made.ip_family,
            profile=cluster,
            rbac=record.rbac if rbac is None else rbac,
            proxy=record.proxy if proxy is None else proxy,
            registry=record.registry if registry is None else registry,
            limits=before,
        )
        state.write(paths, record)
        programs.link(paths, {**parts.programs, **outside.programs(proxy=record.proxy, registry=record.registry)})
        _run(paths, record, parts)
    cache.console.print(f"ready after {time.monotonic() - started:.0f} s")


def start(paths: Paths) -> None:
    """Start a testbed that was stopped or killed.

    Raises:
        TestbedError: there is none, or a part did not start.
    """
    record = state.read(paths)
    if record is None:
        raise TestbedError(f"there is no testbed in {paths.state}: `python -m testbed up` makes one")
    up(
        paths,
        load_balancer=record.load_balancer,
        network_policies=record.network_policies,
        version=record.juju,
    )


def _run(paths: Paths, record: Record, parts: Parts) -> None:
    machine, made, cluster = Machine(paths), record.network, record.cluster
    with ThreadPoolExecutor(max_workers=1) as pool:
        with cache.step("starting Kubernetes"):
            machine.boot(cluster.kubelet_root)
            network.set_up(machine, made)
            certificates.make(paths, made)
            node.start_runtime(machine, made)
            containers.import_missing(machine, [storage.node_image(packages.busybox())])
            imports = pool.submit(containers.import_missing, machine, parts.images)
            control_plane.start(machine, made, rbac=record.authorizes)
            node.start(machine, made, cluster.kubelet_root)
            if record.network_policies:
                firewall.start(machine, made)
            else:
                firewall.stop(machine)
            storage.start(machine, cluster)
            profiles.make_ingress_classes(machine, cluster)
            if record.load_balancer:
                load_balancer.start(machine, made, cluster.address_pool)
            else:
                load_balancer.stop(machine)
            if record.proxy:
                outside.start_proxy(machine, made)
            if record.registry:
                outside.start_registry(machine, made)
            if record.gpus:
                gpus.start(machine, record.gpus)
            juju.start_store(machine, made)
        with cache.step("importing images"):
            imports.result()
    if record.bootstrapped:
        with cache.step("waiting for Juju's controller"):
            juju.await_controller(machine)
        return
    with cache.step("bootstrapping Juju"):
        juju.bootstrap(machine, made, cluster.storage_class)
    state.write(paths, dataclasses.replace(record, bootstrapped=True))


def announce(paths: Paths, wanted: Mapping[str, int]) -> None:
    """Give the node these GPUs and no others; a testbed that is stopped and started has them again.

    Args:
        paths: the testbed.
        wanted: how many devices there are to be of each resource.

    Raises:
        TestbedError: the testbed does not run, or kubelet does not take them.
    """
    with alone(paths.state):
        record, machine = state.read(paths), Machine(paths)
        if record is None or not machine.running():
            raise TestbedError(f"the testbed {paths.name} does not run: `python -m testbed up` starts it")
        gpus.stop(machine)
        state.write(paths, dataclasses.replace(record, gpus=dict(wanted)))
        gpus.start(machine, wanted, before=record.gpus)


def stop(paths: Paths, *, now: bool = False) -> None:
    """End every process and keep the state.

    Args:
        paths: the testbed.
        now: as a power cut does, without asking programs to end.

    Raises:
        TestbedError: there is no testbed, or a process does not end.
    """
    if state.read(paths) is None:
        raise TestbedError(f"there is no testbed in {paths.state}")
    with alone(paths.state):
        machine = Machine(paths)
        if now:
            machine.kill()
        else:
            machine.halt()
        cgroups.remove(paths.name)


def down(paths: Paths) -> None:
    """End every process and remove every trace, but for the cache; nothing happens if there is no testbed.

    Raises:
        TestbedError: the directory is something else's, or a process does not end.
    """
    record = state.read(paths)
    if record is None:
        return
    with alone(paths.state):
        Machine(paths).kill()
        cgroups.remove(paths.name)
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        inside = [mount for mount in mounts if mount.startswith(f"{paths.state}/")]
        if inside:
            raise TestbedError(f"{', '.join(inside)} is mounted: unmount it and run `down` again")
        limits.restore(record.limits)
        shutil.rmtree(paths.state)


def policies_enforced(paths: Paths) -> bool | None:
    """Return whether network policies are in force, which no object of the cluster tells; None if there is no testbed.

    Raises:
        TestbedError: the directory is something else's.
    """
    record, machine = state.read(paths), Machine(paths)
    return firewall.enforced(machine, record.network) if record and machine.running() else None


def status(paths: Paths) -> Status:
    """Return what runs.

    Raises:
        TestbedError: the directory is something else's.
    """
    record = state.read(paths)
    machine = Machine(paths)
    if record is None:
        return Status("there is none; `python -m testbed up` makes one", usable=False)
    if not machine.running():
        return Status("stopped; `python -m testbed start` starts it", usable=False)
    rows = tuple(
        (name, "runs" if it["running"] else "starts again", str(it["starts"]))
        for name, it in sorted(machine.programs().items())
    )
    enforced = firewall.enforced(machine, record.network)
    if not record.bootstrapped:
        return Status("not finished; `python -m testbed up` goes on", usable=False, programs=rows, enforced=enforced)
    runs = all(row[1] == "runs" for row in rows) and enforced == record.network_policies
    usable = runs and node.ready(machine) and juju.answers(machine)
    return Status("up" if usable else "not ready", usable=usable, programs=rows, enforced=enforced)
