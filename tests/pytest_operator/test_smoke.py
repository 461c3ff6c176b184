"""With pytest-operator, for those who know it: one charm from its archive, in a model of its own, and an action.

On a controller of Juju 3.6, which is what python-libjuju speaks to; all other tests of whole bundles use jubilant.
"""

import os
import pathlib
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).parents[2]
NAME = "dex-auth"
ARCHIVE = pathlib.Path(os.environ.get("CHARM", ROOT / "dist" / "python3.11" / f"{NAME}.charm"))


async def test_a_charm_becomes_active_follows_its_options_and_answers_an_action(ops_test: Any) -> None:
    project = yaml.safe_load((ROOT / "charms" / NAME / "charmcraft.yaml").read_text())
    images = {name: it["upstream-source"] for name, it in project["resources"].items()}
    application = await ops_test.model.deploy(ARCHIVE, application_name=NAME, resources=images, trust=True)
    await ops_test.model.wait_for_idle(apps=[NAME], status="active", timeout=600)
    await application.set_config({"static-username": "ada", "static-password": "wonderland"})
    await ops_test.model.wait_for_idle(apps=[NAME], status="active", timeout=300)
    action = await (await application.units[0].run_action("get-admin-password")).wait()
    assert (action.status, action.results["username"], action.results["password"]) == ("completed", "ada", "wonderland")
