"""A part that asks for a certificate from a charm that issues them, over `tls-certificates`.

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

from .. import certificates
from ..engine.problems import Blocked, Waiting
from ..engine.run import Run
from ..interfaces.tls_certificates import REQUESTS, Answers, Request, Requests
from ..relations.endpoints import BoundEndpoint
from ..relations.secrets import Content, Secrets


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
                f"the certificate of {self._application} for {self.content['names']} expired on {day}, and no "
                f"other came, see: juju debug-log --include {self._application}"
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
        from ..certificates import signing

        had = secrets.peek(label) or {}
        had = {} if revoked(had) else had
        kept = had if had.get("names") == wanted else {}
        key = had.get("key") or signing.new_rsa_key()
        return {**kept, "key": key, "names": wanted, "request": signing.request(wanted.split(), key)}

    return CertificateRequest(endpoint, secrets, label, secrets.ensure(label, make, valid))


def _answers(endpoint: BoundEndpoint) -> Answers:
    return next((item.data for item in endpoint.all()), Answers())
