"""A small charm that keeps every promise, and what turns it into one that breaks a certain one."""

import dataclasses
import pathlib

import yaml

from .bundle import Application, Bundle

CHARM = """
import socket
import time
from collections.abc import Iterator

import msgspec
from kubeflow_charms import Blocked, Charm, Problem, Provides, Requires, Waiting
from kubeflow_charms.engine.cluster import Reference
from kubeflow_charms.relations.codecs import Versioned
from kubeflow_charms.relations.endpoints import Interface
from kubeflow_charms.parts import Crds, File, Manifests, Message, Part, Program, Report, TcpCheck, Workload
from kubeflow_charms.engine.run import running_pod
from kubeflow_charms.relations.secrets import password


class Word(msgspec.Struct):
    text: str


WORDS = Interface("words", provider=Versioned(Word))
FAR = Reference("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "specimen-litter")


class Specimen(Charm):
    programs = (Program("app", writable=("/etc/app",)),)
    says = Provides("says", WORDS)
    hears = Requires("hears", WORDS)

    def plan(self) -> Iterator[Part]:
        yield Crds("crds.yaml", version="1")
        yield Manifests("objects", "objects.yaml.j2", {"heard": self.heard()})
        word = self.secrets.ensure("login", lambda: {"password": password()})["password"]
        yield self.says.send(Word(text=self.address()))
        yield Workload(
            container="app",
            command="run",
            environment={},
            files={"/etc/app/login": File(word)},
            checks={"up": TcpCheck(80)},
        )
        if self.unit.is_leader():
            yield Message(self.address()) if self.address() else Report(Waiting("an address"))

    def heard(self) -> str:
        found = self.hears.all()
        return found[0].data.text if found else ""

    def address(self) -> str:
        if not self.unit.is_leader():
            return ""
        if not hasattr(self, "found"):
            self.found = self.look_up("v1", "Service", f"{self.app.name}-front") or {}
        given = self.found.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
        return given[0].get("ip", "")
"""
OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ app }}-settings}
data: {heard: {{ heard | tojson }}}
---
apiVersion: v1
kind: Service
metadata: {name: {{ app }}-front}
spec: {type: LoadBalancer, selector: {app: {{ app }}}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Secret
type: Opaque
metadata: {name: {{ app }}-more}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: {{ model }}-{{ app }}-reader}
rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]
"""
CRDS = """
group: specimen.example.com
kinds:
  Leaf: {plural: leaves, versions: {v1: {storage: true}}}
