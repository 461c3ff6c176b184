"""Take out of a text what others must not read: passwords, keys, tokens, sessions and who people are."""

from __future__ import annotations

import hashlib
import re

GONE = "[redacted]"

_WORDS = "passw(?:or)?d|passwd|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|cookie"
_NAME = rf"[\w.-]*(?:{_WORDS})[\w.-]*"

_PATTERNS = (
    # PEM of any kind but certificates, which everybody may see; in JSON the ends of lines are written out.
    (re.compile(r"-----BEGIN (?!CERTIFICATE-)[A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL), GONE),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"), GONE),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@\"']*):[^\s/@\"']+@"), rf"\1:{GONE}@"),
    (re.compile(r"(?i)\b(authorization\"?\s*[:=]\s*\"?(?:bearer|basic)?)\s+[^\s\",]+"), rf"\1 {GONE}"),
    (re.compile(r"(?i)\b(bearer)\s+[\w.~+/-]{8,}=*"), rf"\1 {GONE}"),
    # An environment variable or an option of a container, as JSON has it.
    (re.compile(rf'(?i)("name": "{_NAME}",\s*"value": )"(?:[^"\\]|\\.)*"'), rf'\1"{GONE}"'),
    (re.compile(rf'(?i)("{_NAME}": )"(?:[^"\\]|\\.)+"'), rf'\1"{GONE}"'),
    (re.compile(rf"(?i)(?<![\w\"-])(-{{0,2}}{_NAME}=)[^\s\"',;&]+"), rf"\1{GONE}"),
    (re.compile(rf"(?i)(?<![\w\"])({_NAME}: )(?![\s\"{{\[])[^\s\"',;]+(?=\s*$)", re.MULTILINE), rf"\1{GONE}"),
)

_PERSON = re.compile(r"[\w.+%-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")


def redacted(text: str, salt: str = "") -> str:
    """Return a text without them; the same person is called the same throughout.

    Args:
        text: a log, JSON or YAML.
        salt: makes what people are called unlike in another archive.
    """
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _PERSON.sub(lambda found: f"person-{_short(found[0], salt)}@redacted", text)


def _short(person: str, salt: str) -> str:
    return hashlib.sha256(f"{salt}{person.replace('%40', '@').casefold()}".encode()).hexdigest()[:8]
