"""What the testing framework does about each hook in longer than the hook takes, done in less."""

import json
import types
from typing import Any

import ops._private.yaml
import pytest
import scenario._runtime
import yaml


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Let the framework write a charm's metadata as JSON before each hook, and read that: JSON is YAML, too."""
    patch.setattr(scenario._runtime, "yaml", types.SimpleNamespace(safe_dump=json.dumps))
    patch.setattr(ops._private.yaml, "safe_load", _load)


def _load(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return yaml.load(text, yaml.CSafeLoader)
