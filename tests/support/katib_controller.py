"""Katib's real controller, with the files and rights that its charm gives it, and a stand-in for the database."""

import contextlib
import json
import os
import pathlib
import shutil
import socketserver
from collections.abc import Iterator

import h2.config
import h2.connection
import h2.events
import httpx2
import pytest
from kubeflow_charms.sandbox.identity import FOLDER

from . import admission, programs
from .answering import answering
from .apiserver import answers, await_answer, free_ports, log_of, program
from .objects import Deployed

CONTAINER, CERTIFICATES = "katib-controller", "/tmp/cert"
IN_ITS_PLACE = f'mkdir -p {CERTIFICATES} && mount --bind "$0" {CERTIFICATES} && exec "$@"'
"""The controller looks for its certificate there, whatever it is told."""


@contextlib.contextmanager
def running(found: Deployed, folder: pathlib.Path, **reported: str) -> Iterator[pathlib.Path]:
    """Run the controller, which answers the application's webhooks as well, and yield its log.

    Skips the test without root, which the folder of its certificates takes.

    Args:
        found: the application.
        folder: for its files.
        **reported: the numbers of every trial, by name.
    """
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root gives a program a folder of its own in place of another")
    executable = programs.find(CONTAINER)
    files = found.application.deployment.files[CONTAINER]
    webhooks, health = free_ports(2)
    told = json.loads(files["/etc/katib/katib-config.yaml"].text)
    # Outside of a pod it would not know in which namespace its lease is.
    here = {"webhookPort": webhooks, "healthzAddr": f"127.0.0.1:{health}", "metricsAddr": "0"}
    told["init"]["controller"] |= {**here, "enableLeaderElection": False}
    (folder / "katib-config.yaml").write_text(json.dumps(told))
    certificates = folder / "certificates"
    certificates.mkdir()
    for name in ("tls.crt", "tls.key"):
        (certificates / name).write_text(files[f"{CERTIFICATES}/{name}"].text)
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(found.application.server.kubeconfig(files[f"{FOLDER}/token"].text)))
    planned = found.state.get_container(CONTAINER).plan.services[CONTAINER].environment
    command = ["unshare", "--mount", "sh", "-c", IN_ITS_PLACE, certificates, executable]
    log, hooks = log_of(command[0], folder), admission.hooks(found)
    with (
        database_manager(reported) as port,
        program(
            [*command, f"--katib-config={folder / 'katib-config.yaml'}"],
            folder,
            {
                **os.environ,
                **planned,
                "KUBECONFIG": str(kubeconfig),
                "KATIB_DB_MANAGER_SERVICE_NAMESPACE": "",
                "KATIB_DB_MANAGER_SERVICE_IP": "127.0.0.1",
                "KATIB_DB_MANAGER_SERVICE_PORT": str(port),
            },
        ) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{health}") as http,
        admission.local(found, hooks[0].service),
        admission.redirected(found, {hook.configuration for hook in hooks}, webhooks),
    ):
        await_answer(process, log, lambda: answers(http, "/readyz"))
        (found.application.deployment.charm_folder / ".looked").write_text("0")
        yield log


@contextlib.contextmanager
def database_manager(reported: dict[str, str]) -> Iterator[int]:
    """Answer, whatever is asked, with the same numbers, by gRPC; yield the port.

    Source of the fields: kubeflow/katib v0.19.0, pkg/apis/manager/v1beta1/api.proto, `GetObservationLogReply`.
    """
    logs = [
        _field(1, b"2026-01-01T00:00:00Z") + _field(2, _field(1, name.encode()) + _field(2, value.encode()))
        for name, value in reported.items()
    ]
    message = _field(1, b"".join(_field(1, log) for log in logs))
    reply = b"\0" + len(message).to_bytes(4, "big") + message

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            connection.initiate_connection()
            self.request.sendall(connection.data_to_send())
            while data := self.request.recv(1 << 16):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.StreamEnded):
                        headers = [(":status", "200"), ("content-type", "application/grpc")]
                        connection.send_headers(event.stream_id, headers)
                        connection.send_data(event.stream_id, reply)
                        connection.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
                self.request.sendall(connection.data_to_send())

    with answering(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as server:
        server.daemon_threads = True
        yield int(server.server_address[1])


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content
