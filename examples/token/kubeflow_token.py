"""Print a token with which a program may call Kubeflow in its user's name.

python kubeflow_token.py ADDRESS prints, the first time, another address, at which the user logs in with a browser, on
any machine; later it renews the token by itself. It needs nothing but Python. Source: RFC 8628, and Dex's documentation
of the device flow and of cross-client trust.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

MEMORY = pathlib.Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")).expanduser() / "kubeflow" / "refresh-tokens.json"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class RefusedError(Exception):
    """The issuer says no; its word for why is the message."""


def post(url: str, **fields: str) -> Any:
    """Send a form, and return the JSON that comes back.

    Raises:
        RefusedError: the issuer refuses it.
    """
    data = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            reason = json.load(error)["error"]
        except (ValueError, KeyError, TypeError):
            reason = f"{url} answers {error.code}"
        raise RefusedError(reason) from error


def log_in(issuer: str, client: str, audience: str) -> dict[str, str]:
    """Have the user log in with a browser, and return the issuer's tokens."""
    scope = f"openid email profile offline_access audience:server:client_id:{audience}"
    asked = post(f"{issuer}/device/code", client_id=client, scope=scope)
    where = asked.get("verification_uri_complete") or asked["verification_uri"]
    print(f"Log in at {where} and confirm the code {asked['user_code']}", file=sys.stderr)
    pause, deadline = int(asked.get("interval", 5)), time.monotonic() + int(asked["expires_in"])
    while time.monotonic() < deadline:
        time.sleep(pause)
        try:
            return post(f"{issuer}/token", grant_type=DEVICE, device_code=asked["device_code"], client_id=client)
        except RefusedError as refusal:
            if str(refusal) not in ("authorization_pending", "slow_down"):
                raise
            pause += 5 * (str(refusal) == "slow_down")
    raise RefusedError("nobody logged in in time")


def tokens(issuer: str, client: str, audience: str, memory: pathlib.Path = MEMORY) -> dict[str, str]:
    """Return the issuer's tokens: renewed if that can be done, else of a new log-in.

    Args:
        issuer: its URL.
        client: by which name the issuer knows programs.
        audience: whom the token is for: the gatekeeper.
        memory: the file that keeps what renews them.
    """
    known = json.loads(memory.read_text()) if memory.exists() else {}
    found = None
    if issuer in known:
        try:
            found = post(f"{issuer}/token", grant_type="refresh_token", refresh_token=known[issuer], client_id=client)
        except RefusedError:
            found = None
    found = found or log_in(issuer, client, audience)
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.touch(0o600)
    memory.write_text(json.dumps({**known, issuer: found["refresh_token"]}))
    return found


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description="Print a token with which a program may call Kubeflow.")
    parser.add_argument("address", help="where users find Kubeflow, such as https://kubeflow.example.com")
    parser.add_argument("--client", default="kubeflow-programs", help="dex-auth's option program-client")
    parser.add_argument("--audience", default="authservice-oidc", help="oidc-gatekeeper's option client-id")
    given = parser.parse_args()
    try:
        print(tokens(f"{given.address.rstrip('/')}/dex", given.client, given.audience)["id_token"])
    except (RefusedError, OSError) as error:
        sys.exit(f"no token: {error}")


if __name__ == "__main__":
    main()
