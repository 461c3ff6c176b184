"""A rehearsal: database and objects come back in a model of their own, and are compared with what the set says."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable, Iterator, Mapping

import jubilant
import yaml

from tools.backup import volumes
from tools.backup.command import named_secret
from tools.backup.deployed import Deployed
from tools.backup.sets import PROFILES, Set
from tools.images import inventory
from tools.pack import charm
from tools.pack.repository import PackError, Repository
from tools.up.errors import Refusal
from tools.up.juju import explain, models

NAME = "kubeflow-rehearsal"
CHARMS = ("mysql", "seaweedfs")
PATIENCE = 1800.0
"""Seconds until both are active."""
Say = Callable[[str], None]


def rehearse(deployed: Deployed, found: Set, folder: pathlib.Path, source: str, python: str, say: Say) -> list[str]:
    """Bring a set back in a model of its own, which goes again, and return what was found.

    Args:
        deployed: the model that has the secret.
        found: the set.
        folder: where it is.
        source: the secret's name.
        python: which the charms' base has.
        say: told how far it is.

    Raises:
        Refusal: the set does not come back as it was; the message says what differs.
    """
    content = named_secret(deployed.juju, source).content
    volumes.check_all(found, folder)
    profiles = yaml.safe_load((folder / PROFILES).read_text()).get("profiles") or []
    with _scratch(deployed, python, say) as scratch:
        uri = scratch.juju.add_secret(source, content)
        scratch.juju.grant_secret(uri, "seaweedfs")
        say("the objects ...")
        scratch.copy("seaweedfs/leader", "import", source=str(uri))
        say("the database ...")
        scratch.run("mysql/0", "restore", backup_id=found.backup, of=f"{found.model}/{found.database}")
        rows, buckets = scratch.rows("mysql"), scratch.buckets("seaweedfs")
    if wrong := [*different_rows(found, rows), *missing_objects(found, buckets)]:
        raise Refusal(f"the set does not come back as it was: {'; '.join(wrong)}")
    return [
        f"the database: {len(rows)} tables with {sum(rows.values())} rows",
        f"the objects: {sum(buckets.values())} in {len(buckets)} buckets",
        f"the profiles: {len(profiles)} can be read",
        f"the volumes: {len(found.volumes)} archives are as they were written",
    ]


def different_rows(found: Set, rows: Mapping[str, int]) -> Iterator[str]:
    """Yield what a database lacks, or has in excess, of what it had while it was backed up."""
    for table, (fewest, most) in found.rows.items():
        if table not in rows and fewest >= 0:
            yield f"there is no table {table}"
        elif table in rows and not fewest <= rows[table] <= most:
            yield f"table {table} has {rows[table]} rows, expected {fewest} to {most}"


def missing_objects(found: Set, buckets: Mapping[str, int]) -> Iterator[str]:
    """Yield the buckets that have fewer objects than when they were copied."""
    for name, number in found.buckets.items():
        if buckets.get(name, 0) < number:
            yield f"bucket {name} has {buckets.get(name, 0)} objects, expected {number}"


@contextlib.contextmanager
def _scratch(deployed: Deployed, python: str, say: Say) -> Iterator[Deployed]:
    """Give a model with database and store, and nothing else."""
    juju, repository = jubilant.Juju(cli_binary=deployed.juju.cli_binary, wait_timeout=PATIENCE), Repository()
    if NAME in models(juju):
        raise Refusal(f"a rehearsal is under way, or was broken off: juju destroy-model {NAME} --destroy-storage")
    say(f"a model of its own, {NAME} ...")
    juju.add_model(NAME)
    try:
        for name in CHARMS:
            target = charm.Target(python, charm.host_architecture())
            packed = charm.pack(repository, name, target, repository.root / "dist" / f"python{python}")
            images = inventory.of_charm(repository, name)
            resources = {image.name: image.image for image in images if image.kind == "resource"}
            juju.deploy(packed.path, name, trust=True, resources=resources)
        juju.integrate("mysql:s3-parameters", "seaweedfs:s3")
        juju.wait(lambda status: jubilant.all_active(status, *CHARMS) and jubilant.all_agents_idle(status, *CHARMS))
        yield Deployed(juju, deployed.wrap, NAME)
    except PackError as error:
        raise Refusal(str(error)) from error
    except (jubilant.WaitError, TimeoutError) as error:
        raise Refusal(f"{' and '.join(CHARMS)} do not become active in {NAME}: {error}") from error
    finally:
        try:
            juju.destroy_model(NAME, destroy_storage=True, force=True, no_wait=True)
            juju.cli("switch", deployed.model, include_model=False)
        except jubilant.CLIError as error:
            # Not raised: it would hide why the rehearsal ended.
            say(f"the model {NAME} may be there still: juju destroy-model {NAME} --destroy-storage ({explain(error)})")
