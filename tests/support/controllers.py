"""Kubernetes' own controllers beside the API server: they collect garbage and make tokens and default accounts."""

import contextlib
import json
import pathlib
from collections.abc import Iterator

from .apiserver import ApiServer, free_ports, program
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
