import os
import pathlib
import time

import pytest
from kubeflow_charms.engine import remembered


@pytest.mark.parametrize(("age", "counts"), [(1, True), (50, True), (61, False), (-30, False)])
def test_what_was_kept_counts_for_its_time_and_not_under_a_clock_set_back_since(
    tmp_path: pathlib.Path, age: float, counts: bool
) -> None:
    memory = tmp_path / "memory"
    memory.touch()
    moment = time.time() - age
    os.utime(memory, (moment, moment))
    assert remembered.recent(memory, 60) is counts


def test_where_nothing_was_kept_nothing_is_recent(tmp_path: pathlib.Path) -> None:
    assert not remembered.recent(tmp_path / "memory", 60)
