"""The charm's actions: what is in the store, other logins, and copies of other stores."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import ops
from kubeflow_charms import Blocked, Problem, Waiting
from kubeflow_charms.configuration import options
from kubeflow_charms.configuration.options import SecretKeys
from kubeflow_charms.engine.cluster import Cluster, Reference
from kubeflow_charms.interfaces import s3
from kubeflow_charms.relations.endpoints import BoundEndpoint
from kubeflow_charms.storage.object_store import Store
from store_login import SEED, Logins, fresh, fresh_seed, of_relation
from store_policies import FOLDERS

Results = dict[str, Any]
HIDDEN = "kubeflow-readiness"
"""The bucket that is there to see whether the store works."""
SECONDS = 1500
"""Of an import, where nobody says how long it may take."""
TOLD = 5
"""Seconds between two words about how far a copy is."""
FIRST = 5
"""How many of the keys that failed are told."""


@dataclasses.dataclass(frozen=True)
class Server:
    """What actions need of the charm.

    Attributes:
        application: its name.
        leader: whether the unit leads.
        model: Juju's.
        logins: that the charm makes.
        relations: to applications that have a login.
        source: the store that is related to be imported.
        profile_buckets: returns those in which profiles have folders; not asked before logins are rotated.
        cluster: Kubernetes.
        own: returns the store with the root's login; raises Waiting while it does not answer.
    """

    application: str
    leader: bool
    model: ops.Model
    logins: Logins
    relations: Sequence[ops.Relation]
    source: BoundEndpoint
    profile_buckets: Callable[[], Sequence[str]]
    cluster: Cluster
    own: Callable[[], Store]


def act(server: Server, event: ops.ActionEvent) -> None:
    """Run one action, and say what came of it."""
    from s3_listing import StoreError

    do = {
        "list_buckets_action": list_buckets,
        "rotate_login_action": rotate_login,
        "import_action": import_objects,
        "export_action": export_objects,
        "remove_profile_objects_action": remove_profile_objects,
    }[event.handle.kind]
    try:
        event.set_results(do(server, event))
    except Waiting as problem:
        event.fail(f"waiting for {problem}; run it again then")
    except (Problem, StoreError) as problem:
        event.fail(str(problem))


def list_buckets(server: Server, event: ops.ActionEvent) -> Results:
    """Return each bucket with the number of its objects and their size in bytes."""
    import s3_listing

    store, lines = server.own(), [("bucket", "objects", "bytes")]
    for bucket in s3_listing.buckets(store):
        if bucket != HIDDEN:
            sizes = [item.size for item in s3_listing.objects(store, bucket)]
            lines.append((bucket, str(len(sizes)), str(sum(sizes))))
    return {"buckets": "\n".join(f"{name:<40} {number:>10} {size:>16}" for name, number, size in lines)}


def rotate_login(server: Server, event: ops.ActionEvent) -> Results:
    """Give applications, or all profiles, another login.

    Raises:
        Blocked: this unit does not lead, or there is no such application.
    """
    if not server.leader:
        raise Blocked(f"only the leader makes logins, run: juju run {server.application}/leader rotate-login")
    if event.params.get("profiles"):
        server.logins.rotate(SEED, fresh_seed())
        return {"rotated": "profiles"}
    wanted = str(event.params.get("application", ""))
    found = [relation for relation in server.relations if wanted in ("", relation.app.name)]
    if not found:
        raise Blocked(f"no application {wanted or 'at all'} is related")
    for relation in found:
        server.logins.rotate(of_relation(relation), fresh("REL"))
    return {"rotated": " ".join(sorted({relation.app.name for relation in found}))}


def import_objects(server: Server, event: ops.ActionEvent) -> Results:
    """Copy another store's objects to ours.

    Raises:
        Blocked: there is no source, or something could not be copied.
        Waiting: the store does not answer yet, or the source says nothing yet.
        StoreError: one of the stores refuses.
    """
    secret = str(event.params.get("source", ""))
    return _copy(_named(server, secret, "source") if secret else _related(server), server.own(), event)


def export_objects(server: Server, event: ops.ActionEvent) -> Results:
    """Copy our objects to another store.

    Raises:
        Blocked: there is no such store, or something could not be copied.
        Waiting: the store does not answer yet.
        StoreError: one of the stores refuses.
    """
    return _copy(server.own(), _named(server, str(event.params.get("target", "")), "target"), event)


def remove_profile_objects(server: Server, event: ops.ActionEvent) -> Results:
    """Delete what a profile that is no more left in its folders.

    Raises:
        Blocked: the name is none, or there is a namespace of that name.
        Waiting: the store does not answer yet.
        StoreError: it refuses.
    """
    import s3_listing

    try:
        name = options.name(str(event.params["profile"]))
    except ValueError as error:
        raise Blocked(f"profile: {error}") from error
    if server.cluster.get(Reference("v1", "Namespace", name)):
        raise Blocked(f"profile {name} is there, and its objects are its owner's to delete")
    store, gone = server.own(), 0
    for bucket in server.profile_buckets():
        for folder in FOLDERS:
            listed = s3_listing.objects(store, bucket, f"{folder}/{name}/")
            # A list that is read while its objects go may pass some over.
            gone += s3_listing.delete(store, bucket, [item.key for item in listed])
    return {"removed": gone}


def _copy(source: Store, target: Store, event: ops.ActionEvent) -> Results:
    """Copy until all is there, or the time is over."""
    import s3_listing
    from s3_copy import Pair, Progress, copy_bucket, differing

    pair, bucket = Pair(source, target), ""
    spoken = time.monotonic()
    deadline = spoken + int(event.params.get("seconds", SECONDS))
    total, different = Progress(), list[str]()

    def say(now: Progress) -> None:
        nonlocal spoken
        if time.monotonic() - spoken > TOLD:
            spoken = time.monotonic()
            event.log(f"{bucket}: {now.had + now.copied} of {now.objects} objects are there, {len(now.failed)} failed")

    wanted = str(event.params.get("bucket", ""))
    for bucket in [wanted] if wanted else s3_listing.buckets(source):
        if bucket == HIDDEN:
            continue
        found = copy_bucket(pair, bucket, deadline, say)
        total = total.with_more(bucket, found)
        if not found.left:
            different += [f"{bucket}/{key}" for key in differing(pair, bucket)]
    results = {
        "objects": total.objects,
        "bytes": total.size,
        "copied": total.copied,
        "copied-bytes": total.copied_size,
        "there-before": total.had,
        "left": total.left,
        "different": len(different),
    }
    if total.failed or different:
        told = [f"{key}: {text}" for key, text in total.failed.items()] or different
        event.set_results(results)
        raise Blocked(f"{len(told)} objects did not come as they were: {'; '.join(told[:FIRST])}")
    return {**results, "complete": "no, run it again" if total.left else "yes"}


def _related(server: Server) -> Store:
    if not server.source.relations:
        raise Blocked(
            "from where? Give source=SECRET, or run: "
            f"juju integrate {server.application}:import-from minio:object-storage"
        )
    return server.source.one(lambda said: said.store(server.logins.secrets.granted))


def _named(server: Server, secret: str, parameter: str) -> Store:
    """Return the store that a user secret names."""
    keys = SecretKeys(required=("endpoint", "access-key", "secret-key"), optional=("region", "ca"))
    try:
        content = keys.read(server.model, secret, parameter, server.application)
        return s3.Connection(
            access_key=content["access-key"],
            secret_key=content["secret-key"],
            endpoint=content["endpoint"],
            region=content.get("region", ""),
            tls_ca_chain=(content["ca"],) if content.get("ca") else (),
        ).store(lambda identifier: {})
    except ValueError as error:
        raise Blocked(f"{parameter}: {error}") from error
