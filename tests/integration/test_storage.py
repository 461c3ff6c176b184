"""SeaweedFS, MinIO and a MySQL server keep what they were given, whatever happens to their pods.

The tests are in order, and share one model beside Kubeflow's: each leaves it working, but for the last.
"""

import dataclasses
import json
import pathlib
import typing

import jubilant
import pytest
import yaml
from support import jujus_own
from support.eventually import eventually
from support.kubernetes import kubectl

from tools.bench import hooks
from tools.pack import charm
from tools.pack.repository import Repository

MODEL = "storage-tests"
TIMEOUT = 900
TABLE = "CREATE TABLE things (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(20))"
WORDS = "SELECT word FROM things ORDER BY id"


@dataclasses.dataclass(frozen=True)
class Site:
    """A model with the stores and the database, and a consumer of both."""

    juju: jubilant.Juju

    def settle(self, *applications: str) -> None:
        """Wait until applications are active and idle."""
        self.juju.wait(
            lambda status: (
                jubilant.all_active(status, *applications) and jubilant.all_agents_idle(status, *applications)
            ),
            delay=3,
            successes=2,
        )

    def sql(self, statement: str) -> list[str]:
        """Run SQL with the login that the consumer was told, and return the lines that it selects."""
        return self.juju.run("consumer/0", "sql", {"statement": statement}).results["output"].split("\n")[:-1]

    def send(self, method: str, path: str, body: str = "") -> tuple[str, str]:
        """Send a request to the store with the login that the consumer was told; return its code and answer."""
        results = self.juju.run("consumer/0", "object", {"method": method, "path": path, "body": body}).results
        return results["code"], results.get("answer", "")

    def secret_key(self) -> str:
        """Return MinIO's password, as its operator is told."""
        return self.juju.run("minio/0", "get-keys").results["secret-key"]

    def identities(self) -> dict[str, list[tuple[str, str]]]:
        """Return the logins that SeaweedFS knows, by user."""
        command = ("exec", "-n", MODEL, "seaweedfs-0", "-c", "logins", "--", "cat", "/run/store-logins/identities.json")
        found = json.loads(kubectl(*command))["identities"]
        keys = ("accessKey", "secretKey")
        return {it["name"]: [(login[keys[0]], login[keys[1]]) for login in it["credentials"]] for it in found}


def pack(name: str, folder: str, scratch: pathlib.Path) -> pathlib.Path:
    """Pack a charm of a folder of the repository for the testbed's Python."""
    real = Repository()
    scratch.mkdir()
    for path in (real.library, real.lock, real.licence):
        (scratch / path.name).symlink_to(path)
    (scratch / "charms").symlink_to(real.root / folder)
    return charm.pack(Repository(scratch), name, charm.Target("3.11", charm.host_architecture()), scratch / "dist").path


def images(name: str, folder: str) -> dict[str, str]:
    """Return the images that a charm names."""
    text = (Repository().root / folder / name / "charmcraft.yaml").read_text()
    return {key: fields["upstream-source"] for key, fields in yaml.safe_load(text)["resources"].items()}


@pytest.fixture(scope="module")
def site(inside_testbed: None, tmp_path_factory: pytest.TempPathFactory) -> typing.Iterator[Site]:
    juju = jubilant.Juju(wait_timeout=TIMEOUT)
    scratch = tmp_path_factory.mktemp("packed")
    juju.add_model(MODEL)
    try:
        for name, folder, application in (
            ("minio", "charms", "minio"),
            ("seaweedfs", "charms", "seaweedfs"),
            ("mysql", "charms", "mysql"),
            ("storage-consumer", "tests/charms", "consumer"),
        ):
            packed = pack(name, folder, scratch / name)
            juju.deploy(packed, application, trust=True, resources=images(name, folder))
        juju.integrate("mysql:database", "consumer:relational-db")
        juju.integrate("minio:object-storage", "consumer:object-storage")
        juju.integrate("seaweedfs:s3", "mysql:s3-parameters")
        juju.integrate("minio:object-storage", "seaweedfs:import-from")
        site = Site(juju)
        site.settle("minio", "seaweedfs", "mysql", "consumer")
        log = juju.cli("debug-log", "--replay", "--no-tail")
        assert not hooks.failed(log, jujus_own.broken_off(juju.status().model.version, log))
        yield site
    finally:
        juju.destroy_model(MODEL, destroy_storage=True, force=True, no_wait=True)


def test_objects_are_kept_for_a_consumer(site: Site):
    assert site.send("PUT", "/bucket")[0] == "200"
    assert site.send("PUT", "/bucket/key", "kept") == ("200", "")
    assert site.send("GET", "/bucket/key") == ("200", "kept")


def test_objects_move_from_minio_to_seaweedfs_with_their_consumer(site: Site):
    imported = site.juju.run("seaweedfs/0", "import", wait=300).results
    assert (imported["complete"], imported["objects"]) == ("yes", "1")
    site.juju.remove_relation("minio:object-storage", "consumer:object-storage")
    eventually(lambda: not site.juju.status().apps["consumer"].relations.get("object-storage"), timeout=120)
    site.juju.integrate("seaweedfs:object-storage", "consumer:object-storage")
    site.settle("minio", "seaweedfs", "consumer")
    eventually(lambda: site.send("GET", "/bucket/key") == ("200", "kept"), timeout=120)


