"""The real SeaweedFS as the charm starts it, with the charm's own program beside it, and namespaces to play with."""

import dataclasses
import http.server
import importlib
import json
import os
import pathlib
import shlex
import signal
import subprocess
import threading
import time
from typing import Any

from kubeflow_charms.certificates import Certificate
from kubeflow_charms.small_programs.kubernetes_api import Kubernetes
from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.profile_logins import Login, login
from kubeflow_charms.storage.s3_requests import Answer, exchange

from .apiserver import free_ports
from .charms import load_charm
from .programs import find

ROOT_FOLDER = pathlib.Path(__file__).parents[2] / "charms" / "seaweedfs"
load_charm(ROOT_FOLDER)
keeper_kubernetes: Any = importlib.import_module("keeper_kubernetes")
keeper_space: Any = importlib.import_module("keeper_space")
keeper_store: Any = importlib.import_module("keeper_store")
login_keeper: Any = importlib.import_module("login_keeper")
seaweedfs_server: Any = importlib.import_module("seaweedfs_server")
seaweedfs_options: Any = importlib.import_module("seaweedfs_options")
store_keeper: Any = importlib.import_module("store_keeper")
User: Any = importlib.import_module("store_consumers").User

SOURCES = ROOT_FOLDER / "src"
PATIENCE = 90
PORTS = (
    *("master.port", "volume.port", "filer.port"),
    *("master.port.grpc", "volume.port.grpc", "filer.port.grpc", "s3.port.grpc"),
)
"""What the store listens on beside the port of its clients; those of gRPC are 10,000 above the others unless told."""
ROOT = Login("ROOTAAAAAAAAAAAAAAAA", "a-long-word-of-the-root")
PIPELINES = Login("RELAAAAAAAAAAAAAAAAA", "a-long-word-of-the-relation")
BACKUPS = Login("RELBBBBBBBBBBBBBBBBB", "a-long-word-of-the-database")
SEED = "a-seed-that-nobody-knows"
USERS = (
    User("relation.1", (PIPELINES,), ("mlpipeline",), profiles=True),
    User("relation.2", (BACKUPS,), ("backups", "made-later")),
)


