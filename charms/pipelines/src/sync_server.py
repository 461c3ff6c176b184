"""Answers Metacontroller's question what to attach to a namespace; started as `sync_server.py SETTINGS`.

Source of question and answer: Metacontroller's documentation of the DecoratorController's sync hook.
"""

import http.server
import json
import pathlib
import sys
from typing import Any

from sync_objects import objects

LARGEST = 16 << 20


def answer(question: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be attached; the namespace itself stays as it is.

    Args:
        question: with the namespace under `object`.
        settings: of the charm.
    """
    return {"attachments": objects(question["object"], settings)}


def server(settings: dict[str, Any]) -> http.server.ThreadingHTTPServer:
    """Return a server for the pod alone, at the port that the settings say."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if self.path != "/sync" or not 0 < length <= LARGEST:
                self.send_error(404)
                return
            try:
                said = json.dumps(answer(json.loads(self.rfile.read(length)), settings)).encode()
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self.send_error(400, f"no question: {type(error).__name__}")
                return
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    return http.server.ThreadingHTTPServer(("127.0.0.1", settings["port"]), Handler)


if __name__ == "__main__":
    server(json.loads(pathlib.Path(sys.argv[1]).read_text())).serve_forever()
