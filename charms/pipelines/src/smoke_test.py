"""A run that goes through all that a run needs: API, database, workflow, driver, launcher, metadata and object store.

Source of paths and fields: kubeflow/pipelines 2.17, backend/api/v2beta1, and what its SDK compiles.
"""

import dataclasses
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from kubeflow_charms.engine.problems import Blocked, Waiting
from pipelines_network import USER_HEADER

Object = dict[str, Any]
NAME = "smoke-test"
ENDED = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
PAUSE = 2
TIMEOUT = 30
METRICS = "smoke-test.prom"
"""The file, beside the authoriser's program, that tells how the last one went."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How it went.

    Attributes:
        succeeded: whether the run came to its end.
        seconds: how long that took.
        run: its identifier.
        state: what the API calls it.
        reason: what the API says of the step that failed.
    """

    succeeded: bool
    seconds: float
    run: str
    state: str
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Api:
    """The API, asked from its own pod in a user's name.

    Attributes:
        url: where it listens.
        user: in whose name.
    """

    url: str
    user: str

    def send(self, method: str, path: str, body: Object | None = None, **query: str) -> Object:
        """Return the answer to a request.

        Raises:
            Waiting: it does not answer.
            Blocked: it refuses.
        """
        address = f"{self.url}/apis/v2beta1/{path}{f'?{urllib.parse.urlencode(query)}' if query else ''}"
        content = json.dumps(body).encode() if body is not None else None
        headers = {USER_HEADER: self.user, "Content-Type": "application/json"}
        request = urllib.request.Request(address, content, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(2000).decode(errors="replace")
            raise Blocked(f"the API refuses {method} {path}: {error.code} {_message(said)}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Waiting("the API of pipelines to answer") from error


def run(
    api: Api,
    *,
    namespace: str,
    image: str,
    account: str,
    patience: float,
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Run one step, and wait until it ends; a run that succeeds is deleted, one that fails stays to be looked at.

    Args:
        api: in the name of somebody who may work in the namespace.
        namespace: of a profile.
        image: of the step; with a shell.
        account: which the step runs as.
        patience: seconds that it gets.
        say: told when its state changes.
        sleep: lets time pass between looks.

    Raises:
        Blocked, Waiting: the API refuses, or does not answer.
    """
    begin, said = time.monotonic(), ""
    experiment = _experiment(api, namespace)
    body = {"display_name": NAME, "experiment_id": experiment, "pipeline_spec": specification(image)}
    made = api.send("POST", "runs", {**body, "service_account": account}, experiment_id=experiment)
    identifier = str(made["run_id"])
    while True:
        found = api.send("GET", f"runs/{identifier}")
        state, seconds = str(found.get("state", "PENDING")), round(time.monotonic() - begin, 1)
        if state != said:
            say(f"{seconds:.0f} s: {state}")
            said = state
        if state in ENDED:
            break
        if seconds > patience:
            return Outcome(False, seconds, identifier, state, f"it has not ended after {patience:.0f} s")
        sleep(PAUSE)
    if state == "SUCCEEDED":
        api.send("POST", f"runs/{identifier}:archive", {})
        api.send("DELETE", f"runs/{identifier}")
    return Outcome(state == "SUCCEEDED", seconds, identifier, state, _reason(found))


def metrics(outcome: Outcome, now: float) -> str:
    """Return what Prometheus reads of an outcome.

    Args:
        outcome: of the last one.
        now: when it ended, in seconds since 1970.
    """
    values = {
        "success": ("Whether the last smoke test came to its end", float(outcome.succeeded)),
        "duration_seconds": ("How long the last smoke test took", outcome.seconds),
        "timestamp_seconds": ("When the last smoke test ended", round(now, 3)),
    }
    lines: list[str] = []
    for name, (text, value) in values.items():
        whole = f"kubeflow_pipelines_smoke_test_{name}"
        lines += [f"# HELP {whole} {text}.", f"# TYPE {whole} gauge", f"{whole} {value}"]
    return "\n".join(lines) + "\n"


def specification(image: str) -> Object:
    """Return the pipeline: one step that writes an artefact, so that the object store is asked too."""
    artefact = {"artifactType": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}}
    script = 'mkdir -p "$(dirname "$0")" && echo done > "$0"'
    container = {"image": image, "command": ["sh", "-c", script], "args": ["{{$.outputs.artifacts['written'].path}}"]}
    component = {"executorLabel": "exec-write", "outputDefinitions": {"artifacts": {"written": artefact}}}
    task = {"cachingOptions": {}, "componentRef": {"name": "comp-write"}, "taskInfo": {"name": "write"}}
    return {
        "pipelineInfo": {"name": NAME},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.15.2",
        "components": {"comp-write": component},
        "deploymentSpec": {"executors": {"exec-write": {"container": container}}},
        "root": {"dag": {"tasks": {"write": task}}},
    }


def _experiment(api: Api, namespace: str) -> str:
    """Return the experiment that all of them are in, which is made once."""
    predicate = {"operation": "EQUALS", "key": "display_name", "string_value": NAME}
    wanted = json.dumps({"predicates": [predicate]})
    found = api.send("GET", "experiments", namespace=namespace, filter=wanted).get("experiments") or []
    there = found[0] if found else api.send("POST", "experiments", {"display_name": NAME, "namespace": namespace})
    return str(there["experiment_id"])


def _reason(found: Object) -> str:
    """Return what went wrong, the steps' own words before the whole run's."""
    tasks = (found.get("run_details") or {}).get("task_details") or []
    said = [f"{task.get('display_name')}: {text}" for task in tasks if (text := _error(task))]
    return "; ".join(said) or _error(found)


def _error(item: Object) -> str:
    return str((item.get("error") or {}).get("message") or "")


def _message(said: str) -> str:
    try:
        told = json.loads(said)
        return str(told.get("message") or told.get("error") or "")[:300]
    except (ValueError, AttributeError):
        return said.strip()[:300]
