#!/usr/bin/env python3
"""Operate SeaweedFS, the object store of Kubeflow."""

import functools
from collections.abc import Iterator

import ops
import seaweedfs_server
import store_actions
import store_disk
import store_keeper
from kubeflow_charms import Charm, Provides, Requires, main
from kubeflow_charms.certificates import requested
from kubeflow_charms.interfaces import object_storage, s3, tls_certificates
from kubeflow_charms.parts import Back, Bucket, FirstUnit, Manifests, Part, Ports, Report
from kubeflow_charms.parts.answers import answers
from kubeflow_charms.parts.first_unit import holds
from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.profile_logins import Login
from kubeflow_charms.storage.served_store import ServedStore, certificate_request
from seaweedfs_options import GRPC, SeaweedfsOptions
from store_consumers import User, buckets_of_reader, buckets_of_request, checked
from store_login import SEED, Logins, of_relation


class Seaweedfs(Charm[SeaweedfsOptions]):
    """SeaweedFS on one unit's storage, and a login for each that may use it."""

    programs = (seaweedfs_server.PROGRAM, store_keeper.PROGRAM)
    consumers = Provides("object-storage", object_storage.OBJECT_STORAGE)
    bucket_consumers = Provides("s3", s3.S3)
    issuer = Requires("certificates", tls_certificates.TLS_CERTIFICATES)
    source = Requires("import-from", object_storage.OBJECT_STORAGE)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        for event in (
            self.on.list_buckets_action,
            self.on.rotate_login_action,
            self.on.import_action,
            self.on.export_action,
            self.on.remove_profile_objects_action,
        ):
            framework.observe(event, self._act)
        for endpoint in (self.consumers, self.bucket_consumers):
            framework.observe(self.on[endpoint.name].relation_broken, self._forget)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options = self.options
        yield Ports(options.port)
        yield FirstUnit({"http-s3": options.port})
        yield Manifests("fence", "store-fence.yaml.j2", {"port": options.port + GRPC})
        yield self.source.send(object_storage.Reader(secrets=True))
        root, users = self.logins.root(), tuple(self.users.values())
        if self._certificate_request:
            yield self._certificate_request
        served = self._served
        if holds(self.unit):
            disk = store_disk.disk(self.model)
            yield store_keeper.workload(
                options,
                root,
                users,
                secure=served.certificate is not None,
                seeds=self._seeds() if any(user.profiles for user in users) else (),
                profile_buckets=self._profile_buckets(),
                read=self.run.source,
            )
            volumes = seaweedfs_server.volumes(disk.size)
            yield seaweedfs_server.workload(options, served.certificate, volumes, self.run.source)
            yield Back((*self.consumers.relations, *self.bucket_consumers.relations), served.serves)
            yield from map(Report, store_disk.warnings(disk, options, self.app.name))
        for bucket in sorted({bucket for user in users for bucket in user.buckets}):
            yield Bucket(served.near(root), bucket, when=served.serves)
        yield self.consumers.send_each(self._tell_consumer)
        yield self.bucket_consumers.send_each(self._tell_bucket_consumer)

    @functools.cached_property
    def logins(self) -> Logins:
        """The logins that the charm makes."""
        return Logins(self.secrets)

    @functools.cached_property
    def users(self) -> dict[int, User]:
        """The related applications that said what they want, by the identifier of their relation."""
        found: dict[int, User] = {}
        for item in self.consumers.all(checked):
            buckets = buckets_of_reader(item.data, item.application, self.options.common_buckets)
            found[item.relation.id] = self._user(item.relation, buckets, item.data.profile_logins)
        for item in self.bucket_consumers.all():
            buckets = buckets_of_request(item.data)
            found[item.relation.id] = self._user(item.relation, buckets, bool(item.data.profile_logins))
        return found

    def _profile_buckets(self) -> list[str]:
        return sorted({bucket for user in self.users.values() if user.profiles for bucket in user.buckets})

    def _user(self, relation: ops.Relation, buckets: tuple[str, ...], profiles: bool) -> User:
        label = of_relation(relation)
        before = self.logins.before(label)
        logins = [self.logins.of(relation), *([Login(before["access-key"], before["secret-key"])] if before else [])]
        return User(label, tuple(logins), buckets, profiles)

    def _seeds(self) -> tuple[str, ...]:
        before = self.logins.before(SEED)
        return (self.logins.seed(), *([before["seed"]] if before else []))

    @functools.cached_property
    def _served(self) -> ServedStore:
        return ServedStore(
            title="seaweedfs",
            unit=self.unit,
            model=self.model,
            port=self.options.port,
            certificate=self._certificate_request.certificate()
            if self._certificate_request
            else self.options.certificate,
            secrets=self.secrets,
            answers=lambda: all(map(answers, self.unit.containers.values())),
        )

    @functools.cached_property
    def _certificate_request(self) -> requested.CertificateRequest | None:
        return certificate_request(self.options.certificate, self.issuer, self.secrets)

    def _shared_seed(self, relation: ops.Relation, asked: bool) -> str:
        """Return the identifier of the secret with the seed, which is granted to those that asked for it."""
        self.logins.seed()
        return self.secrets.share(SEED, relation) if asked else self.secrets.identifier(SEED)

    def _tell_consumer(self, relation: ops.Relation) -> object_storage.ObjectStorage | None:
        """Return what a consumer is told; nothing until it said whether it reads Juju secrets."""
        reader = self.consumers.by(relation)
        if reader is None or relation.id not in self.users:
            return None
        label, login = of_relation(relation), self.logins.of(relation)
        seed = self._shared_seed(relation, reader.profile_logins) if reader.secrets else None
        return self._served.told_to_reader(reader, relation, label, login, seed)

    def _tell_bucket_consumer(self, relation: ops.Relation) -> s3.Connection | None:
        """Return what a consumer of s3 is told; nothing until it asked for a bucket."""
        wish = self.bucket_consumers.by(relation)
        if wish is None:
            return None
        seed = self._shared_seed(relation, True) if wish.requested_secrets and wish.profile_logins else ""
        return self._served.told_to_requester(wish, relation, of_relation(relation), self.logins.of(relation), seed)

    def _forget(self, event: ops.RelationBrokenEvent) -> None:
        self.logins.forget(event.relation)

    def _act(self, event: ops.ActionEvent) -> None:
        server = store_actions.Server(
            application=self.app.name,
            leader=self.unit.is_leader(),
            model=self.model,
            logins=self.logins,
            relations=[*self.consumers.relations, *self.bucket_consumers.relations],
            source=self.source,
            profile_buckets=self._profile_buckets,
            cluster=self.run.cluster,
            own=self._own,
        )
        store_actions.act(server, event)
        if self.logins.changed:
            # The store has to know another login before those whose it is hear of it, which is when the hook ends.
            self._reconcile(event)

    def _own(self) -> Store:
        self._served.require_answer()
        return self._served.near(self.logins.root())


if __name__ == "__main__":
    main(Seaweedfs)
