"""A collector of traces: takes OTLP over HTTP with JSON bodies, and keeps the spans."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

from .local_server import LocalServer


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


class TraceCollector(LocalServer):
    """Its url is what --otlp-endpoint is told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: list[Span] = []
        super().__init__()

    def trace(self, trace: str) -> list[Span]:
        """The spans of one trace that have come, in the order in which they ended."""
        with self._lock:
            found = [span for span in self._spans if span.trace == trace]
        return sorted(found, key=lambda span: span.end)

    def respond(self, path: str, content_type: str, body: bytes) -> tuple[int, bytes] | None:
        if path != "/v1/traces" or content_type != "application/json":
            return 404, b"{}"
        self.take(json.loads(body))
        return 200, b"{}"

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
