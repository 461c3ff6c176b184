"""A databag of plain keys: what the libraries do that charms copy from Charmhub and no package index has."""

import json
from typing import Any

import jsonschema

from ..goldens import Databag, Golden


class Keys:
    """Writes and reads a key for each property of a JSON schema: text as it is, and all else as JSON."""

    def write(self, golden: Golden, remote: Databag) -> Databag | None:
        """See `Library`."""
        properties = golden.schema[golden.side.role]["properties"]
        return {key: value if _is_text(properties[key]) else json.dumps(value) for key, value in golden.writes.items()}

    def read(self, golden: Golden) -> Any:
        """See `Library`."""
        wanted = golden.schema[golden.side.role]
        found = {
            key: text if _is_text(wanted["properties"][key]) else json.loads(text)
            for key, text in golden.databag.items()
            if key in wanted["properties"]
        }
        jsonschema.validate(found, wanted)
        return found


def _is_text(schema: Any) -> bool:
    return schema.get("type") == "string"
