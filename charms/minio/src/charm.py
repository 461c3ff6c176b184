#!/usr/bin/env python3
"""Operate MinIO, the object store of Kubeflow."""

import functools
from collections.abc import Iterator

import minio_server
import ops
from kubeflow_charms import Charm, Problem, Provides, Requires, main
from kubeflow_charms.certificates import requested
from kubeflow_charms.interfaces import dashboard_links, ingress, object_storage, s3, tls_certificates
from kubeflow_charms.parts import Back, Bucket, FirstUnit, Part, Ports
from kubeflow_charms.parts.answers import answers
from kubeflow_charms.parts.first_unit import holds, name
from kubeflow_charms.relations.secrets import password
from kubeflow_charms.storage.profile_logins import Login
from kubeflow_charms.storage.served_store import ServedStore, certificate_request
from minio_options import KEYS, MinioOptions

LOGIN = "login"
"""The label of the secret that consumers are granted."""


class Minio(Charm[MinioOptions]):
    """MinIO on one unit's storage, its login, and its console."""

    programs = (minio_server.PROGRAM,)
    gateway = Requires("ingress", ingress.INGRESS)
    issuer = Requires("certificates", tls_certificates.TLS_CERTIFICATES)
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
        if self._certificate_request:
            yield self._certificate_request
        served = self._served
        if holds(self.unit):
            yield minio_server.workload(options, login, served.certificate, self._console_url)
            yield Back((*self.consumers.relations, *self.bucket_consumers.relations), served.serves)
        yield self.consumers.send_each(lambda relation: self._tell_consumer(relation, login))
        yield self.bucket_consumers.send_each(lambda relation: self._tell_bucket_consumer(relation, login))
        for consumer in self.bucket_consumers.all():
            if consumer.data.bucket and consumer.data.requested_secrets:
                yield Bucket(served.near(login), consumer.data.bucket, when=served.serves)

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

    def _console(self) -> Iterator[Part]:
        """Yield the console's route and link; a gateway could not speak https to it."""
        routed = self.gateway.relations and not self._secure
        route = ingress.Route(
            service=name(self.app.name), port=self.options.console_port, prefix=minio_server.CONSOLE, rewrite="/"
        )
        link = dashboard_links.Link(
            text="Object store", link=minio_server.CONSOLE, location="external", icon="icons:cloud-queue"
        )
        yield self.gateway.send(route if routed else None)
        yield self.links.send(dashboard_links.Links(dashboard_links=(link,) if routed else ()))

    @property
    def _secure(self) -> bool:
        """Whether MinIO speaks https, or is about to."""
        return bool(self.issuer.relations or self.options.certificate)

    @property
    def _console_url(self) -> str:
        """The URL of the console, whose path it has to know; a gateway that tells no address changes only the host."""
        if not self.gateway.relations or self._secure:
            return ""
        address = next((item.data.url for item in self.gateway.all()), "")
        return f"{address or f'http://{self.host}'}{minio_server.CONSOLE}"

    @functools.cached_property
    def _served(self) -> ServedStore:
        return ServedStore(
            title="minio",
            unit=self.unit,
            model=self.model,
            port=self.options.port,
            certificate=self._certificate_request.certificate()
            if self._certificate_request
            else self.options.certificate,
            secrets=self.secrets,
            answers=lambda: answers(self.unit.get_container(minio_server.PROGRAM.container)),
        )

    @functools.cached_property
    def _certificate_request(self) -> requested.CertificateRequest | None:
        return certificate_request(self.options.certificate, self.issuer, self.secrets)

    def _tell_consumer(self, relation: ops.Relation, login: Login) -> object_storage.ObjectStorage | None:
        """Return what a consumer is told; nothing until it said whether it reads Juju secrets."""
        reader = self.consumers.by(relation)
        return self._served.told_to_reader(reader, relation, LOGIN, login) if reader else None

    def _tell_bucket_consumer(self, relation: ops.Relation, login: Login) -> s3.Connection | None:
        """Return what a consumer of s3 is told; nothing until it asked for a bucket."""
        wish = self.bucket_consumers.by(relation)
        return self._served.told_to_requester(wish, relation, LOGIN, login) if wish else None

    def _show_keys(self, event: ops.ActionEvent) -> None:
        try:
            login = self._login()
        except Problem as problem:
            event.fail(f"not known yet: {problem}")
            return
        shown = {"access-key": login.access_key, "secret-key": login.secret_key, "url": self._served.reached(login).url}
        event.set_results({**shown, **({"console": self._console_url} if self._console_url else {})})


if __name__ == "__main__":
    main(Minio)
