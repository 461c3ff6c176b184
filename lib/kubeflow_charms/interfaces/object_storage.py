"""`object-storage`: an application tells others where its object store is, and how to log in.

Format: serialized-data-interface v1, as minio publishes it: both keys in plain text. A consumer that reads Juju secrets
says so (see `secret_readers`); then `secret-key` is a secret's identifier, granted to the relation, whose key is
`secret-key`. A consumer needs three lines:

    objects = Requires("object-storage", object_storage.OBJECT_STORAGE)

    yield self.objects.send(object_storage.Reader(secrets=True, buckets=("mlpipeline",)))
    store = self.objects.one(lambda said: said.store(self.secrets.granted))  # an object_store.Store
"""

from collections.abc import Callable

import msgspec

from ..relations.codecs import Versioned
from ..relations.endpoints import Interface
from ..storage.object_store import Store
from .secret_readers import Reader, ReaderCodec
from .wire import Host, Port, field


class ObjectStorage(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """An object store that speaks Amazon's S3.

    Attributes:
        access_key: the login's name.
        secret_key: its password, or a Juju secret's identifier.
        service: the Service's name, or a host name.
        port: where it answers.
        secure: whether it speaks https.
        namespace: of the Service; None if `service` is a host name, or in the consumer's own model.
        profile_logins: identifier of the Juju secret whose key `seed` gives the login of each profile (see
            `profile_logins`), granted to readers that asked for it; None from a store that knows no such logins.
        authority: certificate in PEM that a store with https is to be trusted by, beside the usual ones.
    """

    access_key: str
    secret_key: str
    service: Host
    port: Port
    secure: bool
    namespace: str | None = None
    profile_logins: str | None = None
    authority: str | None = None

    def store(self, read: Callable[[str], dict[str, str]], *, profiles: bool = False) -> Store:
        """Return the store with its password in plain text.

        Args:
            read: returns the content of a Juju secret by its identifier.
            profiles: whether to tell what profiles' logins are derived from; for who asked for it.

        Raises:
            ValueError: the secret lacks the password, or another the seed of profiles' logins.
        """
        secret = self.secret_key
        return Store(
            host=f"{self.service}.{self.namespace}.svc" if self.namespace else self.service,
            port=self.port,
            secure=self.secure,
            access_key=self.access_key,
            secret_key=field(read(secret), "secret-key") if secret.startswith("secret:") else secret,
            authorities=(self.authority,) if self.authority else (),
            profile_seed=field(read(self.profile_logins), "seed") if profiles and self.profile_logins else "",
        )


OBJECT_STORAGE = Interface("object-storage", provider=Versioned(ObjectStorage), requirer=ReaderCodec())

__all__ = ["OBJECT_STORAGE", "ObjectStorage", "Reader"]
