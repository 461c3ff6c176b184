"""Relation endpoints of a charm, with typed data in both directions."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec
import ops

from ..engine.problems import Blocked, Problem, Waiting
from ..parts.publish import Publish
from .codecs import Codec, decode

if TYPE_CHECKING:
    from ..engine.charm import Charm

Ours = TypeVar("Ours", bound=msgspec.Struct)
"""What our side of a relation writes."""
Theirs = TypeVar("Theirs", bound=msgspec.Struct)
"""What the other side writes."""
Provided = TypeVar("Provided", bound=msgspec.Struct)
Required = TypeVar("Required", bound=msgspec.Struct)
Received = TypeVar("Received")
Made = TypeVar("Made")


@dataclasses.dataclass(frozen=True)
class Interface(Generic[Provided, Required]):
    """What each side of a relation writes; None where a side writes nothing.

    Attributes:
        name: as in charmcraft.yaml.
        provider: codec of the provider's databag.
        requirer: codec of the requirer's.
    """

    name: str
    provider: Codec[Provided] | None = None
    requirer: Codec[Required] | None = None


class Silent(Waiting):
    """A related application has not said anything yet."""


def as_it_is(data: Made) -> Made:
    """Return what a related application says, and nothing else."""
    return data


@dataclasses.dataclass(frozen=True)
class Remote(Generic[Received]):
    """What one related application says."""

    application: str
    relation: ops.Relation
    data: Received


class Endpoint(Generic[Ours, Theirs]):
    """A class attribute of a charm; reading it gives the endpoint bound to that charm."""

    def __init__(self, name: str, *, ours: Codec[Ours] | None, theirs: Codec[Theirs] | None):
        self.name, self.ours, self.theirs = name, ours, theirs

    @overload
    def __get__(self, charm: None, owner: Any) -> "Endpoint[Ours, Theirs]": ...
    @overload
    def __get__(self, charm: "Charm[Any]", owner: Any) -> "BoundEndpoint[Ours, Theirs]": ...
    def __get__(self, charm: "Charm[Any] | None", owner: Any) -> "Endpoint[Ours, Theirs] | BoundEndpoint[Ours, Theirs]":
        if charm is None:
            return self
        return BoundEndpoint(self.name, self.ours, self.theirs, charm.model, charm.run.report)


class Requires(Endpoint[Ours, Theirs]):
    """An endpoint under `requires` of charmcraft.yaml."""

    def __init__(self, name: str, interface: Interface[Theirs, Ours]):
        super().__init__(name, ours=interface.requirer, theirs=interface.provider)


class Provides(Endpoint[Ours, Theirs]):
    """An endpoint under `provides` of charmcraft.yaml."""

    def __init__(self, name: str, interface: Interface[Ours, Theirs]):
        super().__init__(name, ours=interface.provider, theirs=interface.requirer)


@dataclasses.dataclass(frozen=True)
class BoundEndpoint(Generic[Ours, Theirs]):
    """An endpoint of a running charm.

    Attributes:
        name: as in charmcraft.yaml.
        ours: codec of our databag; None if we write nothing.
        theirs: codec of the other side's.
        model: Juju's.
        report: takes what is wrong with one relation, which is for the status and keeps the others from nothing.
    """

    name: str
    ours: Codec[Ours] | None
    theirs: Codec[Theirs] | None
    model: ops.Model
    report: Callable[[Problem], None]

    @property
    def relations(self) -> list[ops.Relation]:
        """The relations that are there, oldest first; ops leaves out the one that is just broken."""
        found = self.model.relations[self.name]
        return sorted((item for item in found if item.app), key=lambda relation: relation.id)

    @overload
    def all(self) -> tuple[Remote[Theirs], ...]: ...
    @overload
    def all(self, make: Callable[[Theirs], Made]) -> tuple[Remote[Made], ...]: ...
    def all(self, make: Callable[[Any], Any] = as_it_is) -> tuple[Remote[Any], ...]:
        """Return what the related applications say; one that says something wrong is left out and in the status.

        Args:
            make: turns what one says into what is wanted of it; what it raises is that relation's own matter.
        """
        found, problems = self.readable(make)
        for problem in problems:
            if not isinstance(problem, Silent):
                self.report(problem)
        return found

    @overload
    def readable(self) -> tuple[tuple[Remote[Theirs], ...], tuple[Problem, ...]]: ...
    @overload
    def readable(self, make: Callable[[Theirs], Made]) -> tuple[tuple[Remote[Made], ...], tuple[Problem, ...]]: ...
    def readable(self, make: Callable[[Any], Any] = as_it_is) -> tuple[tuple[Remote[Any], ...], tuple[Problem, ...]]:
        """Return what the related applications say, and apart from it what is wrong or missing with the others.

        Args:
            make: as in `all`.
        """
        good: list[Remote[Any]] = []
        bad: list[Problem] = []
        for relation in self.relations:
            try:
                item = self._read(relation, make)
            except Problem as problem:
                bad.append(problem)
            else:
                good += [item] if item else []
                bad += [] if item else [self._silent(relation)]
        return tuple(good), tuple(bad)

    def by(self, relation: ops.Relation) -> Theirs | None:
        """Return what is said over one relation; None if nothing yet.

        Raises:
            Blocked: it is wrong.
        """
        item = self._read(relation, as_it_is)
        return item and item.data

    @overload
    def maybe(self) -> Theirs | None: ...
    @overload
    def maybe(self, make: Callable[[Theirs], Made]) -> Made | None: ...
    def maybe(self, make: Callable[[Any], Any] = as_it_is) -> Any | None:
        """Return what the related application says; None when none is related.

        Of several, the first that says what can be read.

        Args:
            make: as in `all`.

        Raises:
            Waiting: it says nothing yet.
            Blocked: it says something wrong.
        """
        if not self.relations:
            return None
        found, problems = self.readable(make)
        if not found:
            raise problems[0]
        for problem in problems:
            self.report(problem)
        return found[0].data

    @overload
    def one(self) -> Theirs: ...
    @overload
    def one(self, make: Callable[[Theirs], Made]) -> Made: ...
    def one(self, make: Callable[[Any], Any] = as_it_is) -> Any:
        """Return what the related application says.

        Args:
            make: as in `all`.

        Raises:
            Waiting: it says nothing yet, or none is related, which the library reports by itself where
                charmcraft.yaml calls the endpoint not optional.
            Blocked: it says something wrong.
        """
        if not self.relations:
            raise Waiting(f"the relation {self.name}")
        return self.maybe(make)

    def send(self, data: Ours | None) -> Publish:
        """Return the part that says the same to every related application; None says no more than that we are there."""
        return self.send_each(lambda relation: data)

    def send_each(self, make: Callable[[ops.Relation], Ours | None]) -> Publish:
        """Return the part that says to each related application what `make` returns for it."""
        if self.ours is None:
            raise TypeError(f"{self.name}: this side writes nothing")
        return Publish(self.name, tuple(self.relations), self.ours, make)

    def _read(self, relation: ops.Relation, make: Callable[[Theirs], Made]) -> Remote[Made] | None:
        if self.theirs is None:
            raise TypeError(f"{self.name}: the other side writes nothing")
        try:
            data = decode(self.theirs, relation.data[relation.app])
            return None if data is None else Remote(relation.app.name, relation, make(data))
        except ValueError as error:
            raise Blocked(f"relation {self.name}: {relation.app.name} sends invalid data: {error}") from error

    def _silent(self, relation: ops.Relation) -> Waiting:
        return Silent(f"{relation.app.name} to send its part of the relation {self.name}")
