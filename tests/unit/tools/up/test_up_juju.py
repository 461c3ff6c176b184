"""Which model is the current one."""

import json
import pathlib

import jubilant
import pytest

from tools.up.juju import use_model


@pytest.mark.parametrize(("name", "made"), [("edge", False), ("new", True)])
def test_the_model_that_is_deployed_to_becomes_the_current_one(tmp_path: pathlib.Path, name: str, made: bool) -> None:
    (tmp_path / "models.json").write_text(json.dumps({"models": [{"short-name": "edge"}]}))
    script = tmp_path / "juju"
    script.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/log\n[ "$1" != models ] || cat {tmp_path}/models.json\n')
    script.chmod(0o755)
    client = jubilant.Juju(cli_binary=script)
    assert use_model(client, name) is made
    assert (tmp_path / "log").read_text().splitlines()[-1] == f"switch {name}"
    assert client.model == name
