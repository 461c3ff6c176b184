"""A user's token for a program, as docs/scripts.md has it: `examples/token` asks, and she confirms in a browser."""

import contextlib
import html
import io
import pathlib
import re
import runpy
from concurrent.futures import ThreadPoolExecutor

import httpx2

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "token" / "kubeflow_token.py"
AUDIENCE, CLIENT = "authservice-oidc", "kubeflow-programs"


class Reader(io.StringIO):
    """Stands for the user who reads where she is to log in, and does it."""

    def __init__(self, pool: ThreadPoolExecutor, user: str, password: str):
        super().__init__()
        self._confirm = lambda where: pool.submit(confirm, where, user, password)

    def write(self, text: str) -> int:
        """Go where the text says, if it says so."""
        if found := re.search(r"Log in at (\S+) and confirm", text):
            self._confirm(found[1])
        return super().write(text)


def confirm(where: str, user: str, password: str) -> None:
    """Log in as a user does who was told this address.

    Raises:
        AssertionError: it is refused.
    """
    with httpx2.Client(follow_redirects=True, timeout=30) as browser:
        page = browser.get(where)
        for fields in ({}, {"login": user, "password": password}):
            form = re.search(r'<form[^>]*action="([^"]*)"', page.text)
            hidden = dict(re.findall(r'name="(user_code)"[^>]*value="([^"]*)"', page.text))
            target = page.url.join(html.unescape(form.group(1))) if form else page.url
            page = browser.post(target, data={**hidden, **fields})
            assert page.is_success, page.text


def tokens(issuer: str, memory: pathlib.Path, user: str, password: str) -> dict[str, str]:
    """Return the tokens that the example gets of an issuer, which `user` confirms if she is asked."""
    get = runpy.run_path(str(EXAMPLE))["tokens"]
    with ThreadPoolExecutor(max_workers=1) as pool, contextlib.redirect_stderr(Reader(pool, user, password)):
        return get(issuer, CLIENT, AUDIENCE, memory)
