"""A health endpoint for processes of ours: it answers as long as the process lives."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .ports import HOST


def serve_health(port: int) -> None:
    """Answer every GET on this port of localhost with 200, in a thread of its own."""
    server = ThreadingHTTPServer((HOST, port), HealthHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class HealthHandler(BaseHTTPRequestHandler):
    """Says 200 and nothing else."""

    def do_GET(self) -> None:  # noqa: N802  (the name is http.server's)
        """Answer a probe."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (as above)
        """Probes are not worth a line."""
