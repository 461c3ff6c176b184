"""Statuses of models, made from what a test cares about."""

import pytest
from jubilant.statustypes import AppStatus, AppStatusRelation, ModelStatus, Status, StatusInfo, UnitStatus


class Statuses:
    """Makes Juju's statuses."""

    def unit(
        self, current: str = "active", message: str = "", agent: str = "idle", upgrading_from: str = ""
    ) -> UnitStatus:
        """Return a unit."""
        return UnitStatus(
            workload_status=StatusInfo(current=current, message=message),
            juju_status=StatusInfo(current=agent),
            upgrading_from=upgrading_from,
        )

    def application(self, *units: UnitStatus, charm: str = "tiny", scale: int | None = None, **more) -> AppStatus:
        """Return an application whose status is its first unit's."""
        first = units[0].workload_status if units else StatusInfo(current="waiting", message="installing agent")
        return AppStatus(
            charm=charm,
            charm_origin="charmhub",
            charm_name=charm,
            charm_rev=more.pop("revision", 1),
            exposed=False,
            scale=len(units) if scale is None else scale,
            app_status=more.pop("app_status", first),
            units={f"a/{number}": unit for number, unit in enumerate(units)},
            relations={
                "any": [AppStatusRelation(related_app=name) for name in more.pop("related", ())],
            },
            **more,
        )

    def model(self, **applications: AppStatus) -> Status:
        """Return a model; an underscore in a name stands for a dash."""
        about = ModelStatus(name="edge", type="caas", controller="c", cloud="k", version="4.1")
        return Status(
            model=about, machines={}, apps={name.replace("_", "-"): found for name, found in applications.items()}
        )


@pytest.fixture
def statuses() -> Statuses:
    return Statuses()
