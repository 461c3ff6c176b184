"""One user for each related application, with rights on its own database alone."""

import dataclasses
import pathlib
from collections.abc import Iterable, Iterator

import ops
from kubeflow_charms import Waiting
from kubeflow_charms.engine.run import Run, fingerprint
from kubeflow_charms.parts.answers import answers
from mysql_client_program import refused, run_sql

PREFIX = "relation-"
MEMORY = ".accounts"
"""Beside the charm's code: which accounts the server has; gone with the pod, which is when looking again is right."""


@dataclasses.dataclass(frozen=True)
class Account:
    """A related application's user.

    Attributes:
        name: of the user.
        database: the one that it may touch.
        password: letters and digits.
    """

    name: str
    database: str
    password: str = dataclasses.field(repr=False)


def account_name(relation: ops.Relation) -> str:
    """Return the name of a relation's user; relations are numbered in the model, and numbers are not used again."""
    return f"{PREFIX}{relation.id}"


@dataclasses.dataclass(frozen=True)
class Accounts:
    """Part: the server has these accounts, and none of relations that are gone, whose databases stay.

    Attributes:
        accounts: of the applications that say which database they want.
        related: the users' names of all relations, so that one that is silent for a while keeps its user.
    """

    accounts: tuple[Account, ...]
    related: frozenset[str]

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Make, change and drop users; nothing until the server answers, for which the workload waits.

        Raises:
            Waiting: the server does not take them.
        """
        container = run.unit.get_container("mysql")
        if self.there(run) or not container.can_connect() or not answers(container):
            return
        try:
            gone = sorted(set(existing(container)) - self.related)
            run_sql(container, statements(self.accounts, gone))
            _memory(run).write_text(self._digest)
        except (ops.pebble.Error, TimeoutError) as error:
            raise Waiting(f"MySQL to take its users ({refused(error)})") from error

    def there(self, run: Run) -> bool:
        """Tell whether the server has the accounts."""
        memory = _memory(run)
        return memory.exists() and memory.read_text() == self._digest

    @property
    def _digest(self) -> str:
        return fingerprint([dataclasses.astuple(account) for account in self.accounts], sorted(self.related))


def make_anew(run: Run) -> None:
    """Let the accounts be made anew."""
    _memory(run).unlink(missing_ok=True)


def existing(container: ops.Container) -> list[str]:
    """Return the names of the relations' users that the server has."""
    said = run_sql(container, [f"SELECT DISTINCT user FROM mysql.user WHERE user LIKE '{PREFIX}%'"])
    return said.split()


def statements(accounts: Iterable[Account], gone: Iterable[str]) -> Iterator[str]:
    """Yield the statements that make accounts as they should be, and drop the users that are gone."""
    for name in gone:
        yield f"DROP USER IF EXISTS '{name}'@'%'"
    for account in accounts:
        user = f"'{account.name}'@'%'"
        yield f"CREATE DATABASE IF NOT EXISTS `{account.database}` CHARACTER SET utf8mb4"
        yield f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{account.password}'"
        yield f"ALTER USER {user} IDENTIFIED BY '{account.password}' ACCOUNT UNLOCK"
        yield f"GRANT ALL PRIVILEGES ON `{_pattern(account.database)}`.* TO {user}"


def _memory(run: Run) -> pathlib.Path:
    return run.sources.parent / MEMORY


def _pattern(database: str) -> str:
    r"""Return a database's name for GRANT, which takes `_` for any letter unless it is escaped."""
    return database.replace("_", r"\_")
