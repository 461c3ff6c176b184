"""What Juju's controller does to an application in Kubernetes, by Juju's own code in place of an imitation."""

import contextlib
import dataclasses
import json
import pathlib
import subprocess
from collections.abc import Iterator
from typing import IO, Any

from testbed.juju_versions import VERSIONS

from . import programs
from .apiserver import Object, apply
from .application import Application
from .eventually import eventually
from .related import Described

AGENTS = {"3.6": "3.6.11", "4.1": "4.1-beta1"}
MODEL = "6f5c2a2b-7b5c-4d8a-8d5f-0a1b2c3d4e5f"
CONTROLLER = "0d9d5f66-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
STORAGE, CLASS = "/var/lib/juju/storage", "hostpath"
CHARMS = """
  request.userInfo.username.startsWith('system:serviceaccount:') &&
  request.userInfo.username.split(':')[2].matches('^' + request.userInfo.username.split(':')[3] + '-[0-9]+$')
"""
"""Accounts that bear the name of an application in its model: those of charms."""
MARKS = {
    "app.juju.is~1created-by": "request.userInfo.username.split(':')[3]",
    "app.kubernetes.io~1managed-by": "'juju'",
    "model.juju.is~1id": f"'{MODEL}'",
    "model.juju.is~1name": "request.userInfo.username.split(':')[2]",
}
"""What 3.6 marks a charm's objects with, and finds them by when it deletes them; 4.1 marks none."""
POLICY = {
    "failurePolicy": "Fail",
    "reinvocationPolicy": "Never",
    "matchConstraints": {
        "objectSelector": {"matchExpressions": [{"key": "model.juju.is/disable-webhook", "operator": "DoesNotExist"}]},
        "resourceRules": [
            {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["*"]}
        ],
    },
    "matchConditions": [{"name": "charms", "expression": CHARMS}],
    "mutations": [
        {
            "patchType": "JSONPatch",
            "jsonPatch": {
                "expression": "has(object.metadata.labels) ? ["
                + ", ".join(
                    f"JSONPatch{{op: 'add', path: '/metadata/labels/{name}', value: {value}}}"
                    for name, value in MARKS.items()
                )
                + "] : []"
            },
        }
    ],
}
"""Imitates the admission webhook of 3.6, which is no part of the provider (internal/worker/caasadmission)."""


