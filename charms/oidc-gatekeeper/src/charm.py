#!/usr/bin/env python3
"""Operate oauth2-proxy, which lets only users who have logged in through Kubeflow's gateway."""

from collections.abc import Iterator

import oauth2_proxy
import ops
from gatekeeper_options import GatekeeperOptions
from kubeflow_charms import Blocked, Charm, Provides, Requires, main
from kubeflow_charms.configuration.partners import integrate
from kubeflow_charms.interfaces import dex_oidc_config, ingress, ingress_auth, oidc_client
from kubeflow_charms.networking import network
from kubeflow_charms.parts import HttpCheck, Metrics, NetworkPolicy, Part, Ports, Report, Workload
from kubeflow_charms.relations.secrets import password


class OidcGatekeeper(Charm[GatekeeperOptions]):
    """oauth2-proxy, the client of one issuer and the authorizer of one gateway."""

    programs = (oauth2_proxy.PROGRAM,)
    issuer = Requires("dex-oidc-config", dex_oidc_config.DEX_OIDC_CONFIG)
    gateway = Requires("ingress", ingress.INGRESS)
    guarded = Requires("ingress-auth", ingress_auth.INGRESS_AUTH)
    registration = Provides("oidc-client", oidc_client.OIDC_CLIENT)

    def plan(self) -> Iterator[Part]:
        """Yield what should exist."""
        yield Ports(oauth2_proxy.PORT, oauth2_proxy.METRICS_PORT)
        yield NetworkPolicy(internal=(oauth2_proxy.PORT, oauth2_proxy.METRICS_PORT))
        yield self.gateway.send(
            ingress.Route(service=self.app.name, port=oauth2_proxy.PORT, prefix=oauth2_proxy.PREFIX)
        )
        yield self.guarded.send(
            ingress_auth.Authorizer(
                service=self.app.name,
                port=oauth2_proxy.PORT,
                allowed_request_headers=("cookie", "authorization", "accept"),
                allowed_response_headers=(oauth2_proxy.USER_HEADER, oauth2_proxy.GROUPS_HEADER),
            )
        )
        yield self.registration.send_each(self._register)
        if not self.registration.relations:
            yield Report(Blocked(f"needs relations, run: {integrate(self.app.name, 'oidc-client', 'oidc-client')}"))
        yield Workload(
            container=oauth2_proxy.PROGRAM.container,
            command=oauth2_proxy.COMMAND,
            environment=network.proxy(self.model),
            files=oauth2_proxy.files(self._settings()),
            checks={"oauth2-proxy": HttpCheck(oauth2_proxy.PORT, oauth2_proxy.READY)},
            metrics=Metrics(oauth2_proxy.METRICS_PORT),
        )

    def _settings(self) -> oauth2_proxy.Settings:
        options, issuer, address = self.options, self.issuer.one(), self.gateway.maybe()
        return oauth2_proxy.Settings(
            issuer_url=issuer.issuer_url,
            reachable_url=issuer.internal_url or issuer.issuer_url,
            client_id=options.client_id,
            client_secret=self._client_secret()[1],
            cookie_secret=self.secrets.ensure("cookie", lambda: {"value": password(32)})["value"],
            secure=oauth2_proxy.secure(options.public_url, address.url if address else ""),
            session_hours=options.session_hours,
            scopes=options.oidc_scopes,
            userid_claim=options.userid_claim,
            open_paths=options.skip_auth_urls,
            ca_bundle=options.ca_bundle,
        )

    def _client_secret(self) -> tuple[str, str]:
        """Return the label and the value of the password that the issuer is to know."""
        if self.options.client_secret is None:
            return "client", self.secrets.ensure("client", lambda: {"secret": password()})["secret"]
        given = {"secret": self.options.client_secret["client-secret"]}
        return "given-client", self.secrets.ensure("given-client", lambda: given, lambda had: had == given)["secret"]

    def _register(self, relation: ops.Relation) -> oidc_client.Client | None:
        """Return what an issuer is to know of us; nothing until it said whether it reads Juju secrets."""
        issuer = self.registration.by(relation)
        if issuer is None:
            return None
        label, value = self._client_secret()
        return oidc_client.Client(
            id=self.options.client_id,
            name=self.options.client_name,
            redirect_uris=(oauth2_proxy.CALLBACK,),
            secret=self.secrets.share(label, relation) if issuer.secrets else value,
        )


if __name__ == "__main__":
    main(OidcGatekeeper)
