"""A browser without a screen: follows redirects, keeps cookies, fills the log-in form."""

import html
import re
from typing import Any

import httpx2


class Resolved(httpx2.HTTPTransport):
    """Connects to one address whatever host is asked for, as a browser does whose resolver says so.

    Args:
        address: where to connect to.
        settings: httpx2's, such as `verify`.
    """

    def __init__(self, address: str, **settings: Any):
        super().__init__(**settings)
        self._address = address

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request there, with the host that it names in its headers and in TLS."""
        elsewhere = httpx2.Request(
            request.method,
            request.url.copy_with(host=self._address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return super().handle_request(elsewhere)


class Browser:
    """One person's browser at a gateway.

    Attributes:
        base: scheme, host and port that the person typed.
    """

    def __init__(self, base: str, **settings: Any):
        self.base = base.rstrip("/")
        self._client = httpx2.Client(base_url=self.base, follow_redirects=True, timeout=30, **settings)

    @property
    def cookies(self) -> httpx2.Cookies:
        """What the browser keeps."""
        return self._client.cookies

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def open(self, path: str, **headers: str) -> httpx2.Response:
        """Open a page, following redirects as a browser does.

        Args:
            path: below the base.
            headers: further request headers; an underscore stands for a hyphen.
        """
        return self._client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Send a request of any method, as a page's program does; one with a body sends an empty object, or `body`."""
        return self._client.request(method, path, json=body or {} if method == "POST" else None)

    def log_in(self, user: str, password: str, path: str = "/") -> httpx2.Response:
        """Open a page that wants a log-in, fill the form that it is sent to, and return where that ends.

        Raises:
            AssertionError: there is no log-in form.
        """
        page = self.open(path)
        assert is_log_in(page), f"{page.status_code} {page.url} is no log-in form: {page.text[:200]}"
        action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        target = page.url.join(html.unescape(action.group(1))) if action else page.url
        return self._client.post(target, data={"login": user, "password": password})


def is_log_in(page: httpx2.Response) -> bool:
    """Tell whether a page is Dex's log-in form."""
    return "/dex/auth" in page.url.path and 'name="password"' in page.text
