"""`tls-certificates`: a certificate for the application from a charm that issues them.

Format: version 1, as the libraries `tls_certificates_interface` v2 to v4 and `charmlibs.interfaces.tls_certificates`
1.12 speak it. We ask in `certificate_signing_requests`, the provider answers in `certificates` of its application's
databag, naming the request. Providers of every version read the requests of units, those before v4 no others; so one
unit, the leader, asks for all. Its key and request are as the newest library makes them by default (RSA with 2048
bits, a unique identifier in the subject), because some providers refuse other keys.

A charm uses it so:

    certificates = Requires("certificates", TLS_CERTIFICATES)

    def plan(self):
        if self.certificates.relations:
            asked = ask(self.certificates, self.secrets, "gateway-certificate", ["kubeflow.example.com"])
            yield asked
            pair = asked.certificate()  # a certificates.Certificate; Waiting until there is one

The key, the request and the last certificate are kept in one Juju secret, so that what was issued goes on to serve
while a new one is awaited, and that no hook without news has to parse a certificate.
"""

import dataclasses
import functools
from collections.abc import Iterable

import msgspec

from .. import certificates
from ..codecs import Json
from ..endpoints import BoundEndpoint, Interface
from ..problems import Blocked, Waiting
from ..run import Run, fingerprint
from ..secrets import Content, Secrets


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate for one request; all values are PEM.

    Attributes:
        certificate: what was issued.
        certificate_signing_request: what was asked for.
        ca: the authority that clients should trust.
        chain: the certificate and those that lead from it to the authority.
        revoked: it is not to be used any more.
    """

    certificate: str
    certificate_signing_request: str
    ca: str
    chain: tuple[str, ...] | None = None
    revoked: bool | None = None

    def answers(self, request: str) -> bool:
        """Tell whether this was issued for a request, in PEM."""
        return self.certificate_signing_request.strip() == request.strip()

    def digest(self) -> str:
        """Return what tells one issue from another."""
        return fingerprint(self.certificate, self.ca, self.chain, self.revoked)

    def content(self) -> Content:
        """Return what the secret holds of it.

        Raises:
            ValueError: a certificate of the chain is no PEM.
        """
        from .. import signing

        return {
            "certificate": signing.in_order(self.certificate, self.chain or ()),
            "authority": self.ca,
            **certificates.dates(self.certificate),
        }


class Refusal(msgspec.Struct, frozen=True):
    """Why a provider refuses a request."""

    message: str


class Refused(msgspec.Struct, frozen=True):
    """A refused request, in PEM, and why."""

    csr: str
    error: Refusal


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's databag."""

    certificates: tuple[Issued, ...] = ()
    request_errors: tuple[Refused, ...] = ()

    def to(self, request: str) -> Issued | None:
        """Return what was issued for a request, in PEM; None as long as nothing was."""
        return next((item for item in self.certificates if item.answers(request)), None)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, in PEM; `ca` asks for an authority's certificate."""

    certificate_signing_request: str
    ca: bool = False


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """A requiring unit's databag."""

    certificate_signing_requests: tuple[Request, ...] = ()


REQUESTS = Json(Requests)
TLS_CERTIFICATES = Interface("tls-certificates", provider=Json(Answers))


@dataclasses.dataclass(frozen=True)
class CertificateRequest:
    """A part that asks for a certificate, and tells what came of it; made by `ask`.

    Attributes:
        endpoint: the requiring endpoint.
        secrets: of the application.
        label: of the Juju secret that holds key, request and certificate.
        content: of that secret.
    """

    endpoint: BoundEndpoint
    secrets: Secrets
    label: str
    content: Content

    def declare(self, run: Run) -> None:
        """Nothing is needed of the cluster."""

    def apply(self, run: Run) -> None:
        """Publish the request from the leader; a former leader leaves it there while it is the same.

        Were it taken away before the next leader publishes it, the provider would revoke the certificate.

        Raises:
            Blocked: the provider refuses the request, or what it issued has expired, which serves all the same.
        """
        request = Request(certificate_signing_request=self.content["request"])
        wanted = REQUESTS.encode(Requests(certificate_signing_requests=(request,)), {})
        for relation in self.endpoint.relations:
            databag = relation.data[run.unit]
            for key, value in wanted.items():
                had = databag.get(key, "")
                if had != value and (had or run.leader):
                    databag[key] = value if run.leader else ""
        for refused in self._answers.request_errors:
            if refused.csr.strip() == self.content["request"].strip():
                raise Blocked(
                    f"{self._application} refuses a certificate for {self.content['names']}: {refused.error.message}"
                )
        if "certificate" in self._newest and (day := certificates.expired(self._newest)):
            raise Blocked(
                f"the certificate of {self._application} for {self.content['names']} expired on {day}, and it issues "
                f"no other: juju debug-log --include {self._application} says why"
            )

    def certificate(self) -> certificates.Certificate:
        """Return the newest certificate, its key and its authority; the leader keeps a new one.

        Raises:
            Waiting: there is none yet.
            Blocked: the provider sends one that cannot be used.
        """
        content = self._newest
        if "certificate" not in content:
            raise Waiting(f"{self._application} to issue a certificate for {content['names']}")
        return certificates.Certificate(content["certificate"], content["key"], content["authority"])

    @property
    def _application(self) -> str:
        return self.endpoint.relations[0].app.name

    @property
    def _answers(self) -> Answers:
        return _answers(self.endpoint)

    @functools.cached_property
    def _newest(self) -> Content:
        content = self.content
        issued = self._answers.to(content["request"])
        if issued is None or issued.digest() == content.get("digest"):
            return content
        newest = {key: content[key] for key in ("key", "names", "request")} | {"digest": issued.digest()}
        if not issued.revoked:
            try:
                certificates.check_pair(issued.certificate, content["key"])
                newest |= {**issued.content(), "answered": content["request"]}
            except ValueError as error:
                raise Blocked(f"{self._application} issues a certificate that cannot be used: {error}") from error
        self.secrets.replace(self.label, newest)
        return newest


def ask(endpoint: BoundEndpoint, secrets: Secrets, label: str, names: Iterable[str]) -> CertificateRequest:
    """Return the part that asks for a certificate, with the key and the request that the leader makes.

    Other names make a new request, which no older certificate answers; one with less than a third of its life left, or
    whose life has not begun, makes a new request too, and serves until the answer is there. So does one that is
    revoked, with another key, and it serves no longer.

    Args:
        endpoint: related to a provider.
        secrets: of the application.
        label: of the Juju secret that is to hold key, request and certificate.
        names: DNS names and IP addresses, the principal one first.

    Raises:
        Waiting: the leader has not made the request yet.
    """
    wanted = " ".join(names)
    answers = _answers(endpoint)

    def revoked(had: Content) -> bool:
        issued = answers.to(had["request"]) if "request" in had else None
        return issued is not None and bool(issued.revoked)

    def valid(had: Content) -> bool:
        pending = had.get("answered") != had["request"]
        return had["names"] == wanted and not revoked(had) and (pending or not certificates.due(had))

    def make() -> Content:
        from .. import signing

        had = secrets.peek(label) or {}
        had = {} if revoked(had) else had
        kept = had if had.get("names") == wanted else {}
        key = had.get("key") or signing.new_rsa_key()
        return {**kept, "key": key, "names": wanted, "request": signing.request(wanted.split(), key)}

    return CertificateRequest(endpoint, secrets, label, secrets.ensure(label, make, valid))


def _answers(endpoint: BoundEndpoint) -> Answers:
    return next((item.data for item in endpoint.all()), Answers())
