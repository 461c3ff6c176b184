from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.paths import Paths


def test_the_default_testbed_is_below_var_lib() -> None:
    assert Paths.from_environment({}) == Paths("kubeflow-testbed", Path("/var/lib/kubeflow-testbed"))


def test_a_name_alone_makes_a_testbed_with_a_state_of_its_own() -> None:
    assert Paths.from_environment({"TESTBED_NAME": "other"}).state == Path("/var/lib/other")


@pytest.mark.parametrize("name", ["../x", "Upper", "1st", "a" * 42, "a/b", "a b"])
def test_a_name_that_cannot_name_a_control_group_is_refused(name: str) -> None:
    with pytest.raises(TestbedError, match="TESTBED_NAME is"):
        Paths.from_environment({"TESTBED_NAME": name})


@pytest.mark.parametrize("state", ["relative", "/", "/home"])
def test_a_state_that_down_must_not_remove_is_refused(state: str) -> None:
    with pytest.raises(TestbedError, match="TESTBED_STATE is"):
        Paths.from_environment({"TESTBED_STATE": state})


def test_commands_find_the_testbeds_programs_first_and_no_proxy() -> None:
    paths = Paths("probe", Path("/var/lib/probe"))
    variables = paths.variables({"PATH": "/usr/bin", "https_proxy": "http://proxy", "NO_PROXY": "x", "LANG": "C"})
    assert variables["PATH"] == "/var/lib/probe/bin:/usr/bin"
    assert variables["KUBECONFIG"] == "/var/lib/probe/admin.conf"
    assert variables["LANG"] == "C"
    assert not [name for name in variables if name.lower().endswith("proxy")]
