"""The network of the pipeline in PyTorch, trained by all replicas of a PyTorchJob together.

The training operator tells each replica who it is and where the others are: RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT.
It runs alone, too, where nothing is set.
"""

# PyTorch is in the image that this runs in; nothing else here needs it.
# pyright: reportMissingImports=false

import gzip
import os
import pathlib
import sys
import tempfile
import urllib.request

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

MIRROR = os.environ.get("MIRROR", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com")
FOLDER = pathlib.Path(os.environ.get("DATA", tempfile.gettempdir()))
EPOCHS = int(os.environ.get("EPOCHS", "10"))
MINIMUM = float(os.environ.get("MINIMUM_ACCURACY", "0.85"))
BATCH = 64
"""Images in all replicas together after which the weights change."""


def read(name: str, head: int) -> torch.Tensor:
    """Return what follows the head of an IDX file, fetched if it is not there."""
    place = FOLDER / name
    if not place.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(f"{MIRROR}/{name}", timeout=60) as answer:
            place.write_bytes(answer.read())
    return torch.frombuffer(bytearray(gzip.decompress(place.read_bytes())[head:]), dtype=torch.uint8)


def load(part: str) -> TensorDataset:
    """Return the images of `train` or `t10k` as rows of numbers from 0 to 1, with their labels."""
    images = read(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 784).float() / 255
    return TensorDataset(images, read(f"{part}-labels-idx1-ubyte.gz", 8).long())


def train(network: nn.Module, data: TensorDataset, device: torch.device) -> None:
    """Train a network: each replica sees its share of the images, and all change their weights alike."""
    sampler = DistributedSampler(data, seed=1)
    batches = DataLoader(data, batch_size=max(1, BATCH // distributed.get_world_size()), sampler=sampler)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001)
    for epoch in range(EPOCHS):
        sampler.set_epoch(epoch)
        total = 0.0
        for images, labels in batches:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(images.to(device)), labels.to(device))
            loss.backward()
            optimizer.step()
            total += loss.item()
        mean = total / len(batches)
        print(f"replica {distributed.get_rank()}: epoch {epoch + 1} of {EPOCHS}, loss {mean:.3f}", flush=True)


def accuracy(network: nn.Module, data: TensorDataset, device: torch.device) -> float:
    """Return the share of images that a network tells right."""
    images, labels = data.tensors
    with torch.no_grad():
        found = network(images.to(device)).argmax(dim=1).cpu()
    return (found == labels).float().mean().item()


def main() -> int:
    """Train, and return 0 if the network is as good as demanded."""
    for name, alone in (("RANK", "0"), ("WORLD_SIZE", "1"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", "23456")):
        os.environ.setdefault(name, alone)
    graphics = torch.cuda.is_available()
    distributed.init_process_group("nccl" if graphics else "gloo")
    device = torch.device("cuda" if graphics else "cpu")
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)).to(device)
    train(DistributedDataParallel(network), load("train"), device)
    found = accuracy(network, load("t10k"), device) if distributed.get_rank() == 0 else MINIMUM
    if distributed.get_rank() == 0:
        print(f"accuracy {found:.4f}; {MINIMUM} was demanded", flush=True)
    distributed.destroy_process_group()
    return 0 if found >= MINIMUM else 1


if __name__ == "__main__":
    sys.exit(main())
