"""An object store that a charm runs on its first unit: how it is reached, certified, and told to consumers."""

import dataclasses
from collections.abc import Callable

import ops

from ..certificates import Certificate, requested
from ..engine.problems import Blocked, Waiting
from ..interfaces import object_storage, s3
from ..networking import network
from ..parts.first_unit import holds, name
from ..relations.endpoints import BoundEndpoint
from ..relations.secrets import Secrets
from .object_store import DEFAULT_REGION, Store
from .profile_logins import Login


def certificate_request(
    given: Certificate | None, issuer: BoundEndpoint, secrets: Secrets
) -> requested.CertificateRequest | None:
    """Return the part that asks for the store's certificate; None where no application issues certificates.

    Args:
        given: what options say.
        issuer: the endpoint `certificates`.
        secrets: of the application.

    Raises:
        Blocked: there are two certificates.
        Waiting: the leader has not made the request yet.
    """
    if not issuer.relations:
        return None
    model = issuer.model
    if given:
        raise Blocked(
            f"two certificates: unset ssl-cert, ssl-key and ssl-ca, or run: juju remove-relation "
            f"{model.app.name}:{issuer.name} {issuer.relations[0].app.name}"
        )
    host = f"{name(model.app.name)}.{model.name}"
    names = (f"{host}.svc", host, f"{host}.svc.{network.cluster_domain()}")
    return requested.ask(issuer, secrets, "store-certificate", names)


@dataclasses.dataclass(frozen=True)
class ServedStore:
    """The store of an application.

    Attributes:
        title: how waiting consumers are told of it.
        unit: this one.
        model: Juju's.
        port: where S3 is spoken.
        certificate: None for plain http.
        secrets: of the application.
        answers: tells whether the program on this unit answers.
    """

    title: str
    unit: ops.Unit
    model: ops.Model
    port: int
    certificate: Certificate | None
    secrets: Secrets
    answers: Callable[[], bool]

    def serves(self) -> bool:
        """Tell whether the store answers, as far as this unit can see."""
        return not holds(self.unit) or self.answers()

    def require_answer(self) -> None:
        """Check that it answers.

        Raises:
            Waiting: it does not.
        """
        if not self.serves():
            raise Waiting(f"{self.title} to answer")

    def reached(self, login: Login) -> Store:
        """Return the store as consumers reach it."""
        authority = self.certificate.authority if self.certificate else ""
        return Store(
            host=f"{name(self.unit.app.name)}.{self.model.name}.svc",
            port=self.port,
            secure=self.certificate is not None,
            access_key=login.access_key,
            secret_key=login.secret_key,
            authorities=(authority,) if authority else (),
        )

    def near(self, login: Login) -> Store:
        """Return the store as this unit reaches it: at once, where the Service takes some seconds to lead to it."""
        store = self.reached(login)
        return dataclasses.replace(store, host="localhost") if holds(self.unit) else store

    def told_to_reader(
        self, reader: object_storage.Reader, relation: ops.Relation, label: str, login: Login, seed: str | None = None
    ) -> object_storage.ObjectStorage:
        """Return what a consumer over object-storage is told.

        Args:
            reader: what it says of itself.
            relation: to it.
            label: of the secret with its login.
            login: its login.
            seed: identifier of the secret that profiles' logins come from.

        Raises:
            Waiting: the store does not answer yet, and nothing would wake a consumer that found that out.
        """
        self.require_answer()
        store = self.reached(login)
        return object_storage.ObjectStorage(
            access_key=login.access_key,
            secret_key=self.secrets.share(label, relation) if reader.secrets else login.secret_key,
            service=name(self.unit.app.name),
            namespace=self.model.name,
            port=self.port,
            secure=store.secure,
            authority=store.authorities[0] if store.authorities else None,
            profile_logins=seed if reader.secrets else None,
        )

    def told_to_requester(
        self, asked: s3.Request, relation: ops.Relation, label: str, login: Login, seed: str = ""
    ) -> s3.Connection:
        """Return what a consumer over s3 is told.

        Args:
            asked: what it asks for.
            relation: to it.
            label: of the secret with its login.
            login: its login.
            seed: identifier of the secret that profiles' logins come from.

        Raises:
            Waiting: the store does not answer yet.
        """
        self.require_answer()
        store, hidden = self.reached(login), bool(asked.requested_secrets)
        return s3.Connection(
            lib_version=s3.VERSION,
            secret_extra=self.secrets.share(label, relation) if hidden else "",
            access_key="" if hidden else login.access_key,
            secret_key="" if hidden else login.secret_key,
            endpoint=store.url,
            bucket=asked.bucket,
            region=DEFAULT_REGION,
            path=asked.path,
            s3_uri_style="path",
            tls_ca_chain=store.authorities,
            profile_logins=seed if hidden else "",
        )
