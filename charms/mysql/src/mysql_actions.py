"""The charm's actions: passwords, backups, and bringing them back."""

import re
from typing import Any, Protocol

import ops
from kubeflow_charms import Blocked, Problem, Waiting
from kubeflow_charms.engine.run import Run
from kubeflow_charms.parts.answers import answers
from kubeflow_charms.parts.first_unit import holds
from mysql_accounts import PREFIX, Accounts
from mysql_backups import BackupError, Backups
from mysql_client_program import refused
from mysql_server import ROOT

Results = dict[str, Any]


class Server(Protocol):
    """What actions need of the charm."""

    @property
    def unit(self) -> ops.Unit:
        """The unit that the action runs on."""
        ...

    def accounts(self) -> Accounts:
        """Return the part that gives each application its user."""
        ...

    def password(self, user: str) -> str:
        """Return a user's password."""
        ...

    def backups(self, of: str = "") -> Backups:
        """Return the backups in the related object store, of an application `MODEL/NAME` or of this one."""
        ...


def act(server: Server, run: Run, event: ops.ActionEvent) -> None:
    """Run one action, and say what came of it."""
    do = {
        "get_password_action": show_password,
        "create_backup_action": back_up,
        "backup_action": back_up_by_its_old_name,
        "list_backups_action": show_backups,
        "restore_action": restore,
    }[event.handle.kind]
    try:
        event.set_results(do(server, run, event.params))
    except Waiting as problem:
        event.fail(f"waiting for {problem}; run it again then")
    except (Problem, BackupError) as problem:
        event.fail(str(problem))
    except (ops.pebble.Error, TimeoutError) as error:
        event.fail(f"MySQL refuses: {refused(error)}")


def show_password(server: Server, run: Run, params: dict[str, Any]) -> Results:
    """Return a user and its password."""
    user = str(params["username"])
    if user != ROOT and user not in server.accounts().related:
        raise Blocked(f"there is no user {user}, expected {ROOT}, or {PREFIX}NUMBER of a related application")
    return {"username": user, "password": server.password(user)}


def back_up(server: Server, run: Run, params: dict[str, Any]) -> Results:
    """Make a backup and return its identifier and size."""
    identifier, size = server.backups().make(run, _container(server))
    return {"backup-id": identifier, "bytes": size}


def back_up_by_its_old_name(server: Server, run: Run, params: dict[str, Any]) -> Results:
    """Do the same, and say how it is called now."""
    return {**back_up(server, run, params), "renamed": "this action is called create-backup now"}


def show_backups(server: Server, run: Run, params: dict[str, Any]) -> Results:
    """Return the identifiers of all backups, a line each."""
    return {"backups": "\n".join(server.backups(_whose(params)).identifiers())}


def restore(server: Server, run: Run, params: dict[str, Any]) -> Results:
    """Bring a backup back, and let clients in again, also when it failed."""
    identifier = str(params["backup-id"])
    try:
        server.backups(_whose(params)).bring_back(run, identifier, _container(server))
    finally:
        server.accounts().apply(run)
    return {"restored": identifier}


def _whose(params: dict[str, Any]) -> str:
    """Return whose backups are meant; empty for one's own.

    Raises:
        Blocked: it names no application of a model.
    """
    whose = str(params.get("of", ""))
    if whose and not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", whose):
        raise Blocked("of: expected MODEL/APPLICATION, such as kubeflow/mysql")
    return whose


def _container(server: Server) -> ops.Container:
    container = server.unit.get_container("mysql")
    if not holds(server.unit):
        raise Blocked(f"the data is on another unit, run it on {server.unit.app.name}/0")
    if not container.can_connect() or not answers(container):
        raise Waiting("mysql to answer")
    return container
