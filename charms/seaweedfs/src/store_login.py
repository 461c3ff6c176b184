"""The logins that the charm makes: the root's, and one for each relation, each with the one before it for a while."""

import dataclasses
import secrets as random
import string
import time

import ops
from kubeflow_charms.relations.secrets import Content, Secrets
from kubeflow_charms.storage.profile_logins import ACCESS_KEY_LENGTH, SECRET_KEY_LENGTH, Login

KEYS = ("access-key", "secret-key")
ROOT = "root"
SEED = "profile-seed"
"""The label of the secret from which profiles' logins are derived; its key is `seed`."""

OVERLAP = 1800
"""Seconds that a login stays good after the one that follows it was made."""


def fresh(prefix: str) -> Content:
    """Return a login that nobody has."""
    name = "".join(random.choice(string.ascii_uppercase + "234567") for _ in range(ACCESS_KEY_LENGTH - len(prefix)))
    word = "".join(random.choice(string.ascii_letters + string.digits) for _ in range(SECRET_KEY_LENGTH))
    return dict(zip(KEYS, (prefix + name, word), strict=True))


def fresh_seed() -> Content:
    """Return a seed that nobody has."""
    return {"seed": random.token_hex(32)}


def of_relation(relation: ops.Relation) -> str:
    """Return the label of the secret with a relation's login, and the name of the user in the store.

    No namespace's name has a dot, so that no profile is called like it.
    """
    return f"relation.{relation.id}"


@dataclasses.dataclass(frozen=True)
class Logins:
    """The application's logins, which the leader makes, and every unit reads.

    Attributes:
        secrets: where they are kept.
        changed: what this hook has put there, which Juju need not tell before the hook ends.
    """

    secrets: Secrets
    changed: dict[str, Content] = dataclasses.field(default_factory=dict[str, Content])

    def root(self) -> Login:
        """Return the login that may do everything, and never leaves the charm.

        Raises:
            Waiting: the leader has not made it yet.
        """
        return _login(self.secrets.ensure(ROOT, lambda: fresh("ROOT")))

    def of(self, relation: ops.Relation) -> Login:
        """Return a relation's login.

        Raises:
            Waiting: the leader has not made it yet.
        """
        label = of_relation(relation)
        return _login(self.changed.get(label) or self.secrets.ensure(label, lambda: fresh("REL")))

    def seed(self) -> str:
        """Return what profiles' logins are derived from.

        Raises:
            Waiting: the leader has not made it yet.
        """
        return (self.changed.get(SEED) or self.secrets.ensure(SEED, fresh_seed))["seed"]

    def before(self, label: str) -> Content | None:
        """Return the content that a secret had before it was rotated, as long as that stays good."""
        kept = self.changed.get(_before(label)) or self.secrets.peek(_before(label))
        if kept is None or time.time() > float(kept["until"]):
            return None
        return kept

    def rotate(self, label: str, content: Content) -> None:
        """Let a content take the place of another, which stays good for a while; for the leader."""
        had = self.secrets.peek(label)
        if had is None:
            return
        kept = {**had, "until": str(int(time.time()) + OVERLAP)}
        self.secrets.ensure(_before(label), lambda: kept)
        self.secrets.replace(_before(label), kept)
        self.secrets.replace(label, content)
        self.changed.update({label: content, _before(label): kept})

    def forget(self, relation: ops.Relation) -> None:
        """Let a login go with its relation; units that do not lead leave it to the leader."""
        for label in (of_relation(relation), _before(of_relation(relation))):
            self.secrets.remove(label)


def _before(label: str) -> str:
    return f"{label}.before"


def _login(content: Content) -> Login:
    return Login(*(content[key] for key in KEYS))
