"""Why a charm is not active, as exceptions that carry what an operator reads in `juju status`."""


class Problem(Exception):
    """Something stands between the charm and its active status; each argument says what, and what to do."""

    prefix = ""

    def __str__(self) -> str:
        return "; ".join(map(str, self.args))

    def told(self) -> list[str]:
        """Return the arguments as an operator reads them."""
        return [f"{self.prefix}{what}" for what in self.args]


class Waiting(Problem):
    """Something else will mend it: no person has to act."""

    prefix = "waiting for "


class Blocked(Problem):
    """A person must act: the message says what to type or to correct."""
