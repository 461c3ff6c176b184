#!/usr/bin/env python3
"""Operate Dex, the OpenID Connect issuer that Kubeflow's users log in through."""

import uuid
from collections.abc import Iterator

import ops
from configuration import TELEMETRY_PORT, StaticUser, configuration, hash_password, with_secrets
from dex_options import DexOptions
from kubeflow_charms import Blocked, Charm, Problem, Provides, Requires
from kubeflow_charms.interfaces import dex_oidc_config, ingress, oidc_client
from kubeflow_charms.parts import Crds, File, HttpCheck, Part, Ports, Sandbox, Workload
from kubeflow_charms.secrets import password

CONFIGURATION = "/etc/dex/configuration.yaml"


class DexAuth(Charm):
    """Dex, its users and its clients."""

    options_type = DexOptions
    clients = Requires("oidc-client", oidc_client.OIDC_CLIENT)
    gateway = Requires("ingress", ingress.INGRESS)
    issuer = Provides("dex-oidc-config", dex_oidc_config.DEX_OIDC_CONFIG)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.get_admin_password_action, self._show_password)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield Sandbox(container="dex", role="dex-role.yaml.j2", writable=("/etc/dex",), memory=self.options.memory)
        yield Crds("crds.yaml", version="2.44")
        yield Ports(self.options.port, TELEMETRY_PORT)
        yield self.clients.send(oidc_client.Issuer(secrets=True))
        yield self.gateway.send(
            ingress.Route(service=self.app.name, port=self.options.port, prefix="/dex", rewrite="/dex")
        )
        issuer_url = self._issuer_url()
        yield self.issuer.send(
            dex_oidc_config.IssuerConfiguration(issuer_url=issuer_url, internal_url=self._internal_url())
        )
        yield Workload(
            container="dex",
            command=f"/usr/local/bin/dex serve {CONFIGURATION}",
            environment={"KUBERNETES_POD_NAMESPACE": self.model.name},
            files={CONFIGURATION: File(self._configuration(issuer_url))},
            checks={"dex": HttpCheck(self.options.port, "/dex/healthz")},
        )

    def _configuration(self, issuer_url: str) -> str:
        options = self.options
        try:
            connectors = with_secrets(options.connectors, options.connectors_secret or {})
        except ValueError as error:
            raise Blocked(f"option {error}") from error
        return configuration(
            issuer=issuer_url,
            port=options.port,
            user=self._user() if options.enable_password_db else None,
            connectors=connectors,
            clients=[oidc_client.resolve(item.data, self.secrets.granted) for item in self.clients.all()],
        )

    def _user(self) -> StaticUser:
        word, identifier = self._password()
        return StaticUser(
            name=self.options.username,
            password_hash=self.secrets.derived("admin-hash", word, lambda: hash_password(word)),
            identifier=identifier,
        )

    def _password(self) -> tuple[str, str]:
        """Return the static user's password and identifier, made once and kept."""
        made = self.secrets.ensure("admin", lambda: {"password": password(), "identifier": str(uuid.uuid4())})
        return self.options.password or made["password"], made["identifier"]

    def _show_password(self, event: ops.ActionEvent) -> None:
        try:
            event.set_results({"username": self.options.username, "password": self._password()[0]})
        except Problem as problem:
            event.fail(str(problem))

    def _issuer_url(self) -> str:
        address = self.gateway.maybe()
        public = self.options.public_url or (address.url if address else "")
        return self.options.issuer_url or (f"{public}/dex" if public else self._internal_url())

    def _internal_url(self) -> str:
        return f"http://{self.host}:{self.options.port}/dex"


if __name__ == "__main__":
    ops.main(DexAuth)
