"""A small admission webhook in place of a charm's program, at the address and with the certificate of that."""

import base64
import contextlib
import copy
import dataclasses
import datetime
import http.server
import itertools
import json
import pathlib
import re
import ssl
import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar

from cryptography import x509
from kubeflow_charms.certificates import signing

from . import samples
from .apiserver import Object
from .objects import Deployed, path

MARK = {"tests/webhook": "called"}
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
POD = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "name": "job", "uid": "00000000-0000-0000-0000-000000000001"}
"""The owner of pods: some webhooks are asked about those of jobs alone."""
ALONE = {"alpha.jobset.sigs.k8s.io/exclusive-topology": "rack"}
"""What pods say that want nodes for themselves: some webhooks are asked about these alone."""
PROFILE = {"app.kubernetes.io/part-of": "kubeflow-profile"}
NAMES = itertools.count(1)


class Handler(http.server.BaseHTTPRequestHandler):
    """Allows what it is asked about, and marks it where it may; remembers the paths at which it was asked."""

    asked: ClassVar[set[str]]
    mutating: ClassVar[Collection[str]]

    def do_POST(self) -> None:
        """Answer one review."""
        review = json.loads(self.rfile.read(int(self.headers["content-length"])))
        where = self.path.partition("?")[0]
        self.asked.add(where)
        response: Object = {"uid": review["request"]["uid"], "allowed": True}
        if where in self.mutating:
            said = review["request"]["object"]["metadata"].get("annotations") or {}
            patch = [{"op": "add", "path": "/metadata/annotations", "value": said | MARK}]
            encoded = base64.b64encode(json.dumps(patch).encode()).decode()
            response |= {"patchType": "JSONPatch", "patch": encoded}
        body = json.dumps({**{key: review[key] for key in ("apiVersion", "kind")}, "response": response})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate with its key, both PEM."""

    certificate: str
    key: str

    @property
    def authority(self) -> bool:
        """Whether it signs others."""
        found = signing.load(self.certificate).extensions
        return found.get_extension_for_class(x509.BasicConstraints).value.ca

    def covers(self, name: str) -> bool:
        """Tell whether it is for a server of this name."""
        with contextlib.suppress(x509.ExtensionNotFound):
            names = signing.load(self.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName)
            return name in names.value.get_values_for_type(x509.DNSName)
        return False


@dataclasses.dataclass(frozen=True)
class Hook:
    """One entry of a webhook configuration.

    Attributes:
        deployed: whose it is.
        configuration: its configuration's path.
        entry: the entry.
    """

    deployed: Deployed
    configuration: str
    entry: Object

    def __str__(self) -> str:
        return self.entry["name"]

    @property
    def mutating(self) -> bool:
        """Whether it may change what it is asked about."""
        return "/mutatingwebhook" in self.configuration

    @property
    def service(self) -> Object:
        """The Service that is asked."""
        return self.entry["clientConfig"]["service"]

    @property
    def host(self) -> str:
        """The name by which the API server asks, and which it expects in the certificate."""
        return f"{self.service['name']}.{self.service['namespace']}.svc"

    @property
    def path(self) -> str:
        """Where the program is asked."""
        return self.service.get("path", "/").partition("?")[0]

    def reviewed(self, asked: set[str]) -> bool:
        """Tell that an object of the first rule, in a namespace that is meant, came before the webhook.

        Args:
            asked: the paths at which the server was asked.

        Raises:
            AssertionError: it did not.
        """
        asked.discard(self.path)
        http = self.deployed.http
        with self._namespace() as namespace:
            where, item = self._object(namespace)
            answer = http.post(where, params={"dryRun": "All"}, json=item)
        assert answer.is_success, answer.text
        assert self.path in asked, f"{self.path} was not asked about {where}"
        annotations = answer.json()["metadata"].get("annotations") or {}
        assert not self.mutating or annotations.items() >= MARK.items(), annotations
        return True

    @contextlib.contextmanager
    def _namespace(self) -> Iterator[str]:
        # Policies of some charms keep their kinds to profiles, whose namespaces no webhook leaves out.
        selected = PROFILE | labels(self.entry.get("namespaceSelector", {}))
        metadata = {"generateName": "reviewed-", "labels": selected}
        made = self.deployed.http.post("/api/v1/namespaces", json={"metadata": metadata}).raise_for_status().json()
        try:
            yield made["metadata"]["name"]
        finally:
            self.deployed.http.delete(f"/api/v1/namespaces/{made['metadata']['name']}")

    def _object(self, namespace: str) -> tuple[str, Object]:
        """Return an object that the first rule is about, and where to make it.

        Raises:
            LookupError: no charm has a sample of it.
        """
        rule = self.entry["rules"][0]
        kinds = [resource for resource in rule["resources"] if "/" not in resource]
        selected = labels(self.entry.get("objectSelector", {}))
        name = f"reviewed-{next(NAMES)}"
        if "" in rule["apiGroups"] and "pods" in kinds:
            metadata = {"name": name, "labels": selected, "annotations": ALONE, "ownerReferences": [JOB]}
            return f"/api/v1/namespaces/{namespace}/pods", {**POD, "metadata": metadata}
        for sample in samples.accepted():
            spec = sample.kind.definition["spec"]
            if spec["group"] in rule["apiGroups"] and {spec["names"]["plural"], "*"} & set(kinds):
                space = "" if spec["scope"] == "Cluster" else f"/namespaces/{namespace}"
                where = f"/apis/{spec['group']}/{sample.version}{space}/{spec['names']['plural']}"
                return where, {**sample.document, "metadata": {"name": name, "labels": selected}}
        raise LookupError(f"no charm has a sample of {rule['apiGroups']} {kinds} in tests/samples/accepted.yaml")


class Server:
    """The program's listener, for every webhook of an application; its certificate can be replaced while it runs.

    Attributes:
        asked: the paths at which it was asked.
        port: where it listens.
    """

    def __init__(self, wanted: Collection[Hook], folder: pathlib.Path):
        self._folder = folder
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.asked: set[str] = set()
        mutating = {hook.path for hook in wanted if hook.mutating}
        handler = type("Answering", (Handler,), {"asked": self.asked, "mutating": mutating})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.socket = self._context.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])

    def serve(self, pair: Pair) -> None:
        """Use another certificate from the next connection on."""
        files = self._folder / "certificate.pem", self._folder / "key.pem"
        for file, text in zip(files, (pair.certificate, pair.key), strict=True):
            file.write_text(text)
        self._context.load_cert_chain(*files)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Answer while the body runs."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()


def hooks(deployed: Deployed) -> list[Hook]:
    """Return every entry of the webhook configurations of an application."""
    return [
        Hook(deployed, path(reference), entry)
        for reference, item in deployed.own.items()
        if reference.kind.endswith("WebhookConfiguration")
        for entry in item.get("webhooks", ())
    ]


def pairs_of(deployed: Deployed) -> Iterator[Pair]:
    """Yield every certificate that the charm has written for a workload together with its key, in files or a Secret."""
    files = [[file.text for file in written.values()] for written in deployed.application.deployment.files.values()]
    secrets = [item.get("data") or {} for reference, item in deployed.own.items() if reference.kind == "Secret"]
    for texts in (*files, *([base64.b64decode(text).decode() for text in data.values()] for data in secrets)):
        keys = [text for text in texts if "PRIVATE KEY-----" in text]
        for text in texts:
            found = CERTIFICATE.search(text)
            for key in keys if found else ():
                with contextlib.suppress(ValueError):
                    if found and signing.belongs(key, found[0]):
                        yield Pair(text, key)


def certificate(deployed: Deployed, host: str) -> Pair:
    """Return the pair that the charm gives the program, or that the program makes with the authority it is given.

    Raises:
        LookupError: it is given neither.
    """
    pairs = list(pairs_of(deployed))
    for pair in pairs:
        if pair.covers(host):
            return pair
    for pair in pairs:
        if pair.authority:
            now, key, life = datetime.datetime.now(datetime.UTC), signing.new_key(), datetime.timedelta(hours=1)
            return Pair(signing.server_certificate([host], key, pair.certificate, pair.key, now, life), key)
    raise LookupError(f"no container has a certificate for {host}")


def labels(selector: Mapping[str, Any]) -> dict[str, str]:
    """Return labels that a selector selects."""
    found = dict(selector.get("matchLabels") or {})
    for expression in selector.get("matchExpressions") or ():
        if expression["operator"] == "In":
            found[expression["key"]] = expression["values"][0]
        elif expression["operator"] == "Exists":
            found.setdefault(expression["key"], "true")
    return found


@contextlib.contextmanager
def answering(deployed: Deployed, folder: pathlib.Path) -> Iterator[Server]:
    """Let the Services of an application's webhooks lead to this machine, by the names that the API server checks.

    Args:
        deployed: the application.
        folder: for the certificate.
    """
    wanted = hooks(deployed)
    server = Server(wanted, folder)
    (host,) = {hook.host for hook in wanted}
    server.serve(certificate(deployed, host))
    configurations = {hook.configuration for hook in wanted}
    with (
        server.running(),
        redirected(deployed, configurations, server.port),
        local(deployed, wanted[0].service),
    ):
        # As after a look of the charm: at the next one it would put back what stands here for the program.
        (deployed.application.deployment.charm_folder / ".looked").write_text("0")
        yield server


@contextlib.contextmanager
def redirected(deployed: Deployed, configurations: Collection[str], port: int) -> Iterator[None]:
    """Register the webhooks at another port of their Service."""
    application = deployed.application
    before = {where: application.get(where) for where in configurations}
    for where, item in before.items():
        changed = copy.deepcopy(item)
        for entry in changed["webhooks"]:
            entry["clientConfig"]["service"]["port"] = port
        deployed.http.put(where, json=changed).raise_for_status()
    try:
        yield
    finally:
        for where, item in before.items():
            item["metadata"]["resourceVersion"] = application.get(where)["metadata"]["resourceVersion"]
            deployed.http.put(where, json=item).raise_for_status()


@contextlib.contextmanager
def local(deployed: Deployed, service: Object) -> Iterator[None]:
    """Put a Service in place of the webhooks' own that stands for this machine."""
    services = f"/api/v1/namespaces/{service['namespace']}/services"
    deployed.http.delete(f"{services}/{service['name']}")
    local = {"metadata": {"name": service["name"]}, "spec": {"type": "ExternalName", "externalName": "localhost"}}
    deployed.http.post(services, json=local).raise_for_status()
    try:
        yield
    finally:
        deployed.http.delete(f"{services}/{service['name']}").raise_for_status()
