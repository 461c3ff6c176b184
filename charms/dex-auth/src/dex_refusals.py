"""Why Dex leaves a connector out whatever its service says: settings that are missing, or do not go together.

Source: the methods `Open` of Dex 2.45.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NEEDED: Mapping[str, Sequence[str]] = {
    "atlassian-crowd": ("baseURL",),
    "ldap": ("host", "userSearch.baseDN", "userSearch.username"),
    "mockPassword": ("username", "password"),
    "oidc": ("issuer",),
    "openshift": ("issuer",),
    "saml": ("ssoURL", "usernameAttr", "emailAttr", "redirectURI"),
}
NEEDED_BY: Mapping[str, Mapping[str, Sequence[str]]] = {
    "github": {"rootCA": ("hostName",)},
    "google": {"serviceAccountFilePath": ("domainToAdminEmail", "adminEmail")},
}
"""What a setting cannot be without: one of these."""
CHOICES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "github": {"teamNameField": ("name", "slug", "both")},
    "ldap": {"userSearch.scope": ("sub", "one"), "groupSearch.scope": ("sub", "one")},
    "microsoft": {"groupNameFormat": ("id", "name")},
}
"""Settings that have one of a few values, or none."""
EITHER: Mapping[str, tuple[str, str]] = {"github": ("org", "orgs"), "saml": ("ca", "caData")}
"""Settings of which one excludes the other; with `UNCHECKED`, SAML's count for nothing."""
UNCHECKED = "insecureSkipSignatureValidation"


def refusals(connector: Mapping[str, Any]) -> Iterator[str]:
    """Yield the reasons, each after the words "connector X is left out:"; they repeat no value."""
    kind, config = connector["type"], connector["config"]
    if missing := [path for path in NEEDED.get(kind, ()) if not _setting(config, path)]:
        yield f"its config lacks {', '.join(missing)}"
    for path, others in NEEDED_BY.get(kind, {}).items():
        if _setting(config, path) and not any(_setting(config, other) for other in others):
            yield f"its {path} needs {others[0]}"
    for path, known in CHOICES.get(kind, {}).items():
        if _setting(config, path) not in (None, "", *known):
            yield f"its {path} is none of {', '.join(known)}"
    either = () if _setting(config, UNCHECKED) else EITHER.get(kind, ())
    there = [path for path in either if _setting(config, path)]
    if len(there) > 1:
        yield f"its config has both {' and '.join(there)}"
    if kind == "saml" and either and not there:
        yield "its config lacks ca or caData"
    if kind == "github" and "/" in (_setting(config, "hostName") or ""):
        yield "its hostName is no host's name"
    if kind == "oidc" and _setting(config, "hostedDomains"):
        yield "its hostedDomains is for the type google alone"


def _setting(config: Mapping[str, Any], path: str) -> Any:
    found: Any = config
    for name in path.split("."):
        found = next((item for key, item in (found or {}).items() if key.casefold() == name.casefold()), None)
    return found