"""
DOCUMENT = {
    "containers": {"app": {"resource": "image"}},
    "resources": {"image": {"type": "oci-image", "upstream-source": "registry.example.com/app:1"}},
    "provides": {"says": {"interface": "words", "optional": True}},
    "requires": {"hears": {"interface": "words", "limit": 1, "optional": True}},
    "config": {"options": {"purge": {"type": "boolean", "default": False}}},
}
LOGIN, WORKLOAD = '{"heard": self.heard()}', "        yield Workload("
BEGIN = '        yield Crds("crds.yaml", version="1")\n'


@dataclasses.dataclass(frozen=True)
class Bug:
    """One deliberate fault.

    Attributes:
        name: what the charm does wrong.
        old: text of the charm, its template or its definitions.
        new: what stands there instead.
    """

    name: str
    old: str = ""
    new: str = ""

    def write(self, folder: pathlib.Path) -> Bundle:
        """Write a charm with this fault and return a bundle of two of it, one of which listens to the other."""
        charm = f"specimen-{self.name}"
        source = folder / charm / "src"
        source.mkdir(parents=True)
        found = [text for text in (CHARM, OBJECTS, CRDS) if self.old in text]
        assert found, f"the specimen has no {self.old!r}"
        for name, text in (("charm.py", CHARM), ("objects.yaml.j2", OBJECTS), ("crds.yaml", CRDS)):
            changed = text.replace(self.old, self.new) if self.old else text
            (source / name).write_text(changed.replace("specimen.example.com", f"{charm}.example.com"))
        (folder / charm / "charmcraft.yaml").write_text(yaml.safe_dump({"name": charm, **DOCUMENT}))
        applications = {"teller": Application(charm), "listener": Application(charm)}
        return Bundle(charm, applications, ((("teller", "says"), ("listener", "hears")),), folder)


SOUND = Bug("sound")
BUGS = {
    bug.name: bug
    for bug in (
        Bug("raises", "found[0].data.text if found else", "found[0].data.text if found or self.hears.relations else"),
        Bug("waits-for-ever", BEGIN, f'{BEGIN}        yield Report(Waiting("Godot"))\n'),
        Bug("never-rests", LOGIN, '{"heard": str(time.time_ns())}'),
        Bug("asks-again", '        if not hasattr(self, "found"):\n    ', ""),
        Bug(
            "depends-on-the-order",
            LOGIN,
            '{"heard": self.secrets.ensure("first", lambda: {"heard": self.heard() or "nothing"})["heard"]}',
        ),
        Bug(
            "writes-without-leading",
            BEGIN,
            f"{BEGIN}        for relation in self.says.relations:\n"
            "            relation.data[self.app]['too'] = 'much'\n",
        ),
        Bug(
            "starts-once",
            WORKLOAD,
            '        if self.secrets.peek("started"):\n            return\n'
            '        if self.unit.get_container("app").can_connect() and running_pod():\n'
            '            self.secrets.ensure("started", lambda: {"when": "once"})\n' + WORKLOAD,
        ),
        Bug(
            "litters",
            BEGIN,
            f"{BEGIN}        if self.unit.is_leader() and self.app.planned_units():\n"
            '            item = {"apiVersion": FAR.api_version, "kind": FAR.kind, "metadata": {"name": FAR.name}}\n'
            '            self.run.cluster.apply(item, FAR, "litter")\n',
        ),
        Bug(
            "takes-over",
            BEGIN,
            f"{BEGIN}        role = Reference('rbac.authorization.k8s.io/v1', 'ClusterRole', "
            "f'{self.model.name}-{self.app.name}-reader')\n"
            "        item = {'apiVersion': role.api_version, 'kind': role.kind, 'metadata': {'name': role.name}}\n"
            "        item['metadata']['labels'] = {'kubeflow-charms/charm': self.meta.name, "
            "'kubeflow-charms/app': self.app.name, 'kubeflow-charms/model': self.model.name}\n"
            "        if self.unit.is_leader():\n            self.run.cluster.apply(item, role, 'takes.over')\n",
        ),
        Bug("changes-what-is-fixed", "type: Opaque", "type: example.com/sealed"),
        Bug(
            "wants-a-name",
            BEGIN,
            f"{BEGIN}        if self.model.name != 'kubeflow':\n"
            "            raise Blocked('deploy to model kubeflow')\n",
        ),
        Bug(
            "clings-to-its-address",
            'return given[0].get("ip", "")',
            'ip = given[0].get("ip", "")\n'
            '        return self.secrets.ensure("address", lambda: {"given": ip})["given"] if ip else ""',
        ),
        Bug(
            "calls-home",
            BEGIN,
            f"{BEGIN}        try:\n            socket.create_connection(('192.0.2.1', 80), 1)\n"
            "        except OSError:\n            pass\n",
        ),
        Bug("hides-an-image", "environment={}", 'environment={"IMAGE": "quay.io/hidden/image:v1"}'),
        Bug("tells-in-the-environment", "environment={}", 'environment={"PASSWORD": word}'),
        Bug("tells-in-a-databag", "Word(text=self.address())", "Word(text=word)"),
        Bug("tells-in-the-status", "yield Message(self.address())", "yield Message(word)"),
        Bug(
            "tells-in-an-object",
            LOGIN,
            '{"heard": self.secrets.ensure("login", lambda: {"password": password()})["password"]}',
        ),
        Bug(
            "shrugs",
            'self.found = self.look_up("v1", "Service", f"{self.app.name}-front") or {}',
            "try:\n"
            '                self.found = self.look_up("v1", "Service", f"{self.app.name}-front") or {}\n'
            "            except Problem:\n"
            "                self.found = {'status': {'loadBalancer': {'ingress': [{'ip': '10.64.140.43'}]}}}",
        ),
    )
}