class Cluster:
    """What the program asks of Kubernetes: the namespaces of profiles, as a list and as changes."""

    def __init__(self) -> None:
        self.namespaces: dict[str, str] = {}
        self._version = 1
        self._changed = threading.Condition()
        cluster = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                cluster.answer(self)

            def log_message(self, format: str, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def become(self, namespaces: dict[str, str]) -> None:
        """Let these be the namespaces of profiles, with their uids."""
        with self._changed:
            self.namespaces, self._version = dict(namespaces), self._version + 1
            self._changed.notify_all()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Answer with the list, or with one change when there is one."""
        with self._changed:
            if "watch=1" not in request.path:
                items = [{"metadata": {"name": name, "uid": uid}} for name, uid in self.namespaces.items()]
                found = {"metadata": {"resourceVersion": str(self._version)}, "items": items}
                request.wfile.write(json.dumps(found).encode())
                return
            since = f"resourceVersion={self._version}"
            if since in request.path:
                self._changed.wait(10)
            event = {"type": "MODIFIED", "object": {"metadata": {"name": "something", "uid": str(self._version)}}}
            request.wfile.write(json.dumps(event).encode() + b"\n")


@dataclasses.dataclass
class RealStore:
    """The store, its keeper, and the cluster that the keeper looks at."""

    folder: pathlib.Path
    port: int
    metrics: int
    cluster: Cluster
    keeper: Any
    local: Any
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    root: Login = ROOT
    secure: bool = False

    def start(self) -> None:
        """Start the server, and wait until it is ready in the charm's sense."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_until(self.keeper.ready)

    def certify(self, certificate: Certificate) -> None:
        """Have this certificate served from the next start on."""
        (self.folder / "tls.crt").write_text(certificate.certificate)
        (self.folder / "tls.key").write_text(certificate.key)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server and all that it started."""
        if self.process is not None:
            os.killpg(self.process.pid, how)
            self.process.wait(60)
            self.process = None

    def wait_until(self, holds: Any) -> float:
        """Return the seconds until something holds."""
        start = time.monotonic()
        while not holds():
            assert time.monotonic() - start < PATIENCE, (self.folder / "log").read_text()[-4000:]
            time.sleep(0.02)
        return time.monotonic() - start

    def become(self, **namespaces: str) -> float:
        """Let these be the profiles, and return the seconds until the store knows."""
        before = self.keeper.seal
        self.cluster.become(namespaces)
        return self.wait_until(lambda: self.keeper.seal != before and self.keeper.heard == self.keeper.seal)

    def of(self, who: Login) -> Store:
        """Return the store with a login."""
        return Store(
            host="127.0.0.1",
            port=self.port,
            secure=self.secure,
            access_key=who.access_key,
            secret_key=who.secret_key,
        )

    def profile(self, name: str) -> Login:
        """Return the login of a profile that there is."""
        return login(SEED, name, self.cluster.namespaces[name])

    def application(self, number: int) -> Login:
        """Return the login of a related application: 1 has the bucket with profiles' folders, 2 the backups."""
        return USERS[number - 1].logins[0]

    def ask(self, who: Login, method: str, path: str, body: bytes = b"", **more: Any) -> Answer:
        """Send a request with a login."""
        return exchange(self.of(who), method, path, body, timeout=30, **more)


def real_store(folder: pathlib.Path, *, volume_size: int = 0, certificate: Certificate | None = None) -> RealStore:
    """Return the store, whose keeper runs already.

    Args:
        folder: for its data and log.
        volume_size: of its volumes, in MiB; 0 for the charm's.
        certificate: None for plain http.
    """
    port, metrics, *more = free_ports(2 + len(PORTS))
    ports = dict(zip(PORTS, more, strict=True))
    options = seaweedfs_options.SeaweedfsOptions(
        port=port,
        memory=seaweedfs_options.amounts.Memory(),
        common_buckets=(),
        disk_warning=5,
        quotas={},
        retention=(),
        ssl_cert="",
        ssl_key="",
        ssl_ca="",
    )

    def read(name: str) -> str:
        return (SOURCES / name).read_text()

    buckets = [bucket for user in USERS if user.profiles for bucket in user.buckets]
    written = store_keeper.workload(
        options, ROOT, USERS, secure=certificate is not None, seeds=[SEED], profile_buckets=buckets, read=read
    )
    settings = login_keeper.Settings.read(written.files[f"{store_keeper.FOLDER}/settings.json"].text)
    shared, data = folder / "shared", folder / "data"
    for made in (shared, data):
        made.mkdir()
    cluster = Cluster()
    local = keeper_store.LocalStore(
        settings.store, master=ports["master.port"], volume_server=ports["volume.port"], filer=ports["filer.port"]
    )
    keeper = login_keeper.Keeper(
        dataclasses.replace(settings, folder=str(shared)),
        keeper_kubernetes.Namespaces(Kubernetes(cluster.url, folder), settings.profiles),
        local,
        say=lambda text: None,
    )
    for name in ("token", "ca.crt"):
        (folder / name).write_text("")
    program = seaweedfs_server.workload(options, certificate, 50, read)
    (folder / "serve.sh").write_text(program.files[f"{seaweedfs_server.FOLDER}/{seaweedfs_server.SCRIPT}"].text)
    given = {
        f"{seaweedfs_server.FOLDER}/{seaweedfs_server.SCRIPT}": str(folder / "serve.sh"),
        seaweedfs_server.SHARED.path: str(shared),
        "-dir=/data": f"-dir={data}",
        "/usr/bin/weed": str(find("weed")),
        f"-metricsPort={seaweedfs_server.store_metrics.PORT}": f"-metricsPort={metrics}",
    }
    if certificate:
        given |= {
            path: str(folder / pathlib.Path(path).name) for path in (seaweedfs_server.CERTIFICATE, seaweedfs_server.KEY)
        }
    command = program.command
    for name, value in given.items():
        assert name in command, name
        command = command.replace(name, value)
    if volume_size:
        command += f" -master.volumeSizeLimitMB={volume_size}"
    # The other ports of the pod are whoever's they are on this machine.
    others = ports | {"filer.localSocket": folder / "filer.sock", "s3.localSocket": folder / "s3.sock"}
    command += "".join(f" -{name}={value}" for name, value in others.items())
    environment = {**os.environ, **program.environment, "HOME": str(folder)}
    environment["WEED_LEVELDB2_DIR"] = str(data / "filerldb2")
    found = RealStore(folder, port, metrics, cluster, keeper, local, shlex.split(command), environment)
    found.secure = certificate is not None
    if certificate:
        found.certify(certificate)
    threading.Thread(target=keeper.run, daemon=True).start()
    return found
