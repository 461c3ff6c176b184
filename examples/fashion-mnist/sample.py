"""A data set like Fashion-MNIST in form, made on the spot: small, and easy to learn.

`python sample.py FOLDER` writes it, to try the pipeline where there is no internet.
"""

import gzip
import pathlib
import struct
import sys
from typing import Any

import numpy as np

CLASSES = 10
SIZE = 28


def write_idx(path: pathlib.Path, array: "np.ndarray[Any, Any]") -> None:
    """Write bytes as MNIST's files have them: a magic number, the dimensions, the content; all gzipped."""
    head = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes(), compresslevel=1))


def write(folder: pathlib.Path, *, train: int = 600, test: int = 200, seed: int = 7) -> None:
    """Write the four files: of each class, one shape that is shifted, dimmed and covered with noise.

    Args:
        folder: is made if it is not there.
        train: images for training.
        test: images that no training sees.
        seed: the same one gives the same files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    shapes = chance.random((CLASSES, SIZE, SIZE)) > 0.7
    for part, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % CLASSES
        images = np.empty((count, SIZE, SIZE))
        for number, label in enumerate(labels):
            shifted = np.roll(shapes[label], chance.integers(-1, 2, 2), axis=(0, 1))
            images[number] = shifted * chance.uniform(120, 220) + chance.uniform(0, 35, (SIZE, SIZE))
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels)


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
