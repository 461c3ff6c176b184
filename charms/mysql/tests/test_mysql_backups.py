"""Backups: to the related object store and back."""

import gzip
from typing import Any

import pytest
from ops import testing

DUMP: Any = b"CREATE DATABASE mlpipeline;\n-- Dump completed on 2026-11-22\n"
NAME = "2026-11-22T04:00:00Z"
KEY = f"/mysql-backups/edge/mysql/{NAME}.sql.gz"
LOAD = ("mysql", "--defaults-extra-file=/run/mysql/client.cnf")


def with_store(
    mysql, server, *relations, databases="mlpipeline\nmysql\n", dump: Any = DUMP, code=0, stderr: Any = b"", **said
):
    mysql.stdout = databases
    store = mysql.store(endpoint=server.url, **said)
    state = mysql.settle(store, *relations)
    return mysql.with_execs(state, testing.Exec(("mysqldump",), stdout=dump, stderr=stderr, return_code=code))


def test_the_object_store_is_asked_for_a_bucket(mysql):
    store = mysql.store()
    assert mysql.said(mysql.settle(store), store) == {
        "bucket": "mysql-backups",
        "lib-version": "1.0",
        "requested-secrets": '["access-key", "secret-key"]',
    }


def test_a_backup_is_made(mysql, bucket):
    shown = mysql.act(with_store(mysql, bucket), "backup")
    [(key, packed)] = bucket.objects.items()
    assert key == f"/mysql-backups/edge/mysql/{shown['backup-id']}.sql.gz"
    assert gzip.decompress(packed) == DUMP
    assert int(shown["bytes"]) == len(packed)


def test_the_action_has_the_name_that_canonicals_charms_give_it(mysql, bucket):
    state = with_store(mysql, bucket)
    assert "renamed" not in mysql.act(state, "create-backup")
    assert "create-backup" in mysql.act(state, "backup")["renamed"]


def test_a_backup_has_every_database_but_mysqls_own(mysql, bucket):
    mysql.act(with_store(mysql, bucket, databases="katib\nmlpipeline\nmysql\nsys\n"), "backup")
    [command] = [
        item.command for item in mysql.deployment.context.exec_history["mysql"] if item.command[0] == "mysqldump"
    ]
    assert command[1] == "--defaults-extra-file=/run/mysql/client.cnf"
    assert "--single-transaction" in command
    assert command[command.index("--databases") :] == ["--databases", "katib", "mlpipeline"]


def test_a_bucket_and_a_path_that_the_store_insists_on_are_taken(mysql, bucket):
    bucket.buckets.add("theirs")
    shown = mysql.act(with_store(mysql, bucket, bucket="theirs", path="/below/"), "backup")
    assert list(bucket.objects) == [f"/theirs/below/edge/mysql/{shown['backup-id']}.sql.gz"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"databases": "mysql\nsys\n"}, "there is no database to back up"),
        ({"dump": b"CREATE DATABASE"}, "the dump is not complete"),
        (
            {"code": 2, "stderr": b"mysqldump: Got error: 1045: Access denied\n"},
            "MySQL refuses: mysqldump: Got error: 1045: Access denied",
        ),
    ],
)
def test_a_dump_that_is_none_is_no_backup(mysql, bucket, more, message):
    with pytest.raises(testing.ActionFailed) as failed:
        mysql.act(with_store(mysql, bucket, **more), "backup")
    assert failed.value.message == message
    assert not bucket.objects


def test_a_store_that_refuses_is_named(mysql, bucket):
    state = with_store(mysql, bucket)
    bucket.refuses = 403
    with pytest.raises(testing.ActionFailed, match=f"the object store {bucket.url} refuses"):
        mysql.act(state, "backup")


def test_without_an_object_store_one_is_asked_for(mysql):
    with pytest.raises(testing.ActionFailed, match="run: juju integrate mysql:s3-parameters seaweedfs:s3"):
        mysql.act(mysql.settle(), "backup")


def test_backups_are_listed_oldest_first(mysql, bucket):
    names = [f"2026-11-{day}T04:00:00Z" for day in (21, 22, 23, 24, 25)]
    for name in reversed(names):
        bucket.objects[f"/mysql-backups/edge/mysql/{name}.sql.gz"] = b""
    bucket.objects["/mysql-backups/edge/mysql/something.else"] = b""
    bucket.objects["/mysql-backups/edge/other/2026-11-01T04:00:00Z.sql.gz"] = b""
    shown = mysql.act(with_store(mysql, bucket), "list-backups")
    assert shown["backups"].splitlines() == names


def test_clients_are_locked_out_while_a_backup_is_brought_back(mysql, bucket):
    bucket.objects[KEY] = gzip.compress(DUMP)
    state = with_store(mysql, bucket, databases="7\n")
    before = len(mysql.deployment.context.exec_history["mysql"])
    mysql.act(state, "restore", **{"backup-id": NAME})
    ran = [item.stdin for item in mysql.deployment.context.exec_history["mysql"][before:]]
    lock, kill = ran.index("ALTER USER '7'@'%' ACCOUNT LOCK;\n"), ran.index("KILL 7;\n")
    assert lock < kill < ran.index(DUMP)


def test_a_backup_is_loaded_and_users_are_made_anew(mysql, bucket):
    bucket.objects[KEY] = gzip.compress(DUMP)
    state = with_store(mysql, bucket, databases="")
    before = len(mysql.deployment.context.exec_history["mysql"])
    assert mysql.act(state, "restore", **{"backup-id": NAME}) == {"restored": NAME}
    ran = mysql.deployment.context.exec_history["mysql"][before:]
    assert [item.stdin for item in ran if isinstance(item.stdin, bytes)] == [DUMP]
    assert ran[-2].stdin.startswith("SELECT DISTINCT user")


def test_a_backup_of_an_application_of_another_model_is_brought_back_by_its_name(mysql, bucket):
    bucket.objects[KEY.replace("/edge/", "/kubeflow/")] = gzip.compress(DUMP)
    state = with_store(mysql, bucket, databases="")
    assert mysql.act(state, "list-backups", of="kubeflow/mysql")["backups"] == NAME
    assert mysql.act(state, "restore", **{"backup-id": NAME, "of": "kubeflow/mysql"}) == {"restored": NAME}


def test_whose_backup_it_is_has_to_be_an_application_of_a_model(mysql, bucket):
    with pytest.raises(testing.ActionFailed, match="of: expected MODEL/APPLICATION"):
        mysql.act(with_store(mysql, bucket), "list-backups", of="../other")


@pytest.mark.parametrize(
    ("stored", "name", "message"),
    [
        (None, NAME, f"has no {KEY}"),
        (None, "../other", "'../other' is no backup, expected one that list-backups shows"),
        (gzip.compress(b"CREATE DATABASE", mtime=0), NAME, "the dump is not complete"),
        (gzip.compress(DUMP, mtime=0)[:-9], NAME, "the backup is damaged"),
        (b"nothing packed", NAME, "the backup is damaged"),
    ],
)
def test_what_is_no_backup_is_not_brought_back(mysql, bucket, stored, name, message):
    if stored is not None:
        bucket.objects[KEY] = stored
    state = with_store(mysql, bucket)
    with pytest.raises(testing.ActionFailed, match=message.replace(".", r"\.")):
        mysql.act(state, "restore", **{"backup-id": name})
    assert not any("LOCK" in statement for statement in mysql.statements if "UNLOCK" not in statement)
