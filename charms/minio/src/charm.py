#!/usr/bin/env python3
"""Operate MinIO, the object store of Kubeflow."""

import dataclasses
from collections.abc import Iterator

import minio_server
import ops
from kubeflow_charms import Charm, Problem, Provides, Requires, Waiting, main
from kubeflow_charms.interfaces import dashboard_links, ingress, object_storage, s3
from kubeflow_charms.object_store import Store
from kubeflow_charms.parts import Bucket, FirstUnit, Part, Ports
from kubeflow_charms.parts.first_unit import holds, name
from kubeflow_charms.parts.workload import answers
from kubeflow_charms.secrets import password
from minio_options import KEYS, Login, MinioOptions

LOGIN = "login"
"""The label of the secret that consumers are granted."""


class Minio(Charm[MinioOptions]):
    """MinIO on one unit's storage, its login, and its console."""

    programs = (minio_server.PROGRAM,)
    gateway = Requires("ingress", ingress.INGRESS)
    links = Requires("dashboard-links", dashboard_links.DASHBOARD_LINKS)
    consumers = Provides("object-storage", object_storage.OBJECT_STORAGE)
    bucket_consumers = Provides("s3", s3.S3)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.get_keys_action, self._show_keys)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options: MinioOptions = self.options
        yield Ports(options.port, options.console_port)
        yield FirstUnit({"http-s3": options.port, "http-console": options.console_port})
        yield from self._console()
        login = self._login()
        if holds(self.unit):
            yield minio_server.workload(options, login, self._console_url)
        yield self.consumers.send_each(lambda relation: self._tell_consumer(relation, login))
        yield self.bucket_consumers.send_each(lambda relation: self._tell_bucket_consumer(relation, login))
        for consumer in self.bucket_consumers.all():
            if consumer.data.bucket and consumer.data.requested_secrets:
                yield Bucket(self._near(self._store(login)), consumer.data.bucket, when=self._serves)

    def _login(self) -> Login:
        """Return the login that was given, or else the generated one, and keep it where consumers read it.

        Raises:
            Waiting: the leader has not made it yet.
        """
        login = self.options.given
        if login is None:
            generated = self.secrets.ensure("generated", lambda: {"secret-key": password()})
            login = Login(self.options.access_key, generated["secret-key"])
        content: dict[str, str] = dict(zip(KEYS, (login.access_key, login.secret_key), strict=True))
        kept = self.secrets.ensure(LOGIN, lambda: content, lambda had: had == content)
        return Login(*(kept[key] for key in KEYS))

    def _serves(self) -> bool:
        """Tell whether MinIO answers, as far as this unit can see."""
        return not holds(self.unit) or answers(self.unit.get_container(minio_server.PROGRAM.container))

    def _require_answer(self) -> None:
        if not self._serves():
            raise Waiting("minio to answer")

    def _console(self) -> Iterator[Part]:
        """Yield the console's route and link; a gateway could not speak https to it."""
        routed = self.gateway.relations and not self.options.secure
        route = ingress.Route(
            service=name(self.app.name), port=self.options.console_port, prefix=minio_server.CONSOLE, rewrite="/"
        )
        link = dashboard_links.Link(
            text="Object store", link=minio_server.CONSOLE, location="external", icon="icons:cloud-queue"
        )
        yield self.gateway.send(route if routed else None)
        yield self.links.send(dashboard_links.Links(dashboard_links=(link,) if routed else ()))

    @property
    def _console_url(self) -> str:
        """The URL of the console, whose path it has to know; a gateway that tells no address changes only the host."""
        if not self.gateway.relations or self.options.secure:
            return ""
        address = next((item.data.url for item in self.gateway.all()), "")
        return f"{address or f'http://{self.host}'}{minio_server.CONSOLE}"

    def _store(self, login: Login) -> Store:
        """Return the store as consumers reach it."""
        options = self.options
        return Store(
            host=f"{name(self.app.name)}.{self.model.name}.svc",
            port=options.port,
            secure=options.secure,
            access_key=login.access_key,
            secret_key=login.secret_key,
            authorities=(options.ssl_ca,) if options.ssl_ca else (),
        )

    def _near(self, store: Store) -> Store:
        """Return the store as this unit reaches it: at once, where the Service takes some seconds to lead to it.

        Its certificate would not be one for this name.
        """
        return dataclasses.replace(store, host="localhost") if holds(self.unit) and not store.secure else store

    def _tell_consumer(self, relation: ops.Relation, login: Login) -> object_storage.ObjectStorage | None:
        """Return what a consumer is told; nothing until it said whether it reads Juju secrets.

        Raises:
            Waiting: MinIO does not answer yet, and nothing would wake a consumer that found that out.
        """
        reader = self.consumers.by(relation)
        if reader is None:
            return None
        self._require_answer()
        return object_storage.ObjectStorage(
            access_key=login.access_key,
            secret_key=self.secrets.share(LOGIN, relation) if reader.secrets else login.secret_key,
            service=name(self.app.name),
            namespace=self.model.name,
            port=self.options.port,
            secure=self.options.secure,
        )

    def _tell_bucket_consumer(self, relation: ops.Relation, login: Login) -> s3.Connection | None:
        """Return what a consumer of s3 is told; nothing until it asked for a bucket.

        Raises:
            Waiting: MinIO does not answer yet.
        """
        asked = self.bucket_consumers.by(relation)
        if asked is None:
            return None
        self._require_answer()
        store, hidden = self._store(login), bool(asked.requested_secrets)
        return s3.Connection(
            lib_version=s3.VERSION,
            secret_extra=self.secrets.share(LOGIN, relation) if hidden else "",
            access_key="" if hidden else login.access_key,
            secret_key="" if hidden else login.secret_key,
            endpoint=store.url,
            bucket=asked.bucket,
            region=s3.DEFAULT_REGION,
            path=asked.path,
            s3_uri_style="path",
            tls_ca_chain=store.authorities,
        )

    def _show_keys(self, event: ops.ActionEvent) -> None:
        try:
            login = self._login()
        except Problem as problem:
            event.fail(f"not known yet: {problem}")
            return
        shown = {"access-key": login.access_key, "secret-key": login.secret_key, "url": self._store(login).url}
        event.set_results({**shown, **({"console": self._console_url} if self._console_url else {})})


if __name__ == "__main__":
    main(Minio)
