import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import testbed
from testbed import golang
from testbed.golang import Target

IMAGE = "example.com/some/thing:1"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TESTBED_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = Path(testbed.__file__).parent
        yield golang.build("standin", [Target("stand-in", ".")], modules=folder)["stand-in"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def settings(folder: Path, content: object) -> dict[str, str]:
    path = folder / "stand-in.json"
    path.write_text(json.dumps(content))
    return {**os.environ, "STAND_IN": str(path)}


@pytest.fixture
def port(program: Path, tmp_path: Path) -> Iterator[int]:
    chosen = free_port()
    environment = settings(tmp_path, {"image": IMAGE, "ports": {str(chosen): ["/healthz", "/ui/"]}})
    with subprocess.Popen([program], env=environment, stderr=subprocess.DEVNULL) as running:
        for _ in range(100):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", chosen)) == 0:
                    break
            time.sleep(0.05)
        yield chosen
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0


def page(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/ui/a/b", 200), ("/", 404), ("/healthz/x", 404)])
def test_every_page_says_that_it_is_a_stand_in(port: int, path: str, status: int) -> None:
    answered, text = page(port, path)
    assert answered == status
    assert f"This is a stand-in for {IMAGE}" in text


@pytest.mark.parametrize(("content", "reason"), [({"image": IMAGE}, "names no ports"), ([], "cannot unmarshal array")])
def test_bad_settings_end_it_with_the_reason(program: Path, tmp_path: Path, content: object, reason: str) -> None:
    done = subprocess.run(
        [program], env=settings(tmp_path, content), capture_output=True, text=True, check=False, timeout=10
    )
    assert done.returncode == 1
    assert reason in done.stderr


def test_a_port_in_use_ends_it_with_the_reason(program: Path, port: int, tmp_path: Path) -> None:
    environment = settings(tmp_path, {"image": IMAGE, "ports": {str(port): ["/"]}})
    done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False, timeout=10)
    assert done.returncode == 1
    assert "address already in use" in done.stderr
