"""The training code on Fashion-MNIST itself, of which Debian has a package."""

import os
import pathlib
import shutil
import tarfile
from typing import Any

import fashion_mnist
import pytest
from kfp import dsl

from testbed import debian

FOLDER = "./usr/share/datasets/fashion-mnist/"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder with the data set's four files, fetched once into the testbed's cache."""
    if os.geteuid() or not shutil.which("mmdebstrap"):
        pytest.skip("needs root and mmdebstrap, which `python -m testbed build` installs")
    folder = tmp_path_factory.mktemp("data")
    with tarfile.open(debian.root("fashion-mnist", ["dataset-fashion-mnist"], variant="extract")) as packed:
        for member in packed.getmembers():
            if member.name.startswith(FOLDER) and member.name.endswith(".gz"):
                member.name = pathlib.PurePath(member.name).name
                packed.extract(member, folder, filter="data")
    return folder


def step(component: Any) -> Any:
    """Return the function that a component runs."""
    return component.python_func


def test_ten_epochs_tell_at_least_85_of_100_pictures_right(data: pathlib.Path, tmp_path: pathlib.Path):
    train, evaluate = step(fashion_mnist.train), step(fashion_mnist.evaluate)
    model = dsl.Model(uri=str(tmp_path / "model"))
    train(folder=str(data), epochs=10, seed=0, model=model, metrics=dsl.Metrics())
    seen = {"metrics": dsl.Metrics(), "confusion": dsl.ClassificationMetrics()}
    assert evaluate(folder=str(data), minimum=0.85, model=model, **seen) >= 0.85
