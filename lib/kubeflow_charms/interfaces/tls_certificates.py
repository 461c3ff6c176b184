"""`tls-certificates`: a certificate for the application from a charm that issues them.

Format: version 1, as the libraries `tls_certificates_interface` v2 to v4 and `charmlibs.interfaces.tls_certificates`
1.12 speak it. We ask in `certificate_signing_requests`, the provider answers in `certificates` of its application's
databag, naming the request. Providers of every version read the requests of units, those before v4 no others; so one
unit, the leader, asks for all. Its key and request are as the newest library makes them by default (RSA with 2048
bits, a unique identifier in the subject), because some providers refuse other keys.
"""

import msgspec

from .. import certificates
from ..engine.run import fingerprint
from ..relations.codecs import Json
from ..relations.endpoints import Interface
from ..relations.secrets import Content


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
        from ..certificates import signing

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
