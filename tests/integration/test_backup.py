"""A set of a living deployment is taken, rehearsed, and brought back after everything in it was lost.

On demand, as it takes four minutes: `./test --only integration -m rehearsal`. Elsewhere is a MinIO of the node's.
"""

import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest
from kubeflow_charms.storage.s3_requests import send
from support.eventually import eventually
from support.kubeflow import MODEL, Kubeflow
from support.kubernetes import kubectl, look_up
from support.real_minio import minio
from support.workspace import IMAGE, PROFILE, Workspace, make_namespace

from testbed import state
from testbed.paths import Paths

pytestmark = pytest.mark.rehearsal

ADA, OWNER = "backed-up-ada", "backed-up-ada@example.com"
PROFILES = "kubeflow-profiles/leader"
ROWS = "CREATE TABLE backed_up (word VARCHAR(20)); INSERT INTO backed_up VALUES ('kept'), ('too')"
WRITE = "import os; open('/w/notes', 'w').write('kept'); os.chown('/w/notes', 1000, 100); os.chmod('/w/notes', 0o640)"
READ = "import os; it = os.stat('/w/notes'); print(open('/w/notes').read(), it.st_uid, it.st_gid, oct(it.st_mode)[-3:])"


@pytest.fixture(scope="module")
def elsewhere(
    pytestconfig: pytest.Config, kubeflow: Kubeflow, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of a user secret that says where an object store is that is none of the deployment's."""
    if "rehearsal" not in (pytestconfig.getoption("markexpr") or ""):
        pytest.skip("it takes four minutes: ./test --only integration -m rehearsal")
    record, name = state.read(Paths.from_environment()), "elsewhere"
    assert record
    with minio(tmp_path_factory.mktemp("elsewhere"), record.network.node) as store:
        endpoint = f"http://{store.host}:{store.port}"
        login = {"access-key": store.access_key, "secret-key": store.secret_key}
        kubeflow.juju.add_secret(name, {"endpoint": endpoint, **login})
        kubeflow.juju.grant_secret(name, "seaweedfs")
        kubeflow.juju.integrate("mysql:s3-parameters", "seaweedfs:s3")
        yield name
        kubeflow.juju.remove_relation("mysql:s3-parameters", "seaweedfs:s3")
        kubeflow.juju.remove_secret(name)


@pytest.fixture
def ada(elsewhere: str, kubeflow: Kubeflow) -> Iterator[Workspace]:
    """A profile with a volume that has a file, an object and rows of the database."""
    kubeflow.juju.run(PROFILES, "create-profile", {"name": ADA, "owner": OWNER})
    make_namespace(ADA, OWNER, PROFILE)
    found = Workspace(ADA)
    found.await_pipelines()
    make_volume()
    run_with_volume(WRITE)
    sql(ROWS)
    repository = found.repository()
    assert send(found.store(repository), "PUT", path(repository), b"kept")[0] == 200
    yield found
    sql("DROP TABLE IF EXISTS backed_up")
    kubectl("delete", "profile", ADA, "--ignore-not-found", "--wait=false")
    kubectl("delete", "namespace", ADA, "--ignore-not-found")


def make_volume() -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "work"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}},
    }
    kubectl("create", "-n", ADA, "-f", "-", given=json.dumps(claim))


def run_with_volume(code: str) -> str:
    """Run Python code with the volume at /w, as root, and return what it printed."""
    container = {"name": "main", "image": IMAGE, "command": ["python3", "-c", code]}
    container["volumeMounts"] = [{"name": "work", "mountPath": "/w"}]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "with-volume", "labels": {"sidecar.istio.io/inject": "false"}},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}],
            "restartPolicy": "Never",
        },
    }
    kubectl("create", "-n", ADA, "-f", "-", given=json.dumps(pod))
    kubectl("wait", "-n", ADA, "pod/with-volume", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=240s")
    said = kubectl("logs", "-n", ADA, "with-volume")
    kubectl("delete", "pod", "-n", ADA, "with-volume")
    return said.strip()


def sql(statements: str) -> list[str]:
    client = ("mysql", "--defaults-file=/run/mysql/client.cnf", "--skip-column-names", "mlpipeline")
    return kubectl("exec", "-i", "-n", MODEL, "mysql-0", "-c", "mysql", "--", *client, given=statements).split()


def path(repository: dict[str, str]) -> str:
    return f"/{repository['bucket']}/private-artifacts/{ADA}/backed-up"


def tools(*arguments: object) -> str:
    """Run a command of an operator's, as ./up does, and return what it said."""
    command = [sys.executable, "-m", "tools", *map(str, arguments), "--model", MODEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_was_lost_comes_back_from_a_set_that_was_rehearsed(
    kubeflow: Kubeflow, elsewhere: str, ada: Workspace, tmp_path: pathlib.Path
):
    repository, folder = ada.repository(), tmp_path / "set"
    # mysql and seaweedfs hear of each other in their own time.
    eventually(lambda: tools("backup", folder, "--to", elsewhere), timeout=600)
    said = tools("restore", folder, "--rehearse", "--from", elsewhere)
    assert "1 archives are as they were written" in said

    send(ada.store(repository), "DELETE", path(repository))
    sql("DROP TABLE backed_up")
    kubectl("delete", "profile", ADA)
    kubectl("delete", "namespace", ADA)
    make_namespace(ADA, OWNER, PROFILE)

    tools("restore", folder, "--from", elsewhere)
    assert look_up("profile", ADA)["spec"]["owner"]["name"] == OWNER
    assert sql("SELECT word FROM backed_up") == ["kept", "too"]
    assert run_with_volume(READ) == "kept 1000 100 640"
    ada.await_pipelines()
    assert eventually(lambda: send(ada.store(repository), "GET", path(repository))) == (200, b"kept")
    eventually(lambda: kubeflow.juju.status().apps["pipelines"].app_status.current == "active")
