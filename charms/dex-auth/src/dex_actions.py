"""The charm's actions: passwords, users of Dex's own, and whether somebody can log in."""

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import dex_profiles
import dex_provider
import dex_trial
import dex_users
import ops
from dex_options import DexOptions
from dex_trial import LOCAL, Refused, Subject
from kubeflow_charms import Blocked, Problem, Waiting
from kubeflow_charms.configuration.options import SecretKeys
from kubeflow_charms.engine.cluster import Cluster
from kubeflow_charms.relations.secrets import Secrets, password

Results = dict[str, Any]
WITH_PASSWORD = ("ldap", "atlassian-crowd", "keystone", "mockPassword")
"""Types whose users type their passwords into Dex's own page."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Server:
    """What actions need of the charm.

    Attributes:
        application: its name.
        unit: that the action runs on.
        model: Juju's.
        options: of the charm.
        secrets: the application's own.
        cluster: where profiles are.
        environment: of Dex.
        issuer_url: which issuer Dex is.
    """

    application: str
    unit: ops.Unit
    model: ops.Model
    options: DexOptions
    secrets: Secrets
    cluster: Cluster
    environment: Mapping[str, str]
    issuer_url: str


def act(server: Callable[[], Server], event: ops.ActionEvent) -> bool:
    """Run one action, say what came of it, and tell whether Dex is to learn of it.

    Args:
        server: returns what it needs; raises Blocked while options are wrong.
        event: the action.
    """
    do, changes = {
        "get_admin_password_action": (show_password, False),
        "add_user_action": (add_user, True),
        "remove_user_action": (remove_user, True),
        "list_users_action": (list_users, False),
        "test_login_action": (test_login, False),
    }[event.handle.kind]
    try:
        event.set_results(do(server(), event.params))
    except Waiting as problem:
        event.fail(f"not known yet: {problem}; run it again then")
    except (Problem, Refused) as problem:
        event.fail(str(problem))
    else:
        return changes
    return False


def show_password(server: Server, params: Mapping[str, Any]) -> Results:
    """Return the administrator's name and password."""
    options = server.options
    _require_database(options)
    return {"username": options.username, "password": dex_users.current_password(options, server.secrets)}


def add_user(server: Server, params: Mapping[str, Any]) -> Results:
    """Let one more user log in."""
    options, name, secret = server.options, str(params["username"]).strip(), str(params.get("credentials", ""))
    _require_database(options)
    _require_leader(server, "add-user")
    if not re.fullmatch(r"[^\s,;:'\"<>\\]{1,200}", name):
        raise Blocked("username: it has blanks or quotes, expected a name such as grace@example.com")
    if name.casefold() == options.username.casefold():
        raise Blocked(
            f"{name} is the administrator, whose password is that of static-credentials-secret or static-password"
        )
    word = _secret(server, secret, ("password",))["password"] if secret else password()
    new = dex_users.add(server.secrets, name, word)
    shown = {} if secret else {"password": word}
    return {"username": name, **shown, "changed": "added" if new else "password"}


def remove_user(server: Server, params: Mapping[str, Any]) -> Results:
    """Let a user log in no longer."""
    name = str(params["username"]).strip()
    _require_leader(server, "remove-user")
    dex_users.remove(server.secrets, name)
    return {"removed": name}


def list_users(server: Server, params: Mapping[str, Any]) -> Results:
    """Return who may log in with a password of Dex's own."""
    return {"users": dex_users.names(dex_users.static_users(server.options, server.secrets))}


def test_login(server: Server, params: Mapping[str, Any]) -> Results:
    """Try the log-in of a user, and return what was found on the way."""
    begin = time.monotonic()
    options, issuer = server.options, server.issuer_url
    name, word = _login(server, params)
    connector = _connector(options, str(params.get("connector", "")))
    users = dex_users.static_users(options, server.secrets) if connector is None else ()
    subject = Subject(issuer=issuer, connector=connector, users=users)
    by_password = connector is None or connector["type"] in WITH_PASSWORD
    if connector is None and not word and name.casefold() in ("", options.username.casefold()):
        name, word = options.username, dex_users.current_password(options, server.secrets)
    if by_password and not (name and word):
        raise Blocked("whose log-in? Give username and password, or credentials=SECRET, granted to this application")
    found: Results = {"connector": subject.name}
    container = server.unit.get_container("dex")
    if not container.can_connect():
        raise Waiting("container dex to start")
    redirect = dex_provider.check_redirect(subject)
    if redirect:
        found["redirect"] = redirect
    try:
        with dex_trial.running(container, subject, password(), server.environment) as dex:
            if by_password:
                token = dex.log_in(name, word)
                if entry := dex.said("username mapped to entry", "user_dn"):
                    found["entry"] = entry
                found |= _told(server, token, str(params.get("claim", "email")))
            else:
                found["provider"] = dex_provider.check_page(dex, subject, server.environment)
                found["secret"] = dex_provider.check_secret(dex, subject, server.environment)
                found["left"] = f"the log-in itself, in a browser: {issuer.removesuffix('/dex')}"
    except ops.pebble.Error as error:
        raise Waiting("Dex's container, which starts no program now") from error
    return {**found, "seconds": round(time.monotonic() - begin, 1)}


def _told(server: Server, token: Mapping[str, Any], claim: str) -> Results:
    """Return what Kubeflow makes of a token.

    Raises:
        Refused: it does not tell who the user is.
    """
    known = ("email", "name", "preferred_username", "sub")
    listed = ", ".join(f"{key}={token[key]}" for key in known if token.get(key))
    if not token.get(claim):
        raise Refused(
            f"the log-in succeeds, but there is no claim {claim} to know the user by, only {listed}; "
            "look at the connector's attributes, or at userid-claim of oidc-gatekeeper"
        )
    user = str(token[claim])
    return {
        "user": user,
        "claims": listed,
        "groups": ", ".join(map(str, token.get("groups") or ())) or "none",
        "profiles": dex_profiles.of(server.cluster, user)
        or "none yet: the dashboard asks for one, or run kubeflow-profiles/leader create-profile",
    }


def _connector(options: DexOptions, wanted: str) -> Mapping[str, Any] | None:
    """Return the connector that is meant; None for the password database."""
    known = {connector["id"]: connector for connector in options.connectors}
    if options.enable_password_db and (wanted == LOCAL or not (wanted or known)):
        return None
    if wanted in known or (not wanted and len(known) == 1):
        return known[wanted or next(iter(known))]
    listed = ", ".join((*known, *((LOCAL,) if options.enable_password_db else ())))
    raise Blocked(f"connector: expected one of {listed}")


def _login(server: Server, params: Mapping[str, Any]) -> tuple[str, str]:
    name, word = str(params.get("username", "")).strip(), str(params.get("password", ""))
    if secret := str(params.get("credentials", "")):
        content = _secret(server, secret, ("username", "password"))
        return content["username"], content["password"]
    return name, word


def _secret(server: Server, identifier: str, keys: tuple[str, ...]) -> dict[str, str]:
    try:
        return SecretKeys(required=keys).read(server.model, identifier, "credentials", server.application)
    except ValueError as error:
        raise Blocked(f"credentials: {error}") from error


def _require_database(options: DexOptions) -> None:
    if not options.enable_password_db:
        raise Blocked("there are no such users: option enable-password-db is false")


def _require_leader(server: Server, action: str) -> None:
    if not server.unit.is_leader():
        raise Blocked(f"only the leader keeps users, run: juju run {server.application}/leader {action}")
