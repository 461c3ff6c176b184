"""The real MinIO on this machine."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time
from collections.abc import Iterator

from kubeflow_charms.storage.object_store import Store
from kubeflow_charms.storage.s3_requests import send

from .programs import find

PATIENCE = 60


@contextlib.contextmanager
def minio(folder: pathlib.Path, host: str = "127.0.0.1") -> Iterator[Store]:
    """Yield a MinIO at an address of this machine whose data and log are in a folder, with its root's login."""
    program = find("minio")
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    login = {"MINIO_ROOT_USER": "tester", "MINIO_ROOT_PASSWORD": "long enough"}
    command = [program, "server", folder / "data", f"--address={host}:{port}", "--quiet"]
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, **login, "HOME": str(folder), "MINIO_BROWSER": "off"}
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            found = Store(host=host, port=port, secure=False, access_key="tester", secret_key="long enough")
            _await(found, folder / "log")
            yield found
        finally:
            server.kill()
            server.wait()


def _await(store: Store, log: pathlib.Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if send(store, "HEAD", "/nothing")[0] == 404:
                return
        except OSError:
            pass
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
