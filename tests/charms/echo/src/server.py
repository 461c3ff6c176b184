"""Answers each request with its method, path and headers, as JSON."""

import http.server
import json


class Echo(http.server.BaseHTTPRequestHandler):
    """Says what it saw."""

    def do_GET(self):
        """Answer with the request."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"method": self.command, "path": self.path, "headers": headers}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815


http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Echo).serve_forever()