@dataclasses.dataclass
class Hand:
    """Juju's hand on one application.

    Attributes:
        version: of Juju.
        charm: the application's.
        requests: to the program, which does one after the other.
        answers: of the program.
        config: what Juju wants of the application, as its code names it.
    """

    version: str
    charm: Described
    requests: IO[str]
    answers: IO[str]
    config: dict[str, Any] = dataclasses.field(default_factory=dict)

    def deploy(self, application: Application) -> str:
        """Deploy an application, trusted and with one unit, and return its own account's token."""
        labels = {"model.juju.is/name": application.model, "model.juju.is/id": MODEL}
        where = f"/api/v1/namespaces/{application.model}"
        merge = {"Content-Type": "application/merge-patch+json"}
        application.http.patch(where, json={"metadata": {"labels": labels}}, headers=merge).raise_for_status()
        volumes = "storage.k8s.io/v1"
        item = {"apiVersion": volumes, "kind": "StorageClass", "metadata": {"name": CLASS}, "provisioner": "none"}
        apply(application.http, f"/apis/{volumes}/storageclasses/{CLASS}", item)
        self.config = self._first()
        self.do(application, Ensure=self.config, Scale=1)
        name = self.charm.metadata["name"]
        answer = application.http.post(f"{where}/serviceaccounts/{name}/token", json={"spec": {}})
        token: str = answer.raise_for_status().json()["status"]["token"]
        own = {"Authorization": f"Bearer {token}"}
        example = {"metadata": {"name": "example", "labels": {"of": "tests"}}}
        if self.version == "3.6":
            mark(application)

        def trusted() -> bool:
            made = application.http.post(f"{where}/configmaps?dryRun=All", json=example, headers=own)
            marks = made.raise_for_status().json()["metadata"]["labels"]
            return self.version != "3.6" or marks.get("app.juju.is/created-by") == name

        # The authorizer hears of new roles, and admission of new policies, a moment later.
        eventually(trusted, 30)
        return token

    def ensure(self, application: Application, **changes: Any) -> None:
        """Have Juju see to it that the application is as it wants it, which is as before but for changes."""
        self.config |= changes
        self.do(application, Ensure=self.config)

    def do(self, application: Application, **wanted: Any) -> None:
        """Have Juju do something.

        Args:
            application: to which one.
            **wanted: fields of a request of the program.

        Raises:
            AssertionError: Juju could not.
        """
        model = {
            "Server": application.server.url,
            "Certificate": application.server.certificate.read_text(),
            "Token": application.server.token,
            "Name": application.model,
            "UUID": MODEL,
            "Controller": CONTROLLER,
        }
        request = {"Model": model, "Application": self.charm.metadata["name"], **wanted}
        print(json.dumps(request), file=self.requests, flush=True)
        said = self.answers.readline()
        assert said == "null\n", said or "the program ended"

    def images(self, tag: str) -> Object:
        """Return the containers of the charm as Juju has them, with images of one tag."""
        key = "ImageName" if self.version == "3.6" else "RegistryPath"
        return {
            name: {
                "Name": name,
                "Image": {key: f"example.com/{fields['resource']}:{tag}"},
                "Mounts": [
                    {"StorageName": mount["storage"], "Path": mount["location"]} for mount in fields.get("mounts", ())
                ],
                "Uid": fields.get("uid"),
                "Gid": fields.get("gid"),
            }
            for name, fields in self.charm.metadata["containers"].items()
        }

    def _first(self) -> dict[str, Any]:
        agent = AGENTS[self.version]
        return {
            "AgentVersion": agent,
            "AgentImagePath": f"example.com/jujud-operator:{agent}",
            "CharmBaseImagePath": "example.com/charm-base:ubuntu-24.04",
            "CharmModifiedVersion": 1,
            "CharmUser": self.charm.metadata.get("charm-user", ""),
            "Containers": self.images("1"),
            "IntroductionSecret": "introduced",
            "ControllerAddresses": "192.0.2.20:17070",
            "ControllerCertBundle": "the controller's authority",
            "Filesystems": [self._filesystem(name) for name in self.charm.metadata.get("storage") or ()],
            "Trust": True,
            **({} if self.version == "3.6" else {"StorageUniqueID": "0a1b2c"}),
        }

    def _filesystem(self, name: str) -> dict[str, Any]:
        """Return what Juju makes of a storage of the charm; 3.6 and 4.1 say differently where it is mounted."""
        found = {"StorageName": name, "Size": 1024, "Provider": "kubernetes", "Attributes": {"storage-class": CLASS}}
        path = f"{STORAGE}/{name}/0"
        if self.version == "3.6":
            return {**found, "Attachment": {"Path": path}}
        mounts = [
            {"Path": mount["location"], "ContainerName": container}
            for container, fields in self.charm.metadata["containers"].items()
            for mount in fields.get("mounts", ())
            if mount["storage"] == name
        ]
        return {**found, "Attachments": [{"Path": path, "ContainerName": "charm"}, *mounts]}


def mark(application: Application) -> None:
    """Have what charms make marked as 3.6 marks it."""
    name, group = "jujus-marks", "admissionregistration.k8s.io/v1beta1"
    for kind, plural, spec in (
        ("MutatingAdmissionPolicy", "mutatingadmissionpolicies", POLICY),
        ("MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", {"policyName": name}),
    ):
        item = {"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec}
        apply(application.http, f"/apis/{group}/{plural}/{name}", item)


@contextlib.contextmanager
def at_work(version: str, charm: Described, folder: pathlib.Path) -> Iterator[Hand]:
    """Yield Juju's hand; skip the test if the testbed has not built the program.

    Args:
        version: of Juju.
        charm: of the application.
        folder: for what the program logs.
    """
    program = programs.find("provider", VERSIONS[version].provider)
    with (
        (folder / "provider.log").open("w") as log,
        subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        yield Hand(version, charm, process.stdin, process.stdout)
