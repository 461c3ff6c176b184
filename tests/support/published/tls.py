"""charmlibs' library for TLS certificates, in a charm that issues them."""

import json
from collections.abc import Callable
from typing import Any

import ops
from charmlibs.interfaces.tls_certificates import (
    Certificate,
    CertificateSigningRequest,
    ProviderCertificate,
    TLSCertificatesProvidesV4,
)
from ops import testing

from ..goldens import Databag, Golden

ENDPOINT = "certificates"


class Certificates:
    """Runs a charm with the library's provider."""

    def write(self, golden: Golden, remote: Databag) -> Databag | None:
        """See `Library`; the request that is answered is in what the golden writes."""
        request = {"certificate_signing_request": golden.writes["request"], "ca": False}
        asked = {"certificate_signing_requests": json.dumps([request])}

        def act(provider: TLSCertificatesProvidesV4, relation: ops.Relation) -> None:
            provider.set_relation_certificate(
                ProviderCertificate(
                    relation_id=relation.id,
                    certificate=Certificate.from_string(golden.writes["certificate"]),
                    certificate_signing_request=CertificateSigningRequest.from_string(golden.writes["request"]),
                    ca=Certificate.from_string(golden.writes["ca"]),
                    chain=[Certificate.from_string(item) for item in golden.writes["chain"]],
                )
            )

        return {key: json.dumps(json.loads(text)) for key, text in _run(asked, act).items()}

    def read(self, golden: Golden) -> Any:
        """See `Library`; the names that each request is for."""
        found: list[Any] = []

        def act(provider: TLSCertificatesProvidesV4, relation: ops.Relation) -> None:
            for request in provider.get_certificate_requests(relation.id):
                names = request.certificate_signing_request.sans_dns
                found.append({"names": sorted(names or ()), "ca": request.is_ca})

        _run(golden.databag, act)
        return found


def _run(remote: Databag, act: Callable[[TLSCertificatesProvidesV4, ops.Relation], None]) -> Databag:
    """Run an event of the charm, related to a unit that wrote `remote`, and return what it wrote."""

    class Published(ops.CharmBase):
        def __init__(self, framework: ops.Framework):
            super().__init__(framework)
            self.provider = TLSCertificatesProvidesV4(self, ENDPOINT)
            framework.observe(self.on.update_status, self._act)

        def _act(self, event: ops.EventBase) -> None:
            (relation,) = self.model.relations[ENDPOINT]
            act(self.provider, relation)

    meta = {"name": "published", "provides": {ENDPOINT: {"interface": "tls-certificates"}}}
    with testing.Context(Published, meta=meta) as context:
        relation = testing.Relation(ENDPOINT, remote_units_data={0: remote})
        after = context.run(context.on.update_status(), testing.State(leader=True, relations=[relation]))
    return dict(after.get_relation(relation.id).local_app_data)
