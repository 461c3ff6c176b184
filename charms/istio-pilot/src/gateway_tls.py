"""The gateway's certificate: one that a person gives, one from an application that issues them, or none."""

import dataclasses

from kubeflow_charms import Blocked, Problem, Waiting, certificates
from kubeflow_charms.certificates import requested
from kubeflow_charms.parts import Part, Report
from kubeflow_charms.relations.endpoints import BoundEndpoint
from kubeflow_charms.relations.secrets import Secrets

Pair = dict[str, str]


@dataclasses.dataclass(frozen=True)
class Tls:
    """What is known of the certificate.

    Attributes:
        parts: what asks for it, or warns of it.
        pair: certificate and key, under `tls-crt` and `tls-key`; None for plain http, or as long as there is a problem.
        problem: why it is not known yet whether and with what to serve https; the Gateway then stays as it is, so
            that https never falls back to plain http.
        host: the name that was certified, if users are to come by that; empty for the gateway's address.
    """

    parts: tuple[Part, ...] = ()
    pair: Pair | None = None
    problem: Problem | None = None
    host: str = ""


def find(given: Pair | None, issuer: BoundEndpoint, secrets: Secrets, *, name: str, address: str, app: str) -> Tls:
    """Return what is known of the gateway's certificate.

    Args:
        given: by a person, with the option tls-secret-id.
        issuer: the endpoint of an application that issues certificates.
        secrets: of this application.
        name: the host name to have certified; empty for the address.
        address: the gateway's; empty if it is not known.
        app: the application, for advice.
    """
    if given and issuer.relations:
        return Tls(problem=Blocked("two certificates: unset tls-secret-id, or remove the relation certificates"))
    if given:
        return Tls(_warnings(given), given)
    if not issuer.relations:
        return Tls()
    if not name and not address:
        advice = f"run: juju config {app} csr-domain-name=NAME"
        return Tls(problem=Waiting(f"the gateway's address, to have it certified; or {advice}"))
    return _issued(issuer, secrets, name, name or address)


def _warnings(given: Pair) -> tuple[Part, ...]:
    """Warn of a certificate that expired, which must not keep a control plane from starting after a reboot."""
    try:
        certificates.check_life(given["tls-crt"])
    except ValueError as error:
        return (Report(Blocked(f"option tls-secret-id: {error}")),)
    return ()


def _issued(issuer: BoundEndpoint, secrets: Secrets, host: str, name: str) -> Tls:
    parts: tuple[requested.CertificateRequest, ...] = ()
    try:
        parts = (requested.ask(issuer, secrets, "gateway-certificate", [name]),)
        issued = parts[0].certificate()
    except Problem as problem:
        return Tls(parts, problem=problem)
    return Tls(parts, {"tls-crt": issued.certificate, "tls-key": issued.key}, host=host)
