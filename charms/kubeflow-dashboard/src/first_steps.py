"""What a person needs who sees Kubeflow for the first time.

Source of the client's parameters: kubeflow/pipelines, sdk 2.15, kfp.Client and its volume credentials.
"""

from urllib.parse import urlsplit

PIPELINE = """\
import kfp
from kfp import dsl
from kfp.client.set_volume_credentials import ServiceAccountTokenVolumeCredentials


@dsl.component(base_image="docker.io/library/python:3.12-slim")
def add(one: int, other: int) -> int:
    return one + other


@dsl.pipeline
def sums():
    first = add(one=1, other=2)
    add(one=first.output, other=3)


client = kfp.Client(
    host="http://ml-pipeline.{model}:8888",
    credentials=ServiceAccountTokenVolumeCredentials(),
)
client.create_run_from_pipeline_func(sums, experiment_name="first", enable_caching=False)
"""
"""For a notebook; each step installs the package kfp, so that it takes internet, or an image that has it."""


def results(address: str, model: str) -> dict[str, str]:
    """Return what the action shows.

    Args:
        address: where users find Kubeflow, with http or https.
        model: where it is deployed.
    """
    host = urlsplit(address).hostname or ""
    return {
        "address": address,
        "password": "juju run dex-auth/leader get-admin-password; other users log in as your directory knows them",
        "reached": f"from where the browser is: curl -sI {address}",
        "tunnel": (
            f"if {host} is not reached from there: ssh -N -D 1080 USER@MACHINE, with a machine that reaches it; "
            "then a browser whose SOCKS proxy is localhost:1080, with the same address"
        ),
        "notebook": (
            "log in; choose a namespace, or let one be made; Notebooks, New Notebook; under Configurations tick "
            '"Allow access to Kubeflow Pipelines"; Launch, then Connect'
        ),
        "pipeline": PIPELINE.replace("{model}", model),
        "result": f"{address}/_/pipeline/#/runs; a longer example is in examples/fashion-mnist",
    }
