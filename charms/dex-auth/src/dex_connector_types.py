"""What each type of connector may be configured with; Dex ends at its start when a value is of another type.

Source: the structures `Config` below `connector/` of Dex 2.45. It passes over keys that it does not know, and takes
those that it knows in capitals or small letters.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from kubeflow_charms.configuration import plain_yaml

ORGANISATIONS = [{"name": "text", "teams": ["text"]}]
CLIENT = {"clientID": "text", "clientSecret": "text", "redirectURI": "text"}

# `text`, `flag` (true or false) and `base64`; a list of one of these, a mapping of keys, or of any keys by `*`.
TYPES: Mapping[str, Mapping[str, Any]] = {
    "atlassian-crowd": {
        "clientID": "text",
        "clientSecret": "text",
        "baseURL": "text",
        "groups": ["text"],
        "preferredUsernameField": "text",
        "usernamePrompt": "text",
    },
    "authproxy": {
        "userIDHeader": "text",
        "userHeader": "text",
        "userNameHeader": "text",
        "emailHeader": "text",
        "groupHeader": "text",
        "groupHeaderSeparator": "text",
        "staticGroups": ["text"],
    },
    "bitbucket-cloud": {**CLIENT, "teams": ["text"], "includeTeamGroups": "flag"},
    "gitea": {**CLIENT, "baseURL": "text", "orgs": ORGANISATIONS, "loadAllGroups": "flag", "useLoginAsID": "flag"},
    "github": {
        **CLIENT,
        "org": "text",
        "orgs": ORGANISATIONS,
        "hostName": "text",
        "rootCA": "text",
        "teamNameField": "text",
        "loadAllGroups": "flag",
        "useLoginAsID": "flag",
        "preferredEmailDomain": "text",
    },
    "gitlab": {
        **CLIENT,
        "baseURL": "text",
        "groups": ["text"],
        "useLoginAsID": "flag",
        "getGroupsPermission": "flag",
        "rootCAData": "base64",
    },
    "google": {
        **CLIENT,
        "scopes": ["text"],
        "hostedDomains": ["text"],
        "groups": ["text"],
        "serviceAccountFilePath": "text",
        "adminEmail": "text",
        "domainToAdminEmail": {"*": "text"},
        "fetchTransitiveGroupMembership": "flag",
        "promptType": "text",
    },
    "keystone": {"domain": "text", "keystoneHost": "text", "keystoneUsername": "text", "keystonePassword": "text"},
    "ldap": {
        "host": "text",
        "insecureNoSSL": "flag",
        "insecureSkipVerify": "flag",
        "startTLS": "flag",
        "rootCA": "text",
        "clientCert": "text",
        "clientKey": "text",
        "rootCAData": "base64",
        "bindDN": "text",
        "bindPW": "text",
        "usernamePrompt": "text",
        "userSearch": {
            "baseDN": "text",
            "filter": "text",
            "username": "text",
            "scope": "text",
            "idAttr": "text",
            "emailAttr": "text",
            "nameAttr": "text",
            "preferredUsernameAttr": "text",
            "emailSuffix": "text",
        },
        "groupSearch": {
            "baseDN": "text",
            "filter": "text",
            "scope": "text",
            "userAttr": "text",
            "groupAttr": "text",
            "recursionGroupAttr": "text",
            "userMatchers": [{"userAttr": "text", "groupAttr": "text", "recursionGroupAttr": "text"}],
            "nameAttr": "text",
        },
    },
    "linkedin": CLIENT,
    "microsoft": {
        **CLIENT,
        "tenant": "text",
        "onlySecurityGroups": "flag",
        "groups": ["text"],
        "groupNameFormat": "text",
        "useGroupsAsWhitelist": "flag",
        "emailToLowercase": "flag",
        "apiURL": "text",
        "graphURL": "text",
        "promptType": "text",
        "domainHint": "text",
        "scopes": ["text"],
    },
    "mockCallback": {},
    "mockPassword": {"username": "text", "password": "text"},
    "oauth": {
        **CLIENT,
        "tokenURL": "text",
        "authorizationURL": "text",
        "userInfoURL": "text",
        "scopes": ["text"],
        "rootCAs": ["text"],
        "insecureSkipVerify": "flag",
        "userIDKey": "text",
        "claimMapping": {
            "userNameKey": "text",
            "preferredUsernameKey": "text",
            "groupsKey": "text",
            "emailKey": "text",
            "emailVerifiedKey": "text",
        },
    },
    "oidc": {
        **CLIENT,
        "issuer": "text",
        "issuerAlias": "text",
        "providerDiscoveryOverrides": {"tokenURL": "text", "authURL": "text", "jwksURL": "text"},
        "basicAuthUnsupported": "flag",
        "scopes": ["text"],
        "hostedDomains": ["text"],
        "rootCAs": ["text"],
        "insecureSkipEmailVerified": "flag",
        "insecureEnableGroups": "flag",
        "allowedGroups": ["text"],
        "acrValues": ["text"],
        "insecureSkipVerify": "flag",
        "getUserInfo": "flag",
        "userIDKey": "text",
        "userNameKey": "text",
        "promptType": "text",
        "pkceChallenge": "text",
        "overrideClaimMapping": "flag",
        "claimMapping": {"preferred_username": "text", "email": "text", "groups": "text"},
        "claimModifications": {
            "newGroupFromClaims": [
                {"claims": ["text"], "delimiter": "text", "clearDelimiter": "flag", "prefix": "text"}
            ],
            "filterGroupClaims": {"groupsFilter": "text"},
            "modifyGroupNames": {"prefix": "text", "suffix": "text"},
        },
    },
    "openshift": {**CLIENT, "issuer": "text", "groups": ["text"], "insecureCA": "flag", "rootCA": "text"},
    "saml": {
        "entityIssuer": "text",
        "ssoIssuer": "text",
        "ssoURL": "text",
        "ca": "text",
        "caData": "base64",
        "insecureSkipSignatureValidation": "flag",
        "usernameAttr": "text",
        "emailAttr": "text",
        "groupsAttr": "text",
        "groupsDelim": "text",
        "allowedGroups": ["text"],
        "filterGroups": "flag",
        "redirectURI": "text",
        "nameIDPolicyFormat": "text",
    },
}


def typed(shape: Any, value: Any, place: str) -> Any:
    """Return a value of a connector's config as Dex is to read it.

    Args:
        shape: what it has to be, as in `TYPES`; None where Dex does not know the key.
        value: what the operator wrote, as `plain_yaml` reads it, which lets text be what was typed.
        place: where that is, for the message.

    Raises:
        ValueError: it cannot be that; the message tells the place and not the value.
    """
    if value is None or shape is None:
        return value
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError(f"{place}: expected a list")
        return [typed(shape[0], item, f"{place}[{number}]") for number, item in enumerate(value)]
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            raise ValueError(f"{place}: expected key: value for each setting")
        return {
            key: typed(found, item, where)
            for key, item in value.items()
            for found, where in [setting(shape, key, place)]
        }
    if isinstance(value, list | Mapping):
        raise ValueError(f"{place}: expected {'true or false' if shape == 'flag' else 'text'}")
    return _scalar(shape, plain_yaml.text(value), place)


def setting(shape: Any, key: str, place: str) -> tuple[Any, str]:
    """Return what a setting has to be, and what a message may call it: a key that Dex does not know is not repeated.

    Where a blank is missing after a colon, such a key is a password.
    """
    known = {name.casefold(): found for name, found in shape.items()} if isinstance(shape, Mapping) else {}
    found = known.get(key.casefold(), known.get("*"))
    return found, f"{place}.{key}" if found is not None else f"{place}, a setting that Dex does not know"


def _scalar(shape: str, text: str, place: str) -> Any:
    if shape == "flag":
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{place}: expected true or false")
        return text.lower() == "true"
    if shape == "base64":
        try:
            found = base64.b64decode("".join(text.split()).encode(), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            found = b""
        if text and b"-----BEGIN CERTIFICATE-----" not in found:
            raise ValueError(f"{place}: expected certificates in base64: base64 -w0 FILE")
        return "".join(text.split())
    return text
