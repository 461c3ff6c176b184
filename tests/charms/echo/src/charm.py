#!/usr/bin/env python3
"""Operate a backend that says what it saw."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import ops
from kubeflow_charms import Charm, Requires, main
from kubeflow_charms.engine.run import Run
from kubeflow_charms.interfaces import ingress, kubernetes_manifest
from kubeflow_charms.parts import File, Part, Ports, Program, TcpCheck, Workload
from kubeflow_charms.relations import placed_objects
from kubeflow_charms.relations.secrets import password


@dataclasses.dataclass(frozen=True)
class TakeLogs:
    """Says, as a Loki does, where this unit takes logs.

    Attributes:
        relations: with those who have logs.
        url: where.
    """

    relations: tuple[ops.Relation, ...]
    url: str

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Write the unit's databags."""
        for relation in self.relations:
            relation.data[run.unit]["endpoint"] = json.dumps({"url": self.url})


class Echo(Charm):
    """The backend and its route."""

    programs = (Program("echo", writable=("/srv/echo",)),)
    gateway = Requires("ingress", ingress.INGRESS)
    pod_defaults = Requires("pod-defaults", kubernetes_manifest.KUBERNETES_MANIFEST)
    user_secrets = Requires("secrets", kubernetes_manifest.KUBERNETES_MANIFEST)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield Ports(8080)
        yield self.gateway.send(ingress.Route(service=self.app.name, port=8080, prefix="/echo", rewrite="/"))
        yield self.pod_defaults.send(placed_objects.plain([self._pod_default]))
        yield self.user_secrets.send_each(self._secret)
        yield TakeLogs(tuple(self.model.relations["logs"]), f"http://{self.host}:8080/loki/api/v1/push")
        yield Workload(
            container="echo",
            command="python3 /srv/echo/server.py",
            files={"/srv/echo/server.py": File(self.run.source("server.py"))},
            checks={"echo": TcpCheck(8080)},
        )

    @property
    def _pod_default(self) -> dict[str, Any]:
        """What tells a user's pod where we are, and the password that it has to know."""
        key = {"secretKeyRef": {"name": self.app.name, "key": "password"}}
        return {
            "apiVersion": "kubeflow.org/v1alpha1",
            "kind": "PodDefault",
            "metadata": {"name": self.app.name},
            "spec": {
                "desc": "Talk to the echo",
                "selector": {"matchLabels": {"echo": "true"}},
                "env": [
                    {"name": "ECHO", "value": f"http://{self.host}:8080/{{{{ NAMESPACE }}}}"},
                    {"name": "ECHO_PASSWORD", "valueFrom": key},
                ],
            },
        }

    def _secret(self, relation: ops.Relation) -> kubernetes_manifest.Manifests:
        content = {"password": self.secrets.ensure("password", lambda: {"value": password()})["value"]}
        item = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": self.app.name}, "stringData": content}
        return placed_objects.in_secret([item], relation, secrets=self.secrets, label="user-objects")


if __name__ == "__main__":
    main(Echo)
