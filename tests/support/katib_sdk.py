"""Katib's SDK, which pods of tests import.

`python -m tests.support.katib_sdk` fetches it into the testbed's cache; a test cannot, as nothing leaves a testbed.
"""

from pathlib import Path

from testbed import pypi

PACKAGES = {"kubeflow-katib": "0.19.0", "kubeflow-training": "1.9.0", "grpcio": "1.76.0", "retrying": "1.4.2"}
"""The SDK, and what it needs beyond the packages of these tests, which it wants in other versions."""


def folders() -> dict[str, Path]:
    """Return the folder of each package by the path that it has in a pod, fetched unless the cache has it.

    Raises:
        PackageError: one cannot be had.
    """
    return {f"/{name}": pypi.unpack(name, version) for name, version in PACKAGES.items()}


if __name__ == "__main__":
    folders()
