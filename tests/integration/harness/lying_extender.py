"""A scheduler extender whose answers a test chooses, to learn what kube-scheduler makes of them.

Without being told otherwise it is honest: it keeps every node, scores all the same, preempts what
the scheduler proposes and binds where it is told to. A test replaces single verbs:

    liar.verbs["filter"] = lambda arguments: {"NodeNames": ["unheard-of"]}
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from berth_controlplane.ports import HOST

from .kube import ApiClient, ApiError, Object

Verb = Callable[[Object], Any]


class NoAnswer(Exception):
    """Raised by a verb that closes the connection instead of answering."""


class Status(Exception):
    """Raised by a verb that answers with this HTTP status and no body."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LyingExtender:
    """The extender, its verbs, and every call that came: (verb, arguments, answer)."""

    def __init__(self, kube: ApiClient) -> None:
        self._kube = kube
        self._lock = threading.Lock()
        self._calls: list[tuple[str, Object]] = []
        self.verbs: dict[str, Verb] = {}
        self._server = ThreadingHTTPServer((HOST, 0), handler_for(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What goes into urlPrefix."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def be_honest(self) -> None:
        """Forget all lies and all calls."""
        with self._lock:
            self.verbs.clear()
            self._calls.clear()

    def calls(self, verb: str, pod: str = "") -> list[Object]:
        """The arguments of the calls of one verb, for one pod if it is named."""
        with self._lock:
            return [arguments for called, arguments in self._calls
                    if called == verb and pod in ("", pod_name(arguments))]

    def answer(self, verb: str, arguments: Object) -> Any:
        with self._lock:
            self._calls.append((verb, arguments))
            chosen = self.verbs.get(verb)
        if chosen is not None:
            return chosen(arguments)
        return getattr(self, verb)(arguments)

    # The truth, for lies to start from.

    def filter(self, arguments: Object) -> Object:
        return {"NodeNames": arguments["NodeNames"]}

    def prioritize(self, arguments: Object) -> list[Object]:
        return [{"Host": name, "Score": 0} for name in arguments["NodeNames"]]

    def preempt(self, arguments: Object) -> Object:
        return {"NodeNameToMetaVictims": arguments["NodeNameToMetaVictims"]}

    def bind(self, arguments: Object) -> Object:
        path = self._kube.path("v1/Pod", arguments["PodNamespace"], arguments["PodName"], "binding")
        try:
            self._kube.request("POST", path, {
                "apiVersion": "v1", "kind": "Binding",
                "metadata": {"name": arguments["PodName"], "uid": arguments["PodUID"]},
                "target": {"kind": "Node", "name": arguments["Node"]}})
        except ApiError as error:
            return {"Error": str(error)}
        return {}


def pod_name(arguments: Object) -> str:
    """The pod that a call is about."""
    if "PodName" in arguments:
        return str(arguments["PodName"])
    return str(arguments["Pod"]["metadata"]["name"])


def handler_for(liar: LyingExtender) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                body = json.dumps(liar.answer(self.path.rpartition("/")[2], arguments)).encode()
                self._send(200, body)
            except NoAnswer:
                self.close_connection = True
            except Status as status:
                self._send(status.code, b"")

        def _send(self, code: int, body: bytes) -> None:
            try:
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the scheduler has given up waiting

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def lying_extender(kube: ApiClient) -> Iterator[LyingExtender]:
    liar = LyingExtender(kube)
    try:
        yield liar
    finally:
        liar.close()
