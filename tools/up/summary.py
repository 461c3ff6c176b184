"""What to say at the end of `up`."""

from __future__ import annotations

from collections.abc import Iterator

import jubilant

from tools.up import deployment
from tools.up.advice import Advice
from tools.up.places import Place
from tools.up.view import duration
from tools.up.waiting import Outcome

DEX = "dex-auth"


def succeeded(juju: jubilant.Juju, outcome: Outcome, place: Place) -> Iterator[str]:
    """Yield where Kubeflow is, who logs in, and how to see the password."""
    assert outcome.status is not None
    yield f"all is active after {duration(outcome.seconds)}"
    where = deployment.address(outcome.status)
    if where:
        yield f"address:   {where}"
    for name in deployment.applications_of(outcome.status, DEX):
        yield f"user:      {juju.config(name).get('static-username') or 'admin'}"
        yield f"password:  {place.typed(f'juju run {name}/leader get-admin-password')}"
    if place.prefix:
        yield f"The testbed has a network of its own; to reach things inside: {place.prefix}COMMAND"
        if where:
            yield f"for example: {place.prefix}curl -sv {where}/"


def failed(outcome: Outcome, place: Place, advice: Advice) -> Iterator[str]:
    """Yield what is not active, and the commands that help."""
    yield f"not all is active after {duration(outcome.seconds)}: {outcome.why}"
    for row in outcome.unfinished:
        yield f"  {row.application}: {row.status}{f': {row.message}' if row.message else ''}"
        for command in advice.help(row):
            yield f"    {place.typed(command)}"
