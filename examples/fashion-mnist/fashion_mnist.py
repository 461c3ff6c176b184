"""A pipeline that trains a network to tell clothes apart, from the download to the prediction.

`python fashion_mnist.py` compiles it; `python fashion_mnist.py --run`, in a notebook server of Kubeflow, runs it.
"""

# The SDK's decorators make steps of functions, which get their outputs from it; its types do not tell.
# pyright: reportCallIssue=false, reportArgumentType=false

import argparse
import os
import pathlib
import sys

from kfp import compiler, dsl, kubernetes
from kfp.dsl import ClassificationMetrics, Input, Markdown, Metrics, Model, Output
from network import fit, load, read_idx, scores

IMAGE = os.environ.get("FASHION_MNIST_IMAGE", "")
"""An image that has NumPy and the SDK, for a cluster without internet; else every step installs them."""
BASE = IMAGE or "docker.io/library/python:3.12-slim"
PACKAGES = [] if IMAGE else ["numpy==2.4.6"]
MIRROR = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
"""Where Zalando, whose pictures these are, serves them."""
VOLUME = "/data"


@dsl.component(base_image=BASE, install_kfp_package=not IMAGE)
def download(mirror: str, folder: str, verify: bool = True):
    """Put the four files of the data set into a folder; what is there already is not fetched again.

    Args:
        mirror: the URL of the folder that has them.
        folder: on the volume that all steps share.
        verify: whether to compare them with the checksums that the data set's README gives.

    Raises:
        ValueError: a file is not what was published.
    """
    import hashlib
    import pathlib
    import urllib.request

    checksums = {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    }
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    for name, published in checksums.items():
        place = pathlib.Path(folder, name)
        if not place.exists():
            with urllib.request.urlopen(f"{mirror.rstrip('/')}/{name}", timeout=60) as answer:
                content = answer.read()
            found = hashlib.md5(content, usedforsecurity=False).hexdigest()
            if verify and found != published:
                raise ValueError(f"{mirror}/{name} has the checksum {found} instead of {published}")
            unfinished = place.with_suffix(".part")
            unfinished.write_bytes(content)
            unfinished.rename(place)
        print(name, place.stat().st_size, "bytes")


@dsl.component(
    base_image=BASE,
    packages_to_install=PACKAGES,
    install_kfp_package=not IMAGE,
    additional_funcs=[read_idx, load, scores, fit],
)
def train(folder: str, epochs: int, seed: int, model: Output[Model], metrics: Output[Metrics]):
    """Train a network on the images for training.

    Args:
        folder: where the data set is.
        epochs: how often every image is seen.
        seed: of all that is left to chance.
        model: gets the weights, as an archive of NumPy arrays.
        metrics: gets the share of the images seen that the network tells right.
    """
    import pathlib

    import numpy as np

    images, labels = load(folder, "train")
    network = fit(images, labels, epochs=epochs, seed=seed)
    with pathlib.Path(model.path).open("wb") as stream:
        np.savez_compressed(stream, **network)
    model.metadata["framework"] = "numpy"
    accuracy = float((scores(network, images)[1].argmax(axis=1) == labels).mean())
    metrics.log_metric("training accuracy", accuracy)
    print(f"{len(images)} images seen {epochs} times: {accuracy:.4f} of them are told right")


@dsl.component(
    base_image=BASE,
    packages_to_install=PACKAGES,
    install_kfp_package=not IMAGE,
    additional_funcs=[read_idx, load, scores],
)
def evaluate(
    folder: str,
    minimum: float,
    model: Input[Model],
    metrics: Output[Metrics],
    confusion: Output[ClassificationMetrics],
) -> float:
    """Return which share of images it never saw the network tells right.

    Args:
        folder: where the data set is.
        minimum: the step, and so the run, fails below that.
        model: the trained network.
        metrics: gets the share.
        confusion: gets what was taken for what.

    Raises:
        ValueError: the network is worse than `minimum`.
    """
    import numpy as np

    names = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    images, labels = load(folder, "t10k")
    with np.load(model.path) as network:
        found = scores(dict(network), images)[1].argmax(axis=1)
    accuracy = float((found == labels).mean())
    metrics.log_metric("accuracy", accuracy)
    matrix = np.zeros((len(names), len(names)), int)
    np.add.at(matrix, (labels, found), 1)
    confusion.log_confusion_matrix(names, matrix.tolist())
    print(f"accuracy {accuracy:.4f} on {len(images)} images")
    if accuracy < minimum:
        raise ValueError(f"an accuracy of {accuracy:.4f} is less than {minimum}: train it longer")
    return accuracy


