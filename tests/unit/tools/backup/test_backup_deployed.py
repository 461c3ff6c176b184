"""What a backup asks of a deployment before it begins."""

import types
from typing import Any

import pytest
from jubilant.statustypes import AppStatusRelation

from tools.backup.command import take
from tools.backup.deployed import Deployed
from tools.restore.command import bring_back
from tools.up.errors import Refusal

RELATE = "juju integrate -m kubeflow mysql:s3-parameters seaweedfs:s3"


class Juju:
    """A model with mysql, whose backups go to applications of these names; it does nothing."""

    def __init__(self, *stores: str):
        related = {"s3-parameters": [AppStatusRelation(name, "s3") for name in stores]} if stores else {}
        charms = ("mysql", "seaweedfs", "kubeflow-profiles")
        self.apps = {name: types.SimpleNamespace(charm_name=name, relations={}) for name in charms}
        self.apps["mysql"].relations = related

    def status(self) -> Any:
        return self


def deployed(*stores: str) -> Deployed:
    juju: Any = Juju(*stores)
    return Deployed(juju, list, "kubeflow")


def test_backups_in_the_store_are_what_a_set_takes_along() -> None:
    deployed("seaweedfs").require_backups_in("seaweedfs", "mysql")


@pytest.mark.parametrize(
    ("stores", "command"),
    [
        ((), RELATE),
        (("s3-integrator",), f"juju remove-relation -m kubeflow mysql:s3-parameters s3-integrator && {RELATE}"),
    ],
)
def test_where_backups_go_elsewhere_or_nowhere_it_says_what_to_type_before_it_does_anything(
    stores: tuple[str, ...], command: str, tmp_path: Any
) -> None:
    with pytest.raises(Refusal, match="backups of mysql go") as refusal:
        take(deployed(*stores), tmp_path / "set", "elsewhere", print)
    assert str(refusal.value).endswith(f", run: {command}")
    assert not (tmp_path / "set").exists()


def test_a_set_is_brought_back_only_where_the_database_finds_its_backup(tmp_path: Any) -> None:
    found: Any = types.SimpleNamespace(volumes=())
    with pytest.raises(Refusal, match=f"run: {RELATE}"):
        bring_back(deployed(), found, tmp_path, "elsewhere", print)
