"""Katib's configuration: what it reads from a file as it starts, and from a ConfigMap whenever an experiment needs it.

Source of the names and keys: kubeflow/katib v0.19.0, pkg/apis/config/v1beta1 and pkg/util/v1beta1/katibconfig. Katib
reads YAML, and so JSON as well.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

import katib_images
from kubeflow_charms.configuration.images import Images

Entry = dict[str, Any]
SECTIONS = {"suggestions": "algorithmName", "earlyStoppings": "algorithmName", "metricsCollectors": "kind"}
"""The lists of the configuration, and by what their entries are told apart."""
NAME, KEY = "katib-config", "katib-config.yaml"
"""The ConfigMap that Katib looks for in its own namespace, and the key in it."""
PYTHON = {"memory": "400Mi"}
READER = {"cpu": "100m"}
LIMITS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "suggestions": {name: PYTHON for name, image in katib_images.ALGORITHMS.items() if image != katib_images.SMALL},
    "earlyStoppings": dict.fromkeys(katib_images.EARLY_STOPPINGS, PYTHON),
    "metricsCollectors": {"StdOut": READER, "File": READER, "TensorFlowEvent": {"memory": "1Gi"}},
}
"""Limits other than Katib's defaults, of 100Mi and half a processor.

More memory for what would not start, or be killed before long: measured with v0.19.0's sources on Python 3.11 before
the first request, hyperopt has 143 MiB, medianstop 103, optuna 79. Less of a processor for the collectors of text,
which without a pause ask for their file until the trial has made it, and need a hundredth of a second for all else.
"""


READY: Mapping[str, Any] = {
    "readinessProbe": {
        "grpc": {"port": 6789, "service": "manager.v1beta1.Suggestion"},
        "periodSeconds": 2,
        "timeoutSeconds": 2,
        "failureThreshold": 15,
    }
}
"""Whether an algorithm answers. Katib's own probe is sent after ten seconds, and then as often: every experiment would
wait for that. One that answers no more is left out after half a minute, as it would be."""

ASKED = {"cpu": "50m", "memory": "10Mi", "ephemeral-storage": "500Mi"}
"""What Katib asks for, for containers whose entries say nothing: a limit below it no pod could have."""


@dataclasses.dataclass(frozen=True)
class Entries:
    """Entries by section and name, each with the fields that it sets."""

    sections: Mapping[str, Mapping[str, Entry]] = dataclasses.field(default_factory=dict)


def names(section: str) -> Iterable[str]:
    """Return the names of Katib's own entries of a section."""
    own = {
        "suggestions": katib_images.ALGORITHMS,
        "earlyStoppings": katib_images.EARLY_STOPPINGS,
        "metricsCollectors": katib_images.COLLECTORS,
    }
    return own[section]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator decides of the pods of experiments.

    Attributes:
        images: of algorithms and collectors.
        suggestion_limits: what an algorithm's container may use, by resource; collector_limits: a collector's.
        access_mode: of the volume of an experiment; volume_class: its storage class, empty for the default.
        entries: laid over what is built in.
    """

    images: Images
    suggestion_limits: Mapping[str, str]
    collector_limits: Mapping[str, str]
    access_mode: str
    volume_class: str
    entries: Entries


def runtime(settings: Settings) -> dict[str, list[Entry]]:
    """Return what Katib reads from the ConfigMap."""
    image, claim = settings.images.of, _claim(settings)
    built_in: dict[str, dict[str, Entry]] = {
        "suggestions": {
            name: {"image": image(katib_images.suggestion(name)), **claim(name), **READY}
            for name in katib_images.ALGORITHMS
        },
        "earlyStoppings": {
            name: {"image": image(katib_images.early_stopping(name))} for name in katib_images.EARLY_STOPPINGS
        },
        "metricsCollectors": {name: {"image": image(katib_images.collector(name))} for name in katib_images.COLLECTORS},
    }
    limits = {
        "suggestions": settings.suggestion_limits,
        "earlyStoppings": settings.suggestion_limits,
        "metricsCollectors": settings.collector_limits,
    }
    return {
        section: [
            _entry(section, name, limits[section], own, settings.entries.sections.get(section, {}).get(name, {}))
            for name in (*own_names, *_added(section, settings.entries))
            for own in (own_names.get(name, {}),)
        ]
        for section, own_names in built_in.items()
    }


def _added(section: str, found: Entries) -> list[str]:
    return [name for name in found.sections.get(section, {}) if name not in names(section)]


def _entry(section: str, name: str, limits: Mapping[str, str], own: Entry, over: Entry) -> Entry:
    wanted = {**LIMITS[section].get(name, {}), **limits}
    resources = {"resources": {"limits": wanted}} if wanted else {}
    return _laid({SECTIONS[section]: name, **own, **resources}, over)


def _laid(under: Entry, over: Entry) -> Entry:
    """Return the fields of one mapping with those of another over them, at every depth."""
    both = {
        key: _laid(under[key], value)
        for key, value in over.items()
        if isinstance(value, dict) and isinstance(under.get(key), dict)
    }
    return {**under, **over, **both}


def _claim(settings: Settings) -> Any:
    def claim(algorithm: str) -> Entry:
        """Return the volume of experiments of an algorithm; pbt keeps the models of its trials there."""
        wanted: Entry = {
            "accessModes": [settings.access_mode],
            "resources": {"requests": {"storage": "5Gi" if algorithm == "pbt" else "1Gi"}},
        }
        named = {"storageClassName": settings.volume_class} if settings.volume_class else {}
        return {"persistentVolumeClaimSpec": {**wanted, **named}}

    return claim


def initial(*, kinds: Iterable[str], lease: str, metrics: int, health: int, webhooks: int) -> Entry:
    """Return what Katib reads from its file as it starts.

    Args:
        kinds: that a trial can be.
        lease: with which units agree on who works.
        metrics: the port of its metrics.
        health: the port at which it says how it is.
        webhooks: the port at which the API server asks it.
    """
    return {
        "certGenerator": {"enable": False},
        "controller": {
            "enableLeaderElection": True,
            "healthzAddr": f":{health}",
            "leaderElectionID": lease,
            "metricsAddr": f":{metrics}",
            "trialResources": list(kinds),
            "webhookPort": webhooks,
        },
    }


def document(**parts: Any) -> str:
    """Return a configuration with the parts `init` and `runtime`."""
    return json.dumps({"apiVersion": "config.kubeflow.org/v1beta1", "kind": "KatibConfig", **parts}, indent=1)
