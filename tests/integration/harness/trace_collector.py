"""A collector of traces: takes OTLP over HTTP with JSON bodies, and keeps the spans."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from berth_controlplane.ports import HOST


@dataclass(frozen=True)
class Span:
    """What the tests ask about a span. Times are seconds since 1970."""

    service: str
    trace: str
    id: str
    parent: str
    name: str
    start: float
    end: float
    attributes: dict[str, str]


class TraceCollector:
    """Listens on a port of this machine until it is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: list[Span] = []
        self._server = ThreadingHTTPServer((HOST, 0), handler_for(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What --otlp-endpoint is told."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def trace(self, trace: str) -> list[Span]:
        """The spans of one trace that have come, in the order in which they ended."""
        with self._lock:
            found = [span for span in self._spans if span.trace == trace]
        return sorted(found, key=lambda span: span.end)

    def take(self, request: dict[str, Any]) -> None:
        """The spans of an ExportTraceServiceRequest."""
        for of_resource in request["resourceSpans"]:
            service = attributes(of_resource["resource"])["service.name"]
            spans = [read(span, service) for scoped in of_resource["scopeSpans"]
                     for span in scoped["spans"]]
            with self._lock:
                self._spans += spans


def read(span: dict[str, Any], service: str) -> Span:
    return Span(service, span["traceId"], span["spanId"], span.get("parentSpanId", ""),
                span["name"], int(span["startTimeUnixNano"]) / 1e9,
                int(span["endTimeUnixNano"]) / 1e9, attributes(span))


def attributes(holder: dict[str, Any]) -> dict[str, str]:
    """Key and value of each, as text."""
    return {entry["key"]: str(next(iter(entry["value"].values())))
            for entry in holder["attributes"]}


def handler_for(collector: TraceCollector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            expected = self.path == "/v1/traces" and \
                self.headers["Content-Type"] == "application/json"
            if expected:
                collector.take(json.loads(body))
            self.send_response(200 if expected else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def trace_collector() -> Iterator[TraceCollector]:
    collector = TraceCollector()
    try:
        yield collector
    finally:
        collector.close()
