"""Kubernetes' own controllers beside the API server: they collect garbage and make tokens and default accounts."""

import contextlib
import json
import pathlib
import time
from collections.abc import Callable, Iterator

from .apiserver import START, ApiServer, free_ports, program
from .programs import link

CONTROLLERS = ("garbage-collector-controller", "namespace-controller", "serviceaccount-token-controller")


@contextlib.contextmanager
def running(server: ApiServer, folder: pathlib.Path) -> Iterator[None]:
    """Run the controllers with their files in a folder; skip the test if the program is not there."""
    kubeconfig = folder / "controllers.kubeconfig"
    kubeconfig.write_text(json.dumps(server.kubeconfig(server.token)))
    command = [
        link("kube-controller-manager", folder),
        f"--kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={server.accounts_key}",
        f"--root-ca-file={server.certificate}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--leader-elect=false",
        "--use-service-account-credentials=false",
        f"--secure-port={free_ports(1)[0]}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={folder / 'controller-certificates'}",
    ]
    with program(command, folder):
        yield


def eventually(done: Callable[[], bool]) -> None:
    """Wait until `done` returns true.

    Raises:
        AssertionError: it does not in a minute.
    """
    deadline = time.monotonic() + START
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)
