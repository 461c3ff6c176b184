"""Fashion-MNIST's files, and a small neural network in NumPy: what the steps of the pipeline share.

Every function stands for itself and imports what it needs, because the SDK copies the functions that a component names
into that component.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def read_idx(path: str) -> "np.ndarray":
    """Return the array of a gzipped IDX file, the format of all MNIST files.

    Args:
        path: a file with unsigned bytes, in any number of dimensions.

    Raises:
        ValueError: the file is of another format, or cut short.
    """
    import gzip
    import math
    import struct

    import numpy as np

    with gzip.open(path, "rb") as stream:
        content = stream.read()
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path} is no IDX file of unsigned bytes")
    dimensions = content[3]
    start = 4 + 4 * dimensions
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise ValueError(f"{path} has {len(content) - start} bytes of data instead of {math.prod(shape)}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def load(folder: str, part: str) -> "tuple[np.ndarray, np.ndarray]":
    """Return the images of a part as rows of numbers from 0 to 1, and their labels.

    Args:
        folder: where the four files are.
        part: `train`, or `t10k` for the images that no training sees.

    Raises:
        ValueError: a file is damaged, or there are more images than labels or fewer.
        FileNotFoundError: a file is missing.
    """
    import numpy as np

    images = read_idx(f"{folder}/{part}-images-idx3-ubyte.gz")
    labels = read_idx(f"{folder}/{part}-labels-idx1-ubyte.gz")
    if len(images) != len(labels):
        raise ValueError(f"{part} has {len(images)} images and {len(labels)} labels")
    return images.reshape(len(images), -1).astype(np.float32) / 255, labels


def scores(network: "dict[str, np.ndarray]", images: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """Return what the hidden layer gives for each image, and the probability of each class."""
    import numpy as np

    hidden = np.maximum(images @ network["hidden_weights"] + network["hidden_bias"], 0)
    raw = hidden @ network["weights"] + network["bias"]
    exponents = np.exp(raw - raw.max(axis=1, keepdims=True))
    return hidden, exponents / exponents.sum(axis=1, keepdims=True)


def fit(
    images: "np.ndarray",
    labels: "np.ndarray",
    *,
    hidden_units: int = 128,
    epochs: int = 10,
    batch: int = 64,
    rate: float = 0.001,
    seed: int = 1,
) -> "dict[str, np.ndarray]":
    """Return a network with one hidden layer, trained with Adam; equal arguments give an equal network.

    Args:
        images: one row for each image, numbers from 0 to 1.
        labels: the class of each image, from 0 on.
        hidden_units: the size of the hidden layer.
        epochs: how often every image is seen.
        batch: after how many images the weights change.
        rate: how far they change.
        seed: of the weights in the beginning and of the order of the images.
    """
    import numpy as np

    chance = np.random.default_rng(seed)
    inputs, classes = images.shape[1], int(labels.max()) + 1
    network = {
        "hidden_weights": chance.normal(0, (2 / inputs) ** 0.5, (inputs, hidden_units)).astype(np.float32),
        "hidden_bias": np.zeros(hidden_units, np.float32),
        "weights": chance.normal(0, (1 / hidden_units) ** 0.5, (hidden_units, classes)).astype(np.float32),
        "bias": np.zeros(classes, np.float32),
    }
    mean = {name: np.zeros_like(value) for name, value in network.items()}
    square = {name: np.zeros_like(value) for name, value in network.items()}
    wanted = np.eye(classes, dtype=np.float32)[labels]
    step = 0
    for _ in range(epochs):
        order = chance.permutation(len(images))
        for start in range(0, len(images), batch):
            chosen = order[start : start + batch]
            hidden, found = scores(network, images[chosen])
            error = (found - wanted[chosen]) / len(chosen)
            back = (error @ network["weights"].T) * (hidden > 0)
            slopes = {
                "hidden_weights": images[chosen].T @ back,
                "hidden_bias": back.sum(axis=0),
                "weights": hidden.T @ error,
                "bias": error.sum(axis=0),
            }
            step += 1
            for name, slope in slopes.items():
                mean[name] += 0.1 * (slope - mean[name])
                square[name] += 0.001 * (slope**2 - square[name])
                size = np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8
                network[name] -= rate * mean[name] / (1 - 0.9**step) / size
    return network
