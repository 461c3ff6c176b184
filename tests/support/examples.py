"""Small charms, made from the plan that a test states."""

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml
from kubeflow_charms import Charm, option
from kubeflow_charms.configuration import options
from kubeflow_charms.parts import Program

from .deployment import Deployment, deployed

CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {value: {{ value | default("1") | tojson }}}
"""
SOURCES = {"settings.yaml.j2": CONFIG_MAP}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """Options of an example whose programs are limited."""

    memory: str = option(options.quantity)


Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Deploy]:
    """Return a function that deploys a charm called `example`.

    Its arguments: the plan; its `programs`, without which its containers stay as Juju makes them; `attributes` of the
    charm's class, such as endpoints; `sources`, files of its src folder by name; and any key of charmcraft.yaml, by
    default with a container `app` and no more.
    """
    with contextlib.ExitStack() as stack:

        def start(
            plan: Callable[[Charm], Any],
            *,
            programs: tuple[Program, ...] = (),
            attributes: Mapping[str, Any] | None = None,
            sources: Mapping[str, str] | None = None,
            **metadata: Any,
        ) -> Deployment:
            root = tmp_path / "example"
            (root / "src").mkdir(parents=True)
            for name, text in {**SOURCES, **(sources or {})}.items():
                (root / "src" / name).write_text(text)
            document = {"name": "example", "containers": {"app": {}}, **metadata}
            (root / "charmcraft.yaml").write_text(yaml.safe_dump(document))
            if not programs:
                monkeypatch.setattr("kubeflow_charms.engine.charm.require_each", lambda programs, containers: None)
            charm = type("Example", (Charm,), {"plan": plan, "programs": programs, **(attributes or {})})
            return stack.enter_context(deployed(charm, root, monkeypatch, tmp_path))

        yield start