@dsl.component(
    base_image=BASE,
    packages_to_install=PACKAGES,
    install_kfp_package=not IMAGE,
    additional_funcs=[read_idx, load, scores],
)
def predict(folder: str, count: int, model: Input[Model], table: Output[Markdown]):
    """Let the network name some images that it never saw.

    Args:
        folder: where the data set is.
        count: of how many images, from the first on.
        model: the trained network.
        table: gets a line for each: what it is, what the network says, and how sure it is.
    """
    import pathlib

    import numpy as np

    names = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    images, labels = load(folder, "t10k")
    with np.load(model.path) as network:
        found = scores(dict(network), images[:count])[1]
    lines = ["| image | is | said to be | probability |", "|---|---|---|---|"]
    for number, (label, row) in enumerate(zip(labels, found, strict=False)):
        lines.append(f"| {number} | {names[label]} | {names[row.argmax()]} | {row.max():.2f} |")
    pathlib.Path(table.path).write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


@dsl.pipeline(name="fashion-mnist", description="Download, train, evaluate, predict; the data is on a volume.")
def fashion_mnist(
    mirror: str = MIRROR,
    epochs: int = 10,
    seed: int = 1,
    minimum_accuracy: float = 0.85,
    predictions: int = 10,
    volume_size: str = "1Gi",
    storage_class: str = "microk8s-hostpath",
    verify: bool = True,
):
    """Train on Fashion-MNIST.

    Args:
        mirror: the URL of the folder with the data set's four files.
        epochs: how often every image is seen.
        seed: of all that is left to chance.
        minimum_accuracy: the run fails below that.
        predictions: how many images to name in the end.
        volume_size: of the volume that holds the data for as long as the run takes.
        storage_class: of that volume; it must be named, because Pipelines does not take the cluster's default.
        verify: whether the files must be those that were published.
    """
    volume = kubernetes.CreatePVC(
        pvc_name_suffix="-fashion-mnist",
        access_modes=["ReadWriteOnce"],
        size=volume_size,
        storage_class_name=storage_class,
    )
    claim = volume.outputs["name"]
    fetched = download(mirror=mirror, folder=VOLUME, verify=verify)
    trained = train(folder=VOLUME, epochs=epochs, seed=seed).after(fetched)
    evaluated = evaluate(folder=VOLUME, minimum=minimum_accuracy, model=trained.outputs["model"])
    predicted = predict(folder=VOLUME, count=predictions, model=trained.outputs["model"]).after(evaluated)
    for task in (fetched, trained, evaluated, predicted):
        mounted = kubernetes.mount_pvc(task, pvc_name=claim, mount_path=VOLUME)
        # Little enough for a node with two processors that runs Kubeflow as well; a profile's quota wants to know.
        mounted.set_cpu_request("200m").set_memory_request("512Mi").set_cpu_limit("2").set_memory_limit("2G")
    kubernetes.DeletePVC(pvc_name=claim).after(predicted)


def run(namespace: str, model: str, arguments: dict[str, str]) -> str:
    """Start a run of the pipeline as the notebook server that this is called in, and return its identifier.

    Args:
        namespace: the profile that the run is in.
        model: the Juju model that the application `pipelines` is in.
        arguments: of the pipeline, as far as they are not the defaults.
    """
    from kfp import Client

    client = Client(namespace=model)
    started = client.create_run_from_pipeline_func(fashion_mnist, arguments=arguments, namespace=namespace)
    return str(started.run_id)


def main(arguments: list[str]) -> None:
    """Compile the pipeline, or run it."""
    account = pathlib.Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default="fashion-mnist.yaml", help="where the compiled pipeline goes")
    parser.add_argument("--run", action="store_true", help="run it instead, from a notebook server")
    parser.add_argument("--model", default="kubeflow", help="the Juju model that Kubeflow is in")
    parser.add_argument("--mirror", default=MIRROR, help="the URL of the folder with the data set")
    parser.add_argument("--storage-class", default="microk8s-hostpath", help="of the volume for the data")
    given = parser.parse_args(arguments)
    if given.run:
        chosen = {"mirror": given.mirror, "storage_class": given.storage_class}
        print(run(account.read_text(), given.model, chosen))
    else:
        compiler.Compiler().compile(fashion_mnist, given.output)


if __name__ == "__main__":
    main(sys.argv[1:])
