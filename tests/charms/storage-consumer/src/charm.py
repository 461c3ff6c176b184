#!/usr/bin/env python3
"""Operate a client of databases and object stores."""

from collections.abc import Iterator

import ops
from kubeflow_charms import Charm, Problem, Requires, main
from kubeflow_charms.interfaces import mysql_client, object_storage, s3
from kubeflow_charms.parts import File, Part, Program, Workload
from kubeflow_charms.storage.related_store import related
from kubeflow_charms.storage.s3_requests import send

FOLDER = "/run/client"
OPTIONS = f"{FOLDER}/client.cnf"


class StorageConsumer(Charm):
    """A client that does what its actions say."""

    programs = (Program("client", writable=(FOLDER,)),)
    database = Requires("relational-db", mysql_client.MYSQL_CLIENT)
    objects = Requires("object-storage", object_storage.OBJECT_STORAGE)
    bucket = Requires("s3", s3.S3)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.sql_action, self._run_sql)
        framework.observe(self.on.object_action, self._send)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield self.database.send(mysql_client.Request(database=str(self.config["database"])))
        yield self.objects.send(object_storage.Reader(secrets=True, buckets=("bucket",)))
        yield self.bucket.send(s3.Request(bucket="consumer"))
        if self.objects.relations or self.bucket.relations:
            related(self.objects, self.bucket, self.secrets)
        found = self.database.maybe()
        files: dict[str, File] = {}
        if found:
            login = found.login(self.secrets.granted)
            files[OPTIONS] = File(
                f"[client]\nhost={login.host}\nport={login.port}\nuser={login.username}\npassword={login.password}\n"
                f"[mysql]\ndatabase={login.database}\n"
            )
        yield Workload(container="client", command="sleep infinity", files=files)

    def _run_sql(self, event: ops.ActionEvent) -> None:
        command = ["mysql", f"--defaults-extra-file={OPTIONS}", "--batch", "--skip-column-names"]
        client = self.unit.get_container("client").exec(command, stdin=str(event.params["statement"]), timeout=60)
        try:
            event.set_results({"output": client.wait_output()[0]})
        except ops.pebble.ExecError as error:
            event.fail(str(error.stderr))  # pyright: ignore[reportUnknownMemberType]

    def _send(self, event: ops.ActionEvent) -> None:
        try:
            store = related(self.objects, self.bucket, self.secrets)
        except Problem as problem:
            event.fail(str(problem))
            return
        body = str(event.params["body"]).encode()
        code, answer = send(store, str(event.params["method"]), str(event.params["path"]), body)
        event.set_results({"code": code, "answer": answer.decode(), "bucket": store.bucket, "url": store.url})


if __name__ == "__main__":
    main(StorageConsumer)
