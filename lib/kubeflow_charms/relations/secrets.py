"""Secrets that a charm makes for itself: Juju secrets of the application, found by label on every unit."""

import hashlib
import re
import secrets as random
from collections.abc import Callable

import ops

from ..engine.problems import Blocked, Waiting
from .codecs import printable

Content = dict[str, str]
IDENTIFIER = re.compile("(secret:)?(//)?([0-9a-f-]{36}/)?[0-9a-z]{20}")
"""As Juju writes them, with the model's identifier before the secret's own, or without."""

DENIED = "permission denied"
"""What `secret-get` says of a secret of the application that an earlier one of its name has made."""
MOST_LEFT_BEHIND = 20
"""Secrets with one label that are passed over."""


def password(length: int = 30) -> str:
    """Return a fresh password of `length` letters and digits that are hard to confuse."""
    return "".join(random.choice("abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(length))


def plain(text: str) -> str:
    """Return what an operator means by a secret's value or an option that came from a file.

    `juju add-secret NAME key#file=FILE` keeps the end of the last line, which belongs to no password; in PEM it stays.
    """
    return text if "-----BEGIN " in text else text.rstrip("\r\n")


def newest(model: ops.Model, *, id: str | None = None, label: str | None = None) -> ops.Secret:
    """Return a secret with its newest content, which it keeps, by its identifier or label.

    `Model.get_secret` reads the content that the unit had before, and would have to be asked once more.

    Raises:
        ops.SecretNotFoundError: there is none.
        ops.ModelError: Juju refuses it.
    """
    secret = ops.Secret(model._backend, id=id, label=label)  # pyright: ignore[reportPrivateUsage]
    secret.get_content(refresh=True)
    return secret


class Secrets:
    """The application's own Juju secrets.

    Only the leader may make or change them; other units read them by their label. A hook asks Juju for each once: that
    takes a tenth of a second of a busy controller.
    """

    def __init__(self, model: ops.Model, application: ops.Application, leader: bool):
        self._model = model
        self._application = application
        self._leader = leader
        self._known: dict[str, tuple[str, ops.Secret | None, Content | None]] = {}
        self._identifiers: dict[str, str] = {}
        self._granted: dict[str, Content] = {}

    def peek(self, label: str) -> Content | None:
        """Return the newest content of the secret with this label, or None."""
        content = self._look(label)[2]
        return content and dict(content)

    def ensure(
        self, label: str, make: Callable[[], Content], valid: Callable[[Content], bool] | None = None
    ) -> Content:
        """Return the content of the secret `label`; the leader makes it first, or anew when it is no longer valid.

        Args:
            label: the secret's name within the application.
            make: returns a fresh content.
            valid: tells whether a content still serves; by default every content does.

        Raises:
            Waiting: the leader has not made it yet.
        """
        free, secret, content = self._look(label)
        if content is not None and (valid is None or valid(content) or not self._leader):
            return dict(content)
        if not self._leader:
            raise Waiting(f"the leader to make the secret {label}")
        content = make()
        if secret is None:
            secret = self._application.add_secret(content, label=free)
        else:
            secret.set_content(content)
        self._known[label] = free, secret, dict(content)
        return content

    def replace(self, label: str, content: Content) -> None:
        """Give the secret `label`, which is there, another content; units that do not lead leave it to the leader."""
        name, secret, _ = self._look(label)
        if self._leader and secret is not None:
            secret.set_content(content)
            self._known[label] = name, secret, dict(content)

    def remove(self, label: str) -> None:
        """Remove the secret `label` if it is there; units that do not lead leave it to the leader."""
        secret = self._look(label)[1]
        if self._leader and secret is not None:
            secret.remove_all_revisions()
            self._known.pop(label)
            self._identifiers.pop(label, None)

    def derived(self, label: str, source: str, make: Callable[[], str]) -> str:
        """Return a value made from `source` that stays the same until `source` changes: a salted hash, say.

        What is kept of `source` is a digest, inside the secret itself.

        Raises:
            Waiting: the leader has not made it yet.
        """
        digest = hashlib.sha256(source.encode()).hexdigest()
        content = self.ensure(label, lambda: {"value": make(), "source": digest}, lambda had: had["source"] == digest)
        return content["value"]

    def granted(self, identifier: str) -> Content:
        """Return the content of another application's secret, granted to us.

        Raises:
            Waiting: it is not granted yet.
            ValueError: this is no secret's identifier, or its content is no text.
        """
        if not IDENTIFIER.fullmatch(identifier):
            raise ValueError(f"{identifier!r} is no secret's identifier")
        if identifier not in self._granted:
            try:
                self._granted[identifier] = newest(self._model, id=identifier).get_content()
            except (ops.SecretNotFoundError, ops.ModelError) as error:
                raise Waiting("the secret of a related application to be granted") from error
        return {key: plain(text) for key, text in printable(self._granted[identifier]).items()}

    def share(self, label: str, relation: ops.Relation) -> str:
        """Grant the secret `label` to a relation and return its identifier (`secret:...`); for the leader.

        Raises:
            Waiting: there is no such secret yet.
        """
        identifier, secret = self.identifier(label), self._look(label)[1]
        # Juju grants and tells with one transaction, as the hook ends: who was told was granted it.
        if secret and not any(identifier in text for text in relation.data[self._application].values()):
            secret.grant(relation)
        return identifier

    def identifier(self, label: str) -> str:
        """Return the identifier of the secret `label`; for the leader.

        Raises:
            Waiting: there is no such secret yet.
        """
        secret = self._look(label)[1]
        if secret is None:
            raise Waiting(f"the leader to make the secret {label}")
        if label not in self._identifiers:
            self._identifiers[label] = secret.id or secret.get_info().id
        return self._identifiers[label]

    def _look(self, label: str) -> tuple[str, ops.Secret | None, Content | None]:
        """Return the label that a secret has or would have, the secret, and its newest content; None without it.

        Where an application of this name was removed before, Juju 3.6 may still know its secrets: nobody may read them,
        and their labels are taken (`DestroyApplicationOperation.deleteSecrets` in its state/application.go ends at the
        first content that is gone already).
        """
        if label not in self._known:
            self._known[label] = self._search(label)
        return self._known[label]

    def _search(self, label: str) -> tuple[str, ops.Secret | None, Content | None]:
        for taken in (label, *(f"{label}.{number}" for number in range(1, MOST_LEFT_BEHIND))):
            try:
                secret = newest(self._model, label=taken)
                return taken, secret, secret.get_content()
            except ops.SecretNotFoundError:
                return taken, None, None
            except ops.ModelError as error:
                if DENIED not in str(error):
                    raise
        raise Blocked(
            f"Juju still has {MOST_LEFT_BEHIND} secrets {label} of removed applications: deploy under another name"
        )
