"""Lets every call site of every application fail in every way, one in each hook, and looks at the status."""

import dataclasses

import ops

from .juju import Unit
from .wire import Call, Fault
from .world import World


@dataclasses.dataclass(frozen=True)
class Trouble:
    """A fault, and the status that is documented for it.

    Attributes:
        fault: what goes wrong.
        status: the unit's status then.
        message: what it says, among other things.
    """

    fault: Fault
    status: type[ops.StatusBase]
    message: str


NO_TRUST = "is forbidden: User system:serviceaccount:model:app cannot do this to the resource at the cluster scope"
FORBIDDEN = Trouble(Fault("forbidden", 403, NO_TRUST), ops.BlockedStatus, "needs trust, run: juju trust")
CONFLICT, MANY, BROKEN = (
    Trouble(Fault(name, code, name), ops.WaitingStatus, f"the Kubernetes API ({code} for")
    for name, code in (("the object was modified", 409), ("too many requests", 429), ("etcd is unwell", 500))
)
TIMEOUT = Trouble(Fault("timeout"), ops.WaitingStatus, "the Kubernetes API to answer (ReadTimeout)")
DROPPED, LOST = (
    Trouble(fault, ops.WaitingStatus, "the Kubernetes API to answer (RemoteProtocolError)")
    for fault in (Fault("dropped"), Fault("answer lost", carried_out=True))
)
PASSING = (LOST, MANY, TIMEOUT, CONFLICT, DROPPED, BROKEN)
HOOKS = 2
"""How many hooks a call site breaks off: one without trust, and one with all that passes."""


def ways(site: int, hook: int) -> list[Trouble]:
    """Return what the attempts of a call site's hook meet; the last decides the status, another one at each site."""
    first = site % len(PASSING)
    return [*PASSING[first:], *PASSING[:first]] if hook else [FORBIDDEN]


@dataclasses.dataclass
class Misfortune:
    """What has failed so far, and what fails in this hook.

    A call site is what an application does to a kind of object. In turn, each fails as somebody without trust sees it,
    and in every other way, one of them at each of the library's attempts.

    Attributes:
        world: whose calls fail.
        tried: how many hooks each call site has broken off.
    """

    world: World
    tried: dict[tuple[str, str, str, bool], int] = dataclasses.field(default_factory=dict)
    _now: Call | None = None
    _ways: list[Trouble] = dataclasses.field(default_factory=list)
    _last: Trouble | None = None

    def decide(self, call: Call) -> Fault | None:
        """Let one call of a hook fail, again and again until the hook ends."""
        if self._now is None:
            site = call.site
            key = (site.unit, call.method, call.path.split("/")[-2], call.rehearsal)
            tried = self.tried.get(key, 0)
            if tried >= HOOKS:
                return None
            self.tried[key] = tried + 1
            self._now, self._ways = call, ways(list(self.tried).index(key), tried)
        same = (call.method, call.path, call.rehearsal) == (self._now.method, self._now.path, self._now.rehearsal)
        if not same:
            return None
        self._last = self._ways.pop(0) if len(self._ways) > 1 else self._ways[0]
        return self._last.fault

    @property
    def failed(self) -> int:
        """How many hooks had to give up."""
        return sum(self.tried.values())

    def look(self) -> None:
        """Look at the unit whose call has failed; the next hook is another's turn.

        Raises:
            AssertionError: its status is not the one that is documented.
        """
        call, trouble = self._now, self._last
        self._now = self._last = None
        if call is None or trouble is None:
            return
        unit = self.world.model.unit(call.unit)
        told = f"{trouble.fault.name} at {call} in {unit.hooks[-1].step}: {unit.status}"
        assert trouble.message in unit.said, told
        assert isinstance(unit.status, trouble.status) or _worse(unit, trouble), told


def _worse(unit: Unit, trouble: Trouble) -> bool:
    """Tell whether the unit is blocked for another reason, besides what the trouble makes it wait for."""
    return trouble.status is ops.WaitingStatus and isinstance(unit.status, ops.BlockedStatus)
