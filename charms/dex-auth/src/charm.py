#!/usr/bin/env python3
"""Operate Dex, the OpenID Connect issuer that Kubeflow's users log in through."""

from collections.abc import Iterator

import dex_actions
import dex_configuration
import dex_left_out
import dex_users
import ops
from dex_options import PATH, TELEMETRY_PORT, DexOptions
from kubeflow_charms import Blocked, Charm, Provides, Requires, main
from kubeflow_charms.interfaces import dex_oidc_config, ingress, oidc_client
from kubeflow_charms.networking import network
from kubeflow_charms.parts import Crds, File, HttpCheck, Metrics, NetworkPolicy, Part, Ports, Workload


class DexAuth(Charm[DexOptions]):
    """Dex, its users and its clients."""

    programs = (dex_configuration.PROGRAM,)
    clients = Requires("oidc-client", oidc_client.OIDC_CLIENT)
    gateway = Requires("ingress", ingress.INGRESS)
    issuer = Provides("dex-oidc-config", dex_oidc_config.DEX_OIDC_CONFIG)

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        for action in (
            self.on.get_admin_password_action,
            self.on.add_user_action,
            self.on.remove_user_action,
            self.on.list_users_action,
            self.on.test_login_action,
        ):
            framework.observe(action, self._act)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        port = self.options.port
        yield Crds("crds.yaml", version="2.45")
        yield Ports(port, TELEMETRY_PORT)
        yield NetworkPolicy(internal=(TELEMETRY_PORT,))
        yield self.clients.send(oidc_client.Issuer(secrets=True))
        yield self.gateway.send(ingress.Route(service=self.app.name, port=port, prefix=PATH, rewrite=PATH))
        issuer = self._issuer()
        yield self.issuer.send(issuer)
        yield Workload(
            container=dex_configuration.PROGRAM.container,
            command=dex_configuration.COMMAND,
            environment=self._environment(),
            files={dex_configuration.CONFIGURATION: File(self._configuration(issuer.issuer_url))},
            checks={
                "dex": HttpCheck(port, f"{PATH}/healthz"),
                **({} if network.proxy(self.model) else dex_left_out.reachable(self.options.connectors)),
            },
            metrics=Metrics(TELEMETRY_PORT),
        )
        yield dex_left_out.LeftOut(dex_configuration.PROGRAM.container, self.options.connectors)

    def _environment(self) -> dict[str, str]:
        return dex_configuration.environment(self.model.name) | network.proxy(self.model)

    def _issuer(self) -> dex_oidc_config.IssuerConfiguration:
        """Return where Dex is: by the option, at the public address, or else inside the cluster."""
        options, address = self.options, self.gateway.maybe()
        internal = f"http://{self.host}:{options.port}{PATH}"
        public = options.public_url or (address.url if address else "")
        issuer_url = options.issuer_url or (f"{public}{PATH}" if public else internal)
        return dex_oidc_config.IssuerConfiguration(issuer_url=issuer_url, internal_url=internal)

    def _configuration(self, issuer_url: str) -> str:
        clients, programs = self.clients.all(self._with_password), self.options.program_client
        if taken := [item.application for item in clients if item.data.id == programs]:
            raise Blocked(f"option program-client: {taken[0]} has that name already, expected another")
        return dex_configuration.configuration(
            issuer=issuer_url,
            port=self.options.port,
            users=dex_users.static_users(self.options, self.secrets),
            connectors=self.options.connectors,
            clients=[item.data for item in clients],
            programs=programs,
        )

    def _with_password(self, client: oidc_client.Client) -> oidc_client.Client:
        return oidc_client.resolve(client, self.secrets.granted)

    def _act(self, event: ops.ActionEvent) -> None:
        if dex_actions.act(self._server, event):
            self._reconcile(event)

    def _server(self) -> dex_actions.Server:
        return dex_actions.Server(
            application=self.app.name,
            unit=self.unit,
            model=self.model,
            options=self.options,
            secrets=self.secrets,
            cluster=self.run.cluster,
            environment=self._environment(),
            issuer_url=self._issuer().issuer_url,
        )


if __name__ == "__main__":
    main(DexAuth)
