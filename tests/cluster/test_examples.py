"""What the examples give to a cluster, as a real kube-apiserver takes it."""

import pytest
from pytorchjob import documents
from support import samples
from support.apiserver import ApiServer
from support.samples import Sample


@pytest.mark.parametrize("graphics", [0, 1])
def test_the_job_of_the_example_is_one_that_the_training_operator_takes(apiserver: ApiServer, graphics: int):
    kind = next(kind for kind in samples.kinds() if kind.name == "PyTorchJob")
    job = documents(workers=2, graphics=graphics)[1]
    with apiserver.client() as client:
        assert samples.define(client, [kind]) == {}
        answer = Sample(kind, job).send(client)
    assert answer.is_success, answer.text
    assert answer.json()["spec"] == job["spec"]
