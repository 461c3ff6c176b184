"""Where a bundle can go."""

import os

import jubilant
import pytest

from testbed.paths import Paths
from tools.up import juju as client
from tools.up import places
from tools.up.errors import Refusal
from tools.up.wishes import Wishes


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without Juju and snaps, and a folder for programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "testbed"))
    monkeypatch.delenv("JUJU_DATA", raising=False)
    return tmp_path


def program(folder, name, script):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def controller(folder, kind):
    program(
        folder,
        "juju",
        'case $1 in controllers) echo \'{"controllers": {"c": {"cloud": "k"}}, "current-controller": "c"}\' ;;\n'
        f'show-cloud) echo \'[{{"name": "k", "type": "{kind}"}}]\' ;; esac',
    )


def test_a_controller_on_kubernetes_comes_first(bare):
    controller(bare, "k8s")
    assert places.choose(None).name is places.On.CURRENT


def test_a_controller_on_machines_is_refused_with_the_reason(bare):
    controller(bare, "lxd")
    with pytest.raises(Refusal, match="the controller c is on k, which is no Kubernetes but lxd"):
        places.choose(places.On.CURRENT)


@pytest.mark.skipif(os.geteuid() != 0, reason="the testbed needs root")
def test_the_testbed_comes_last(bare):
    assert places.choose(None).name is places.On.TESTBED


def test_a_place_that_lacks_something_is_refused_with_what_it_lacks(bare):
    with pytest.raises(Refusal, match="current: there is no juju on PATH"):
        places.choose(places.On.CURRENT)
    with pytest.raises(Refusal, match="microk8s: snapd does not run here"):
        places.choose(places.On.MICROK8S)


@pytest.mark.skipif(os.geteuid() != 0, reason="the testbed needs root")
def test_inside_a_testbed_that_testbed_is_chosen(bare, monkeypatch):
    controller(bare, "k8s")
    paths = Paths.from_environment()
    monkeypatch.setenv("JUJU_DATA", str(paths.juju_data))
    place = places.choose(None)
    assert (place.name, place.store) == (places.On.TESTBED, paths.store)


def test_the_testbed_refuses_gpus(bare):
    testbed = next(place for place in places.candidates() if place.name is places.On.TESTBED)
    with pytest.raises(Refusal, match="the testbed has no GPUs"):
        testbed.prepare(Wishes(gpu=True))


def test_a_client_behind_a_command_gets_its_variables_and_arguments(tmp_path, monkeypatch):
    program(tmp_path, "juju", 'echo "$JUJU_DATA|$1|$2"')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with client.reached_by(["env", "-u", "LANG"], {"JUJU_DATA": "/a b"}) as juju:
        assert juju.cli("run", "x y", include_model=False) == "/a b|run|x y\n"


def test_a_refusal_of_juju_is_told_with_the_command(tmp_path):
    program(tmp_path, "juju", "echo 'ERROR no such model' >&2; exit 1")
    juju = jubilant.Juju(cli_binary=tmp_path / "juju")
    with pytest.raises(jubilant.CLIError) as refused:
        juju.cli("models", include_model=False)
    assert client.explain(refused.value) == "`juju models` failed: ERROR no such model"


def test_the_testbed_refuses_addresses(bare):
    testbed = next(place for place in places.candidates() if place.name is places.On.TESTBED)
    with pytest.raises(Refusal, match="leave --addresses out"):
        testbed.prepare(Wishes(addresses="10.0.0.1-10.0.0.9"))


def test_a_controller_that_is_there_is_named(bare):
    controller(bare, "k8s")
    assert places.choose(None).title() == "the controller c, which is on k"


@pytest.mark.parametrize("wishes", [Wishes(gpu=True), Wishes(addresses="10.0.0.1-10.0.0.9")])
def test_what_cannot_be_done_on_a_foreign_cluster_is_refused_and_not_passed_over(bare, wishes):
    controller(bare, "k8s")
    with pytest.raises(Refusal, match="the controller c is on k"):
        places.choose(None).prepare(wishes)


def test_a_controller_that_is_chosen_has_to_be_there_and_becomes_the_current_one(bare):
    controller(bare, "k8s")
    with pytest.raises(Refusal, match="juju knows no controller d, only c"):
        places.use_controller("d")
    program(bare, "juju", (bare / "juju").read_text().replace("case", f'echo "$@" >> {bare}/asked; case', 1))
    places.use_controller("c")
    assert "switch c:" in (bare / "asked").read_text().splitlines()


def test_kubectl_is_microk8ss_where_there_is_no_other(bare):
    controller(bare, "k8s")
    program(bare, "microk8s", "true")
    assert places.choose(None).typed("kubectl get pods") == "microk8s kubectl get pods"
    program(bare, "kubectl", "true")
    assert places.choose(None).typed("kubectl get pods") == "kubectl get pods"
