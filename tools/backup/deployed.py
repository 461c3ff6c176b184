"""What a backup asks of a deployment: its applications by charm, their actions, and its database's tables."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Mapping
from typing import IO, Any

import jubilant

from tools.up import deployment
from tools.up.errors import Refusal
from tools.up.places import Wrap

LONGEST = 24 * 3600.0
"""Seconds that an action may take."""
OTHERS = {
    "mysql": "its database is of another charm, see docs/backup.md for that one's actions",
    "seaweedfs": "its object store is of another charm, see docs/backup.md for how to copy it",
    "kubeflow-profiles": "it has no profiles",
}
BACKUPS = "s3-parameters"
"""The endpoint of charm mysql that tells where its backups go."""
SYSTEM = ("mysql", "information_schema", "performance_schema", "sys")
CLIENT = "/run/mysql/client.cnf"
"""Where charm mysql keeps the administrator's login, which works inside the container alone."""


@dataclasses.dataclass(frozen=True)
class Deployed:
    """A model, as its tools reach it.

    Attributes:
        juju: the client, whose model it is.
        wrap: makes of a command with kubectl the one that runs where the cluster is.
        model: its name.
    """

    juju: jubilant.Juju
    wrap: Wrap
    model: str

    def application(self, charm: str) -> str:
        """Return the application of a charm.

        Raises:
            Refusal: there is none, or there are several.
        """
        found = deployment.applications_of(self.juju.status(), charm)
        if len(found) != 1:
            raise Refusal(f"the model {self.model} has {len(found)} applications of {charm}: {OTHERS.get(charm, '')}")
        return found[0]

    def require_backups_in(self, store: str, database: str) -> None:
        """Go on only where the database's backups are objects of the store, which a set takes along.

        Raises:
            Refusal: they go nowhere, or elsewhere; with what to type.
        """
        related = self.juju.status().apps[database].relations.get(BACKUPS, [])
        others = [item.related_app for item in related if item.related_app != store]
        if related and not others:
            return
        apart = "".join(f"juju remove-relation -m {self.model} {database}:{BACKUPS} {name} && " for name in others)
        raise Refusal(
            f"backups of {database} go {'to ' + ' and '.join(others) if others else 'nowhere'}, not to {store}, run: "
            f"{apart}juju integrate -m {self.model} {database}:{BACKUPS} {store}:s3"
        )

    def run(self, unit: str, action: str, **params: Any) -> Mapping[str, Any]:
        """Run an action, and return its results; `_` stands for `-` in parameters.

        Raises:
            Refusal: it fails, with what it says.
        """
        named = {name.replace("_", "-"): value for name, value in params.items()}
        try:
            return self.juju.run(unit, action, named, wait=LONGEST).results
        except jubilant.TaskError as error:
            raise Refusal(f"juju run {unit} {action} failed: {error.task.message}") from None

    def called(self, application: str, name: str, before: str) -> str:
        """Return how an action is called there: by its name, or by the one that it had in the release before."""
        known = json.loads(self.juju.cli("actions", application, "--format=json"))
        return name if name in known else before

    def copy(self, unit: str, action: str, **params: Any) -> Mapping[str, Any]:
        """Run `import` or `export` again until nothing is left.

        Raises:
            Refusal: it fails.
        """
        while True:
            found = self.run(unit, action, **params)
            if found.get("complete") == "yes":
                return found

    def kubectl(self, *words: str, stdin: IO[bytes] | bytes | None = None, stdout: IO[bytes] | None = None) -> bytes:
        """Run kubectl, and return what it prints unless that goes to a file.

        Raises:
            Refusal: it fails.
        """
        given: dict[str, Any] = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
        command = list(self.wrap(["kubectl", *words]))
        done = subprocess.run(command, stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE, check=False, **given)
        if done.returncode:
            raise Refusal(f"kubectl {' '.join(words[:4])} ... failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout or b""

    def buckets(self, store: str) -> dict[str, int]:
        """Return how many objects each bucket has."""
        lines = str(self.run(f"{store}/leader", "list-buckets").get("buckets", "")).splitlines()[1:]
        return {name: int(number) for name, number, *_ in map(str.split, lines)}

    def rows(self, database: str) -> dict[str, int]:
        """Return how many rows each table has, by DATABASE.TABLE."""
        hidden = ", ".join(f"'{name}'" for name in SYSTEM)
        listed = self._select(
            database,
            "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables "
            f"WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ({hidden})",
        )
        counted = [f"SELECT '{name}', COUNT(*) FROM `{name.replace('.', '`.`')}`" for name in listed]
        found = self._select(database, " UNION ALL ".join(counted)) if counted else []
        return {name: int(number) for name, number in (line.split("\t") for line in found)}

    def _select(self, database: str, statement: str) -> list[str]:
        words = ["exec", "-i", "-n", self.model, f"{database}-0", "-c", "mysql", "--"]
        words += ["mysql", f"--defaults-extra-file={CLIENT}", "--batch", "--skip-column-names"]
        return self.kubectl(*words, stdin=statement.encode()).decode().splitlines()
