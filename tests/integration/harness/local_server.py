"""An HTTP server on a port of this machine, for what stands in for another program in a test."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from berth_controlplane.ports import HOST


class LocalServer:
    """Listens from when it is made to the end of `with`. Requests come on several threads."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), handler_for(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def respond(self, path: str, content_type: str, body: bytes) -> tuple[int, bytes] | None:
        """Status and JSON body of the answer to a POST; None: the connection is closed instead."""
        raise NotImplementedError


def handler_for(server: LocalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = server.respond(self.path, self.headers.get("Content-Type", ""), asked)
            if answer is None:
                self.close_connection = True
                return
            status, body = answer
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # who asked has given up waiting

        def log_message(self, *_: object) -> None:
            pass

    return Handler
