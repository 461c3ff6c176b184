import gzip
import pathlib

import numpy as np
import pytest
from network import fit, load, read_idx, scores


def accuracy(network: dict[str, np.ndarray], folder: pathlib.Path) -> float:
    images, labels = load(str(folder), "t10k")
    return float((scores(network, images)[1].argmax(axis=1) == labels).mean())


def test_a_network_learns_to_tell_images_it_never_saw(sample: pathlib.Path):
    images, labels = load(str(sample), "train")
    first, last = (accuracy(fit(images, labels, epochs=epochs), sample) for epochs in (1, 15))
    assert first < last
    assert last > 0.85


def test_training_twice_gives_the_same_network(sample: pathlib.Path):
    images, labels = load(str(sample), "train")
    first, second = fit(images, labels, epochs=1, seed=3), fit(images, labels, epochs=1, seed=3)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_another_seed_gives_another_network(sample: pathlib.Path):
    images, labels = load(str(sample), "train")
    first, second = fit(images, labels, epochs=1, seed=3), fit(images, labels, epochs=1, seed=4)
    assert not np.array_equal(first["weights"], second["weights"])


def test_images_become_rows_of_numbers_from_0_to_1(sample: pathlib.Path):
    images, labels = load(str(sample), "t10k")
    assert images.shape == (200, 784)
    assert labels.shape == (200,)
    assert 0 <= images.min() < images.max() <= 1


def test_a_file_that_is_cut_short_is_refused(sample: pathlib.Path, tmp_path: pathlib.Path):
    short = tmp_path / "short.gz"
    short.write_bytes(gzip.compress(gzip.decompress((sample / "t10k-labels-idx1-ubyte.gz").read_bytes())[:-1]))
    with pytest.raises(ValueError, match="has 199 bytes of data instead of 200"):
        read_idx(str(short))


def test_a_file_of_another_format_is_refused(tmp_path: pathlib.Path):
    other = tmp_path / "other.gz"
    other.write_bytes(gzip.compress(b"<html>Not found</html>"))
    with pytest.raises(ValueError, match="is no IDX file"):
        read_idx(str(other))


def test_images_without_labels_are_refused(sample: pathlib.Path, tmp_path: pathlib.Path):
    for kind, part in (("images-idx3", "train"), ("labels-idx1", "t10k")):
        (tmp_path / f"train-{kind}-ubyte.gz").write_bytes((sample / f"{part}-{kind}-ubyte.gz").read_bytes())
    with pytest.raises(ValueError, match="600 images and 200 labels"):
        load(str(tmp_path), "train")
