"""Answers each request with its method, path and headers, as JSON; keeps what is posted and shows it at /received."""

import collections
import http.server
import json

RECEIVED = collections.deque[str](maxlen=1000)


class Echo(http.server.BaseHTTPRequestHandler):
    """Says what it saw."""

    def do_GET(self):
        """Answer with the request, or with what was posted so far."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = {"method": self.command, "path": self.path, "headers": headers}
        self._answer(list(RECEIVED) if self.path == "/received" else seen)

    def do_POST(self):
        """Keep the body, and answer with the request."""
        RECEIVED.append(self.rfile.read(int(self.headers.get("content-length", 0))).decode(errors="replace"))
        self.do_GET()

    def _answer(self, document: object):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Echo).serve_forever()
