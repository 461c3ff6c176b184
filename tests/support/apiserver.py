"""A real kube-apiserver on etcd, without nodes or controllers, for as long as a test wants it."""

import contextlib
import dataclasses
import json
import os
import pathlib
import random
import secrets
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .programs import link

Object = dict[str, Any]

START = 60
"""Seconds that a program gets to answer on a busy machine."""

EPHEMERAL = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
FIRST_PORT = 10000

RARELY = {"GOGC": "400"}
"""Go collects garbage a quarter as often: a fifth less of the processor's time, for twice the memory."""


@dataclasses.dataclass(frozen=True)
class ApiServer:
    """A Kubernetes API, and its administrator's token.

    Attributes:
        url: where it is.
        certificate: PEM file to check it with.
        token: of a member of system:masters.
    """

    url: str
    certificate: pathlib.Path
    token: str

    @property
    def accounts_key(self) -> pathlib.Path:
        """The key that signs the tokens of ServiceAccounts."""
        return self.certificate.parents[1] / "accounts.pem"

    def context(self) -> ssl.SSLContext:
        """Return what a client checks the server with."""
        return ssl.create_default_context(cafile=self.certificate)

    def client(self) -> httpx2.Client:
        """Return an HTTP client for the administrator."""
        return httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token}"},
            verify=self.context(),
            timeout=30,
        )

    def kubeconfig(self, token: str) -> Object:
        """Return a kubeconfig for whoever has the token."""
        cluster = {"server": self.url, "certificate-authority": str(self.certificate)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tests", "cluster": cluster}],
            "users": [{"name": "tests", "user": {"token": token}}],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
            "current-context": "tests",
        }


@contextlib.contextmanager
def running(folder: pathlib.Path, *flags: str) -> Iterator[ApiServer]:
    """Run an API server with its data in a folder; skip the test if the programs are not there.

    Args:
        folder: for data and logs.
        flags: further flags of the API server.
    """
    etcd, apiserver = link("etcd", folder), link("kube-apiserver", folder)
    client, peer, secure = (f"https://127.0.0.1:{port}" for port in free_ports(3))
    client, peer = client.replace("https", "http"), peer.replace("https", "http")
    token, key = secrets.token_hex(16), folder / "accounts.pem"
    tokens = folder / "tokens.csv"
    tokens.write_text(f'{token},admin,admin,"system:masters"\n')
    key.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
    )
    etcd_command = [
        etcd,
        f"--data-dir={folder / 'etcd-data'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
    ]
    apiserver_command = [
        apiserver,
        f"--etcd-servers={client}",
        "--bind-address=127.0.0.1",
        # Nobody asks for it, and without one a machine that has no way out could not run this.
        "--advertise-address=192.0.2.1",
        f"--secure-port={secure.rpartition(':')[2]}",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={tokens}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.111.0.0/20",
        "--authorization-mode=RBAC",
        # As distributions have it; else no test could tell what a policy refuses.
        "--allow-privileged=true",
        # Nothing here makes namespaces' default accounts.
        "--disable-admission-plugins=ServiceAccount",
        *flags,
    ]
    certificate = folder / "certificates" / "apiserver.crt"
    environment = {**os.environ, **RARELY}
    with (
        program(etcd_command, folder, environment),
        program(apiserver_command, folder, environment) as process,
    ):
        server = ApiServer(secure, certificate, token)
        log = log_of(apiserver, folder)
        await_answer(process, log, certificate.exists)
        with server.client() as http:
            await_answer(process, log, lambda: answers(http, "/readyz"))
        yield server


@contextlib.contextmanager
def program(
    command: Sequence[str | pathlib.Path], folder: pathlib.Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a folder, its output in `<name>.log` there, and end it."""
    with log_of(command[0], folder).open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def log_of(name: str | pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Return where `program` keeps what a program of this name or path says."""
    return folder / f"{pathlib.Path(name).name}.log"


def await_answer(process: subprocess.Popen[bytes], log: pathlib.Path, ready: Callable[[], bool]) -> None:
    """Wait until `ready` returns true.

    Args:
        process: of a program.
        log: its log, whose end is told if it ends.
        ready: tells whether it answers.

    Raises:
        AssertionError: the program ended, or is not ready in a minute.
    """
    deadline = time.monotonic() + START
    while not ready():
        assert process.poll() is None, f"{process.args!r} ended: {log.read_text(errors='replace')[-2000:]}"
        assert time.monotonic() < deadline, f"{process.args!r} is not ready after {START} s"
        time.sleep(0.1)


def answers(client: httpx2.Client, path: str) -> bool:
    """Tell whether a path is answered with success."""
    try:
        return client.get(path).is_success
    except httpx2.HTTPError:
        return False


def free_ports(count: int) -> list[int]:
    """Return TCP ports of this machine that nothing listens on now.

    They are below those that the kernel gives to connections, one of which might otherwise have the port before the
    program that it is meant for; and they are drawn, because other tests look for theirs at the same moment.
    """
    ports = range(FIRST_PORT, int(EPHEMERAL.read_text().split()[0])) or range(FIRST_PORT, 1 << 16)
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        for port in random.sample(ports, len(ports)):
            if len(found) == count:
                break
            with contextlib.suppress(OSError):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
        assert len(found) == count, f"no {count} of the ports {ports} are free"
        return found


def apply(client: httpx2.Client, path: str, item: Object) -> Object:
    """Apply an object as strictly as kubectl does, and return it as it is then; owners are left out.

    Raises:
        AssertionError: it is refused.
    """
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {key: value for key, value in item["metadata"].items() if key in kept}
    answer = client.patch(
        path,
        params={"fieldManager": "tests", "fieldValidation": "Strict", "force": "true"},
        headers={"Content-Type": "application/apply-patch+yaml"},
        content=json.dumps({**item, "metadata": metadata}),
    )
    assert answer.is_success, f"{path}: {answer.text}"
    return answer.json()


def establish(client: httpx2.Client, definitions: Iterable[Object]) -> list[Object]:
    """Apply CRDs, wait until they are established or twenty seconds are over, and return them as they are then."""
    found: list[Object] = []
    for definition in definitions:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
        current = apply(client, path, definition)
        deadline = time.monotonic() + 20
        while conditions(current).get("Established") != "True" and time.monotonic() < deadline:
            current = client.get(path).json()
        found.append(current)
    return found


def conditions(item: Object) -> dict[str, str]:
    """Return an object's conditions, by type."""
    return {entry["type"]: entry["status"] for entry in item.get("status", {}).get("conditions") or []}
