"""Which GPUs a node can be given that has none."""

import pytest

from testbed import gpus
from testbed.errors import TestbedError


def test_resources_are_taken_by_their_names_and_numbers() -> None:
    words = ["nvidia.com/gpu=2", "nvidia.com/gpu.shared=4", "nvidia.com/mig-1g.5gb=7"]
    assert gpus.parse(words) == {"nvidia.com/gpu": 2, "nvidia.com/gpu.shared": 4, "nvidia.com/mig-1g.5gb": 7}
    assert gpus.parse([]) == {}


@pytest.mark.parametrize("word", ["nvidia.com/gpu", "nvidia.com/gpu=0", "nvidia.com/cpu=1", "gpu=1", "amd.com/gpu=1"])
def test_what_the_device_plugin_would_not_announce_is_refused(word: str) -> None:
    with pytest.raises(TestbedError, match=f"'{word}' is no resource .* give one like nvidia.com/gpu=2"):
        gpus.parse([word])


def test_the_node_says_how_many_share_a_gpu() -> None:
    found = gpus.labels({"nvidia.com/gpu.shared": 4, "nvidia.com/mig-1g.5gb": 7})
    assert found["nvidia.com/gpu.replicas"] == "4"
    assert found["nvidia.com/mig-1g.5gb.replicas"] == "1"
