import contextlib
import functools
import http.server
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import fashion_mnist
import numpy as np
import pytest
from kfp import dsl


def step(component: Any) -> Any:
    """Return the function that a component runs."""
    return component.python_func


@pytest.fixture
def mirror(sample: pathlib.Path) -> Iterator[str]:
    """The URL of a server that has the sample."""
    with serving(sample) as url:
        yield url


@contextlib.contextmanager
def serving(folder: pathlib.Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def trained(sample: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> dsl.Model:
    """The model that the step makes of the sample."""
    model = dsl.Model(uri=str(tmp_path_factory.mktemp("model") / "model"))
    step(fashion_mnist.train)(folder=str(sample), epochs=15, seed=1, model=model, metrics=dsl.Metrics())
    return model


def test_download_fetches_the_four_files(mirror: str, sample: pathlib.Path, tmp_path: pathlib.Path):
    step(fashion_mnist.download)(mirror=mirror, folder=str(tmp_path / "data"), verify=False)
    found = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}
    assert found == {path.name: path.read_bytes() for path in sample.iterdir()}


def test_download_leaves_what_is_there(tmp_path: pathlib.Path, sample: pathlib.Path):
    nowhere = "http://127.0.0.1:9"
    step(fashion_mnist.download)(mirror=nowhere, folder=str(sample), verify=False)


def test_download_refuses_what_was_not_published(mirror: str, tmp_path: pathlib.Path):
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz has the checksum .* instead of 8d4fb7e6"):
        step(fashion_mnist.download)(mirror=mirror, folder=str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_train_leaves_weights_and_a_metric(sample: pathlib.Path, tmp_path: pathlib.Path):
    model, metrics = dsl.Model(uri=str(tmp_path / "model")), dsl.Metrics()
    step(fashion_mnist.train)(folder=str(sample), epochs=5, seed=1, model=model, metrics=metrics)
    with np.load(model.path) as weights:
        assert weights["hidden_weights"].shape == (784, 128)
    assert metrics.metadata["training accuracy"] > 0.5


def test_evaluate_returns_the_accuracy_on_images_that_no_training_saw(sample: pathlib.Path, trained: dsl.Model):
    metrics, confusion = dsl.Metrics(), dsl.ClassificationMetrics()
    accuracy = step(fashion_mnist.evaluate)(
        folder=str(sample), minimum=0.85, model=trained, metrics=metrics, confusion=confusion
    )
    assert accuracy == metrics.metadata["accuracy"] > 0.85
    rows = confusion.metadata["confusionMatrix"]["rows"]
    assert sum(sum(row["row"]) for row in rows) == 200


def test_evaluate_fails_where_the_network_is_worse_than_demanded(sample: pathlib.Path, trained: dsl.Model):
    with pytest.raises(ValueError, match=r"is less than 1\.01: train it longer"):
        step(fashion_mnist.evaluate)(
            folder=str(sample),
            minimum=1.01,
            model=trained,
            metrics=dsl.Metrics(),
            confusion=dsl.ClassificationMetrics(),
        )


def test_predict_names_as_many_images_as_asked_for(sample: pathlib.Path, trained: dsl.Model, tmp_path: pathlib.Path):
    table = dsl.Markdown(uri=str(tmp_path / "table.md"))
    step(fashion_mnist.predict)(folder=str(sample), count=3, model=trained, table=table)
    lines = pathlib.Path(table.path).read_text().splitlines()
    assert len(lines) == 2 + 3
    assert lines[2].startswith("| 0 | T-shirt | ")
