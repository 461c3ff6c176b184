"""The token by which a workload proves who it is: asked for by the charm, kept in memory, gone with the pod.

A token in a Secret opens its doors to whoever may read Secrets there, for as long as the Secret lasts. This one comes
from a TokenRequest. Kubernetes binds a token to a pod only if the pod runs as that account, and Juju's run as the
application's; so it is bound to a Secret without content, which the pod owns and Kubernetes deletes with it.
Source: kubernetes/kubernetes, pkg/registry/core/serviceaccount/storage/token.go.
"""

import dataclasses
import json
import pathlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..engine.cluster import Cluster, Reference
from ..engine.problems import Waiting

if TYPE_CHECKING:
    import ops

    from ..engine.run import Run

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where client libraries look; in the charm's own container Juju has the application's."""

AUTHORITIES = pathlib.Path(FOLDER) / "ca.crt"
"""Who signs the API server's certificate, as Kubernetes tells the charm."""

LIFE = 48 * 3600
"""Seconds that a token is asked for. It is renewed when half of what was granted is over, so that a charm that cannot
run for a day harms nobody."""


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who a workload is.

    Attributes:
        account: its ServiceAccount, in the model's namespace.
        audiences: who accepts its other tokens, by file.
    """

    account: str
    audiences: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Note:
    """What the charm remembers of the tokens of one container; all times are seconds since 1970.

    Attributes:
        identity: whose they are, as text.
        asked: when they were asked for.
        ends: when they end.
    """

    identity: str
    asked: float
    ends: float

    def holds(self, identity: str, now: float) -> bool:
        """Tell whether the tokens are of an identity and have not ended; under another clock nobody knows."""
        return self.identity == identity and self.asked <= now < self.ends

    def lasts(self, identity: str, now: float) -> bool:
        """Tell whether the tokens need not be renewed yet."""
        return self.holds(identity, now) and now < (self.asked + self.ends) / 2


def ensure(run: "Run", container: "ops.Container", identity: Identity, *, anew: bool) -> None:
    """Let a container have valid tokens, which Kubernetes' own clients read again each minute while a program runs.

    Args:
        run: the reconciliation, which keeps the problem of a renewal that can be done later.
        container: where the program runs.
        identity: who it is.
        anew: whether the container has just started, with empty memory.

    Raises:
        Problem: there are no valid tokens, and none can be had now.
    """
    notes = _load(_path(run))
    noted, told, now = notes.get(container.name), json.dumps(dataclasses.asdict(identity), sort_keys=True), time.time()
    if anew or identity.account in run.anew or noted is None or not noted.holds(told, now):
        _renew(run, container, identity, told)
    elif not noted.lasts(told, now):
        run.attempt(_renew, run, container, identity, told)


def _renew(run: "Run", container: "ops.Container", identity: Identity, told: str) -> None:
    bound = run.bound = run.bound or _bound(run)
    asked = time.time()
    account = Reference("v1", "ServiceAccount", identity.account, run.namespace)
    seconds = LIFE
    for path, audience in {f"{FOLDER}/token": "", **identity.audiences}.items():
        token, granted = _request(run.cluster, account, audience, bound)
        container.push(path, token, permissions=0o600, make_dirs=True)
        seconds = min(seconds, granted)
    for name, text in (("ca.crt", AUTHORITIES.read_text()), ("namespace", run.namespace)):
        container.push(f"{FOLDER}/{name}", text, permissions=0o444, make_dirs=True)
    _save(_path(run), {**_load(_path(run)), container.name: Note(told, asked, asked + seconds)})


def _request(cluster: Cluster, account: Reference, audience: str, bound: Mapping[str, str]) -> tuple[str, int]:
    """Return a token of a ServiceAccount, and for how many seconds it is granted.

    Args:
        cluster: which has the account.
        account: the ServiceAccount.
        audience: who is to accept it; empty for Kubernetes.
        bound: the object with which it ends.

    Raises:
        Waiting: the account is not there yet, or Kubernetes does not answer.
    """
    audiences = {"audiences": [audience]} if audience else {}
    spec = {**audiences, "expirationSeconds": LIFE, "boundObjectRef": dict(bound)}

    def send(client: Any, kind: Any, where: dict[str, str]) -> tuple[str, int]:
        granted = client.create(_token_request()({"metadata": {}, "spec": spec}), account.name, **where)
        return granted["status"]["token"], granted["spec"]["expirationSeconds"]

    granted = cluster.call(account, send)
    if granted is None:
        raise Waiting(f"Kubernetes to have {account}")
    return granted


def _token_request() -> Any:
    """Return the kind of TokenRequests; the client's own comes with all the models of Kubernetes' core."""
    from lightkube.core import resource
    from lightkube.generic_resource import GenericNamespacedStatus

    class TokenRequest(GenericNamespacedStatus):
        _api_info = resource.ApiInfo(
            resource=resource.ResourceDef("authentication.k8s.io", "v1", "TokenRequest"),
            parent=resource.ResourceDef("", "v1", "ServiceAccount"),
            plural="serviceaccounts",
            verbs=["post"],
            action="token",
        )

    return TokenRequest


def _bound(run: "Run") -> Mapping[str, str]:
    """Return the reference to the Secret that this pod's tokens are bound to, made anew for another pod.

    Raises:
        Waiting: the pod is not there any more.
    """
    pod = Reference("v1", "Pod", run.unit.name.replace("/", "-"), run.namespace)
    found = run.cluster.get(pod)
    if found is None:
        raise Waiting("Kubernetes to know the unit's pod")
    owner = {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": found["metadata"]["uid"]}
    secret = Reference("v1", "Secret", f"{pod.name}-identity", run.namespace)
    there = run.cluster.get(secret)
    if there and [item["uid"] for item in there["metadata"].get("ownerReferences", ())] != [owner["uid"]]:
        run.cluster.delete(secret)  # with it end the tokens of the pod before
        there = None
    if there is None:
        metadata = {"name": secret.name, "namespace": run.namespace, "ownerReferences": [owner]}
        item = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
        there = run.cluster.apply(item, secret, f"{run.app}.identity")
    return {"apiVersion": "v1", "kind": "Secret", "name": secret.name, "uid": there["metadata"]["uid"]}


def _path(run: "Run") -> pathlib.Path:
    """Return where notes are kept: in the pod, as the tokens are."""
    return run.sources.parent / ".tokens"


def _load(path: pathlib.Path) -> dict[str, Note]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
        return {name: Note(*values) for name, values in found.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _save(path: pathlib.Path, notes: Mapping[str, Note]) -> None:
    path.write_text(json.dumps({name: dataclasses.astuple(note) for name, note in notes.items()}))
