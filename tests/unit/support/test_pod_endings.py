"""What ended in a pod is read from its status."""

import datetime
from typing import Any

import pytest
from lightkube.resources.core_v1 import Pod
from support.pod_endings import Ending, endings

RUNNING = {"running": {}}
AT = datetime.datetime(2026, 11, 22, 15, 38, 7, tzinfo=datetime.UTC)


def pod(init: dict[str, Any], main: dict[str, Any], **metadata: str) -> Pod:
    """Return a pod whose two containers are in the given states."""
    kept = {"ready": False, "restartCount": 1, "image": "image", "imageID": "image"}
    found = Pod.from_dict(
        {
            "metadata": {"name": "istio-pilot-0", **metadata},
            "status": {
                "initContainerStatuses": [{"name": "charm-init", **kept, **init}],
                "containerStatuses": [{"name": "istiod", **kept, **main}],
            },
        }
    )
    assert isinstance(found, Pod)
    return found


def ended(status: int, reason: str) -> dict[str, Any]:
    """Return the state of a container that ended."""
    return {"terminated": {"exitCode": status, "reason": reason, "finishedAt": "2026-11-22T15:38:07Z"}}


def test_a_container_that_was_started_again_is_remembered():
    found = endings(pod({"state": ended(0, "Completed"), "lastState": ended(1, "Error")}, {"state": RUNNING}))
    assert list(found) == [Ending("istio-pilot/0", "charm-init", 1, "Error", AT)]


def test_a_container_that_has_just_ended_is_told():
    found = endings(pod({"state": ended(0, "Completed")}, {"state": ended(137, "OOMKilled")}))
    assert list(found) == [Ending("istio-pilot/0", "istiod", 137, "OOMKilled", AT)]


@pytest.mark.parametrize(
    "quiet",
    [
        pod({"state": ended(0, "Completed")}, {"state": RUNNING}),
        pod({"state": RUNNING}, {"state": ended(143, "Error")}, deletionTimestamp="2026-01-01T00:00:00Z"),
        Pod.from_dict({"metadata": {"name": "istio-pilot-0"}}),
    ],
)
def test_what_ends_as_it_should_is_not(quiet: Pod):
    assert not list(endings(quiet))
