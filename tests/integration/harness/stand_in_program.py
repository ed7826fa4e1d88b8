"""A stand-in for Berth's programs, to test the control plane's own part of `berth up`.

It takes the common flags, answers /readyz, and, where it is given a serving certificate, is a
scheduler extender that keeps every node and binds where it is told to, and the gate's webhook, which
puts the gate on every pod that it is asked about. Each verb that was asked is
written to standard output with the name from the caller's certificate.
"""

from __future__ import annotations

import base64
import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "controlplane"), str(TESTS / "integration")]

from harness.honest_extender import HonestExtender  # noqa: E402  (the path must be set first)

from berth_controlplane.api import ApiClient  # noqa: E402
from berth_controlplane.berth import GATE  # noqa: E402
from berth_controlplane.health import serve_health  # noqa: E402


def main() -> None:
    flags = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
    kube = ApiClient.from_kubeconfig(flags["kubeconfig"])
    if "tls-cert-file" in flags:
        context = server_context(flags)
        context.load_verify_locations(flags["client-ca-file"])
        context.verify_mode = ssl.CERT_REQUIRED
        serve(flags["bind-address"], extender_handler(HonestExtender(kube)), context)
    if "gate-bind-address" in flags:
        serve(flags["gate-bind-address"], GateHandler, server_context(flags))
    serve_health(address(flags["health-bind-address"])[1])
    threading.Event().wait()


def server_context(flags: dict[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(flags["tls-cert-file"], flags["tls-private-key-file"])
    return context


def serve(where: str, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext) -> None:
    server = ThreadingHTTPServer(address(where), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


def answer_json(handler: BaseHTTPRequestHandler, answer: object) -> None:
    body = json.dumps(answer).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class GateHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        patch = [{"op": "add", "path": "/spec/schedulingGates", "value": [{"name": GATE}]}]
        answer_json(self, {
            "apiVersion": review["apiVersion"], "kind": review["kind"], "response": {
                "uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch",
                "patch": base64.b64encode(json.dumps(patch).encode()).decode()}})


def extender_handler(extender: HonestExtender) -> type[BaseHTTPRequestHandler]:
    class ExtenderHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            verb = self.path.rpartition("/")[2]
            caller = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
            print(f"asked: {verb} by {caller['commonName']}", flush=True)
            answer = extender.answer(verb, arguments)
            if "Error" in answer:
                print(answer["Error"], flush=True)
            answer_json(self, answer)

    return ExtenderHandler


if __name__ == "__main__":
    main()
