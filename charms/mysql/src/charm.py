#!/usr/bin/env python3
"""Operate MySQL, the database of Kubeflow."""

from collections.abc import Iterator

import mysql_actions
import mysql_server
import ops
from kubeflow_charms import Blocked, Charm, Provides, Requires, Waiting, main
from kubeflow_charms.interfaces import mysql_client, s3
from kubeflow_charms.parts import FirstUnit, NetworkPolicy, Part, Ports, Report
from kubeflow_charms.parts.first_unit import holds, name
from kubeflow_charms.relations.secrets import password
from mysql_accounts import Account, Accounts, account_name
from mysql_backups import Backups, backups
from mysql_options import MysqlOptions


class Mysql(Charm[MysqlOptions]):
    """One server, a user for each related application, and backups."""

    programs = (mysql_server.PROGRAM,)
    clients = Provides("database", mysql_client.MYSQL_CLIENT)
    object_store = Requires("s3-parameters", s3.S3)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        for event in (
            self.on.get_password_action,
            self.on.create_backup_action,
            self.on.backup_action,
            self.on.list_backups_action,
            self.on.restore_action,
        ):
            framework.observe(event, self._act)
        framework.observe(self.on[self.clients.name].relation_broken, self._forget)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        options: MysqlOptions = self.options
        yield Ports(mysql_client.PORT)
        yield NetworkPolicy(internal=(mysql_client.PORT,))
        yield FirstUnit({"mysql": mysql_client.PORT})
        yield self.object_store.send(s3.Request(bucket=options.backup_bucket))
        accounts = self.accounts()
        if holds(self.unit):
            yield mysql_server.workload(options, self.password(mysql_server.ROOT))
            yield accounts
        yield from self._refusals()
        yield self.clients.send_each(lambda relation: self._tell(relation, accounts))

    def accounts(self) -> Accounts:
        """Return the part that gives each application its user."""
        asked = self.clients.all()
        users = ((account_name(item.relation), item.data.database) for item in asked)
        return Accounts(
            accounts=tuple(Account(user, database, self.password(user)) for user, database in users),
            related=frozenset(map(account_name, self.clients.relations)),
        )

    def password(self, user: str) -> str:
        """Return a user's password, which the leader makes.

        Raises:
            Waiting: it has not made it yet.
        """
        return self.secrets.ensure(user, lambda: {"username": user, "password": password()})["password"]

    def backups(self, of: str = "") -> Backups:
        """Return the backups in the related object store, of an application `MODEL/NAME` or of this one.

        Raises:
            Blocked: none is related.
            Waiting: it says nothing yet.
        """
        if not self.object_store.relations:
            raise Blocked(f"needs an object store, run: juju integrate {self.app.name}:s3-parameters seaweedfs:s3")
        store = self.object_store.one(lambda said: said.store(self.secrets.granted))
        bucket = self.options.backup_bucket
        model, _, application = (of or f"{self.model.name}/{self.app.name}").partition("/")
        return backups(store, bucket=bucket, model=model, application=application)

    def _refusals(self) -> Iterator[Part]:
        """Yield a problem for each application that asks for what it does not get."""
        for client in self.clients.all():
            if client.data.extra_user_roles:
                yield Report(
                    Blocked(
                        f"{client.application} asks for the roles {client.data.extra_user_roles}, expected none: "
                        "every user has all rights on its own database and no other"
                    )
                )

    def _tell(self, relation: ops.Relation, accounts: Accounts) -> mysql_client.Database | None:
        """Return what a client is told, once it can log in.

        Raises:
            Waiting: the server does not have its user yet.
        """
        asked = self.clients.by(relation)
        if asked is None:
            return None
        if holds(self.unit) and not accounts.there(self.run):
            raise Waiting("mysql to have its users")
        user = account_name(relation)
        address = f"{name(self.app.name)}.{self.model.name}.svc:{mysql_client.PORT}"
        hidden = bool(asked.requested_secrets)
        return mysql_client.Database(
            endpoints=address,
            read_only_endpoints=address,
            database=asked.database,
            version=mysql_server.VERSION,
            secret_user=self.secrets.share(user, relation) if hidden else "",
            username="" if hidden else user,
            password="" if hidden else self.password(user),
        )

    def _forget(self, event: ops.RelationBrokenEvent) -> None:
        """Let a password go with its relation; the first unit, which need not be the leader, drops the user."""
        self.secrets.remove(account_name(event.relation))

    def _act(self, event: ops.ActionEvent) -> None:
        mysql_actions.act(self, self.run, event)


if __name__ == "__main__":
    main(Mysql)
