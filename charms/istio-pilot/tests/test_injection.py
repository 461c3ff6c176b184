"""Which pods get a sidecar, by the selectors of the webhooks; tests/cluster/test_istiod.py asks a real API server."""

import pytest

ENABLED = {"istio-injection": "enabled"}
REVISION = {"istio.io/rev": "default"}
JOB = {"training.kubeflow.org/job-name": "train", "training.kubeflow.org/replica-type": "worker"}
ASKS, REFUSES = {"sidecar.istio.io/inject": "true"}, {"sidecar.istio.io/inject": "false"}


def matches(expression, labels):
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "DoesNotExist":
            return value is None
    raise AssertionError(expression)


def selected(pilot, namespace, pod):
    """Return how many webhooks a new pod is shown to."""
    pilot.settle(pilot.gatekeeper())
    found = pilot.found("MutatingWebhookConfiguration")["istio-sidecar-injector-edge"]["webhooks"]
    labels = {"kubernetes.io/metadata.name": "ada", **namespace}
    return sum(
        all(matches(item, labels) for item in webhook["namespaceSelector"]["matchExpressions"])
        and all(matches(item, pod) for item in webhook["objectSelector"]["matchExpressions"])
        for webhook in found
    )


@pytest.mark.parametrize("namespace", [ENABLED, REVISION, {**ENABLED, **REVISION}])
@pytest.mark.parametrize(
    ("pod", "times"),
    [
        ({"app": "web"}, 1),
        (ASKS, 1),
        (REFUSES, 0),
        (JOB, 0),
        ({**JOB, **REFUSES}, 0),
        ({**JOB, **ASKS}, 1),
        ({"jobset.sigs.k8s.io/jobset-name": "train"}, 0),
        ({"app.kubernetes.io/name": "istio-pilot"}, 0),
    ],
)
def test_a_pod_gets_one_sidecar_or_none(pilot, namespace, pod, times):
    assert selected(pilot, namespace, pod) == times


@pytest.mark.parametrize("namespace", [{}, {"istio-injection": "disabled"}, {"istio.io/rev": "canary"}])
@pytest.mark.parametrize("pod", [{}, ASKS, {**JOB, **ASKS}])
def test_elsewhere_none_does(pilot, namespace, pod):
    assert selected(pilot, namespace, pod) == 0


def test_each_webhook_has_a_name_of_its_own(pilot):
    pilot.settle(pilot.gatekeeper())
    found = pilot.found("MutatingWebhookConfiguration")["istio-sidecar-injector-edge"]["webhooks"]
    assert len({webhook["name"] for webhook in found}) == len(found)
