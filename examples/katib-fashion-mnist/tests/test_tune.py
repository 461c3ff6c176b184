import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml
from trial import main as try_settings
from tune import documents

EXAMPLE = pathlib.Path(__file__).parents[1]


def command(made: list[dict[str, Any]]) -> str:
    """Return what a trial's container runs."""
    pod = made[1]["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    return pod["containers"][0]["command"][-1]


def tried(capsys: pytest.CaptureFixture[str], *arguments: str) -> float:
    """Return the accuracy that a trial prints."""
    try_settings([*arguments, "--at-least=0"])
    name, _, value = capsys.readouterr().out.strip().rpartition("=")
    assert name == "accuracy"
    return float(value)


def test_settings_make_a_difference(capsys: pytest.CaptureFixture[str]):
    poor, good = tried(capsys, "--rate=0.0001", "--batch=128"), tried(capsys, "--rate=0.005", "--batch=16")
    assert poor < 0.5 < 0.9 < good


def test_the_data_may_come_from_elsewhere(sample: pathlib.Path, capsys: pytest.CaptureFixture[str]):
    assert tried(capsys, "--rate=0.005", "--batch=16", f"--mirror={sample.as_uri()}") > 0.9


def test_the_programs_of_a_trial_are_in_the_config_map_that_it_mounts():
    programs, experiment = documents(name="mine")
    assert programs["data"].keys() == {"trial.py", "network.py", "sample.py"}
    assert programs["data"]["trial.py"] == (EXAMPLE / "trial.py").read_text()
    pod = experiment["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "program", "configMap": {"name": programs["metadata"]["name"]}}]


def test_what_a_trial_runs_takes_every_setting_that_is_tuned():
    _, experiment = documents()
    for parameter in experiment["spec"]["parameters"]:
        assert f"--{parameter['name']}=${{trialParameters.{parameter['name']}}}" in command([{}, experiment])


def test_with_an_image_that_has_numpy_trials_install_nothing():
    assert "pip install" in command(documents(image=""))
    assert "pip install" not in command(documents(image="registry.example/numpy:1"))


def test_katib_takes_it_with_few_trials_too():
    spec = documents(trials=2)[1]["spec"]
    assert (spec["parallelTrialCount"], spec["maxFailedTrialCount"]) == (2, 2)


def test_what_is_printed_is_yaml_for_kubectl():
    arguments = [sys.executable, str(EXAMPLE / "tune.py"), "--trials", "4", "--algorithm", "tpe"]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    programs, experiment = yaml.safe_load_all(printed)
    assert (programs["kind"], experiment["kind"]) == ("ConfigMap", "Experiment")
    assert experiment["spec"]["maxTrialCount"] == 4
    assert experiment["spec"]["algorithm"] == {"algorithmName": "tpe"}
