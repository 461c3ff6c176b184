#!/usr/bin/env python3
"""Operate a backend that says what it saw."""

from collections.abc import Iterator

from kubeflow_charms import Charm, Requires, main
from kubeflow_charms.interfaces import ingress
from kubeflow_charms.parts import File, Part, Ports, Sandbox, TcpCheck, Workload


class Echo(Charm):
    """The backend and its route."""

    gateway = Requires("ingress", ingress.INGRESS)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield Sandbox(container="echo", writable=("/srv/echo",))
        yield Ports(8080)
        yield self.gateway.send(ingress.Route(service=self.app.name, port=8080, prefix="/echo", rewrite="/"))
        yield Workload(
            container="echo",
            command="python3 /srv/echo/server.py",
            files={"/srv/echo/server.py": File(self.run.source("server.py"))},
            checks={"echo": TcpCheck(8080)},
        )


if __name__ == "__main__":
    main(Echo)
