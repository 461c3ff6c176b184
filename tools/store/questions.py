"""A refresh request, read: what Juju asks of each charm it deploys, downloads or refreshes."""

from __future__ import annotations

import dataclasses
import typing

from tools.store.model import Base

NOT_AVAILABLE = "NA"
"""What Juju writes for a base it has not chosen yet."""

DEFAULT_CHANNEL = "latest/stable"


@dataclasses.dataclass(frozen=True)
class Question:
    """One action of a refresh request.

    Attributes:
        key: what the answer is found by.
        verb: install, download or refresh; all three are answered alike.
        name: of the charm or bundle, which is its ID, too.
        by_name: whether Juju named it, rather than gave its ID.
        revision: the one wanted, if it is not for the channel to say.
        channel: the channel asked, or the one that an installed charm follows.
        base: the base and architecture wanted, if any is.
        resources: revisions wanted of single resources.
    """

    key: str
    verb: str
    name: str
    by_name: bool
    revision: int | None
    channel: str
    base: Base | None
    resources: dict[str, int]

    @property
    def undecided(self) -> bool:
        """Whether Juju knows the architecture only, and wants to be told the bases."""
        return self.base is not None and NOT_AVAILABLE in (self.base.name, self.base.channel)


def read(request: object) -> list[Question]:
    """Read a refresh request; what its actions leave open, the context of the same key says.

    Raises:
        ValueError: when the request is not of the form that Juju sends.
    """
    try:
        content = typing.cast("dict[str, typing.Any]", request)
        contexts = {context["instance-key"]: context for context in content.get("context") or []}
        return [_question(action, contexts.get(action["instance-key"], {})) for action in content["actions"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a refresh request: {error!r}") from None


def _question(action: dict[str, typing.Any], context: dict[str, typing.Any]) -> Question:
    revision = action.get("revision")
    base = action.get("base") or context.get("base")
    return Question(
        key=str(action["instance-key"]),
        verb=str(action["action"]),
        name=str(action.get("name") or action.get("id") or context.get("id") or ""),
        by_name=bool(action.get("name")),
        revision=None if revision is None else int(revision),
        channel=str(action.get("channel") or context.get("tracking-channel") or DEFAULT_CHANNEL),
        base=Base(base["name"], base["channel"].split("/")[0], base["architecture"]) if base else None,
        resources={wanted["name"]: wanted["revision"] for wanted in action.get("resource-revisions") or []},
    )
