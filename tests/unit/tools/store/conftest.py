"""Tiny charms and bundles, and a store that serves them over HTTP."""

import json
import pathlib
import typing
import urllib.error
import urllib.request

import pytest
from support import archives
from support.answering import answering

from tools.store.index import Store
from tools.store.server import Server


class Answer(typing.NamedTuple):
    status: int
    body: bytes

    @property
    def json(self) -> typing.Any:
        return json.loads(self.body)


@pytest.fixture
def make_zip(tmp_path):
    """Write a zip archive of these files."""

    def make(name: str, files: dict[str, str], dispatch_mode: int = 0o755) -> pathlib.Path:
        return archives.write(tmp_path / name, files, dispatch_mode)

    return make


@pytest.fixture
def make_charm(make_zip):
    """Write a charm's archive; another image makes another revision."""

    def make(name="dex-auth", image=archives.IMAGE, file="") -> pathlib.Path:
        return make_zip(file or f"{name}.charm", archives.charm_files(name, image))

    return make


@pytest.fixture
def bundle(make_zip):
    """Give a bundle of one charm."""
    return make_zip("kubeflow-lite.bundle", archives.bundle_files())


@pytest.fixture
def folder(tmp_path):
    """Give the store's empty folder."""
    path = tmp_path / "store"
    path.mkdir()
    return path


@pytest.fixture
def server(folder):
    """Serve the folder on a free port of this machine."""
    with answering(Server(Store(folder), "127.0.0.1", 0)) as running:
        yield running


@pytest.fixture
def ask(server):
    """Ask the store: a GET, or a POST of a JSON document."""

    def request(path: str, body: object = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        question = urllib.request.Request(path if "://" in path else server.url + path, data)
        try:
            with urllib.request.urlopen(question, timeout=10) as answer:
                return Answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read())

    return request


@pytest.fixture
def refresh(ask):
    """Ask for one action as Juju does, and give its one result."""

    def act(action="install", context=None, **fields) -> typing.Any:
        fields = {key.replace("_", "-"): value for key, value in fields.items()}
        request = {
            "context": [{"instance-key": "key", **context}] if context else [],
            "actions": [{"action": action, "instance-key": "key", **fields}],
        }
        (result,) = ask("/v2/charms/refresh", request).json["results"]
        assert result["instance-key"] == "key"
        return result

    return act
