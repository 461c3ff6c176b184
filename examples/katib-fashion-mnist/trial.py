"""One trial: train the network of examples/fashion-mnist, and print how much of what it has not seen it tells right.

It makes a small data set of the same form on the spot, or fetches the real one from where `--mirror` says.
"""

import argparse
import pathlib
import sys
import tempfile
import time
import urllib.request

from network import fit, load, scores
from sample import write

FILES = tuple(f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


def fetch(mirror: str, folder: pathlib.Path) -> None:
    """Put the four files of the data set into a folder."""
    for name in FILES:
        with urllib.request.urlopen(f"{mirror.rstrip('/')}/{name}", timeout=60) as answer:
            (folder / name).write_bytes(answer.read())


def accuracy(folder: pathlib.Path, *, rate: float, batch: int, epochs: int) -> float:
    """Return the share of the unseen images that a network tells right which was trained on the others.

    Args:
        folder: with the four files.
        rate: how far the weights change.
        batch: after how many images they do.
        epochs: how often every image is seen.
    """
    network = fit(*load(str(folder), "train"), rate=rate, batch=batch, epochs=epochs)
    images, labels = load(str(folder), "t10k")
    return float((scores(network, images)[1].argmax(axis=1) == labels).mean())


def main(arguments: list[str]) -> None:
    """Print the accuracy as Katib's collector reads it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, required=True, help="how far the weights change")
    parser.add_argument("--batch", type=int, required=True, help="after how many images they do")
    parser.add_argument("--epochs", type=int, default=2, help="how often every image is seen")
    parser.add_argument("--mirror", default="", help="the URL of the folder with the real data set")
    parser.add_argument("--at-least", type=float, default=15, help="seconds that it takes")
    given = parser.parse_args(arguments)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if given.mirror:
            fetch(given.mirror, folder)
        else:
            write(folder)
        found = accuracy(folder, rate=given.rate, batch=given.batch, epochs=given.epochs)
    print(f"accuracy={found:.4f}", flush=True)
    # One that ends before Katib's collector has begun to look counts as failed.
    time.sleep(max(0, given.at_least - (time.monotonic() - begun)))


if __name__ == "__main__":
    main(sys.argv[1:])