def test_a_consumer_reaches_its_own_bucket_alone(site: Site):
    assert site.send("PUT", "/bucket/mine", "mine")[0] == "200"
    for path in ("/mysql-backups", "/kubeflow-readiness", "/kubeflow-readiness/object"):
        assert site.send("GET", path)[0] == "403"
    assert site.send("PUT", "/another")[0] == "403"


def test_a_database_user_may_touch_its_own_database_alone(site: Site):
    assert site.sql(f"{TABLE}; SHOW TABLES") == ["things"]
    for statement in ("CREATE DATABASE another", "SELECT user FROM mysql.user"):
        with pytest.raises(jubilant.TaskError, match="denied"):
            site.sql(statement)


def test_no_password_is_in_a_databag_a_log_or_a_command(site: Site):
    told = site.juju.cli("show-unit", "consumer/0") + site.juju.cli("debug-log", "--replay", "--no-tail")
    pods = kubectl("get", "pods", "-n", MODEL, "-o", "yaml")
    commands = kubectl("exec", "-n", MODEL, "mysql-0", "-c", "mysql", "--", "sh", "-c", "cat /proc/[0-9]*/cmdline")
    words = [
        site.secret_key(),
        *(word for logins in site.identities().values() for _, word in logins),
        site.juju.run("mysql/0", "get-password", {"username": "root"}).results["password"],
    ]
    for word in words:
        assert word not in told + pods + commands


def test_nothing_committed_is_lost_when_the_pods_are_killed(site: Site):
    for word in ("one", "two", "three"):
        site.sql(f"INSERT INTO things (word) VALUES ('{word}')")
    kubectl("delete", "pod", "-n", MODEL, "mysql-0", "minio-0", "seaweedfs-0", "--force", "--grace-period=0")
    eventually(lambda: site.sql(WORDS) == ["one", "two", "three"], timeout=300)
    eventually(lambda: site.send("GET", "/bucket/key") == ("200", "kept"), timeout=300)
    site.settle("minio", "seaweedfs", "mysql")


def test_a_backup_brings_back_what_was_deleted(site: Site):
    made = site.juju.run("mysql/0", "backup").results["backup-id"]
    assert site.juju.run("mysql/0", "list-backups").results["backups"].split() == [made]
    site.sql("DROP TABLE things; CREATE TABLE later (id INT)")
    site.juju.run("mysql/0", "restore", {"backup-id": made})
    assert site.sql(f"{WORDS}; SHOW TABLES") == ["one", "two", "three", "things"]


def test_a_bad_option_is_named_and_stops_nothing(site: Site):
    site.juju.config("minio", {"secret-key": "short"})
    site.juju.config("seaweedfs", {"port": 80})
    site.juju.wait(lambda status: jubilant.all_blocked(status, "minio", "seaweedfs"), delay=3)
    units = {name: site.juju.status().apps[name].units[f"{name}/0"] for name in ("minio", "seaweedfs")}
    assert "option secret-key: too short" in units["minio"].workload_status.message
    assert "option port: 80 is no usable port" in units["seaweedfs"].workload_status.message
    assert site.send("GET", "/bucket/key") == ("200", "kept")


def test_another_key_reaches_those_who_use_it(site: Site):
    site.juju.config("minio", {"secret-key": "another-long-one"})
    site.juju.config("seaweedfs", reset="port")
    site.settle("minio", "seaweedfs")
    assert site.secret_key() == "another-long-one"
    before = site.identities()
    site.juju.run("seaweedfs/0", "rotate-login")
    eventually(lambda: site.identities().keys() == before.keys() and site.identities() != before, timeout=120)
    eventually(lambda: site.send("GET", "/bucket/key") == ("200", "kept"), timeout=120)
    site.juju.run("mysql/0", "backup")


def test_a_user_goes_with_its_relation_and_its_database_stays(site: Site):
    site.juju.remove_relation("mysql:database", "consumer:relational-db")
    listed = ("exec", "-n", MODEL, "mysql-0", "-c", "mysql", "--", "mysql")
    options = ("--defaults-extra-file=/run/mysql/client.cnf", "-N", "-e")
    users = "SELECT user FROM mysql.user WHERE user LIKE 'relation-%'"
    eventually(lambda: kubectl(*listed, *options, users) == "", timeout=120)
    assert kubectl(*listed, *options, "SELECT COUNT(*) FROM consumer.things").strip() == "3"


def test_the_storage_outlives_its_application(site: Site):
    site.juju.remove_application("minio", "seaweedfs", force=True)
    site.juju.wait(lambda status: not {"minio", "seaweedfs"} & status.apps.keys(), delay=3)
    kept = site.juju.cli("storage", "--format", "yaml")
    assert "minio-data/0" in kept
    assert "seaweedfs-data/" in kept
