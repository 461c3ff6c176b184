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


class Secrets:
    """The application's own Juju secrets.

    Only the leader may make or change them; other units read them by their label.
    """

    def __init__(self, model: ops.Model, application: ops.Application, leader: bool):
        self._model = model
        self._application = application
        self._leader = leader

    def find(self, label: str) -> ops.Secret | None:
        """Return the secret with this label, or None."""
        return self._look(label)[1]

    def peek(self, label: str) -> Content | None:
        """Return the newest content of the secret with this label, or None."""
        secret = self.find(label)
        return secret.get_content(refresh=True) if secret else None

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
        free, secret = self._look(label)
        content = secret.get_content(refresh=True) if secret else None
        if content is not None and (valid is None or valid(content) or not self._leader):
            return content
        if not self._leader:
            raise Waiting(f"the leader to make the secret {label}")
        content = make()
        if secret is None:
            self._application.add_secret(content, label=free)
        else:
            secret.set_content(content)
        return content

    def replace(self, label: str, content: Content) -> None:
        """Give the secret `label`, which is there, another content; units that do not lead leave it to the leader."""
        secret = self.find(label)
        if self._leader and secret is not None:
            secret.set_content(content)

    def remove(self, label: str) -> None:
        """Remove the secret `label` if it is there; units that do not lead leave it to the leader."""
        secret = self.find(label)
        if self._leader and secret is not None:
            secret.remove_all_revisions()

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
        try:
            content = self._model.get_secret(id=identifier).get_content(refresh=True)
        except (ops.SecretNotFoundError, ops.ModelError) as error:
            raise Waiting("the secret of a related application to be granted") from error
        return {key: plain(text) for key, text in printable(content).items()}

    def share(self, label: str, relation: ops.Relation) -> str:
        """Grant the secret `label` to a relation and return its identifier (`secret:...`); for the leader.

        Raises:
            Waiting: there is no such secret yet.
        """
        secret = self.find(label)
        if secret is None:
            raise Waiting(f"the leader to make the secret {label}")
        secret.grant(relation)
        return secret.get_info().id

    def _look(self, label: str) -> tuple[str, ops.Secret | None]:
        """Return the secret with this label, or None, and the label that it has or would have.

        Where an application of this name was removed before, Juju 3.6 may still know its secrets: nobody may read them,
        and their labels are taken (`DestroyApplicationOperation.deleteSecrets` in its state/application.go ends at the
        first content that is gone already).
        """
        for taken in (label, *(f"{label}.{number}" for number in range(1, MOST_LEFT_BEHIND))):
            try:
                return taken, self._model.get_secret(label=taken)
            except ops.SecretNotFoundError:
                return taken, None
            except ops.ModelError as error:
                if DENIED not in str(error):
                    raise
        raise Blocked(
            f"Juju still has {MOST_LEFT_BEHIND} secrets {label} of removed applications: deploy under another name"
        )
