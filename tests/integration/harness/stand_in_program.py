"""A stand-in for Berth's programs, to test the control plane's own part of `berth up`.

It takes the common flags, answers /readyz, and, where it is given a serving certificate, is a
scheduler extender that keeps every node and binds where it is told to. Each verb that was asked is
written to standard output with the name from the caller's certificate.
"""

from __future__ import annotations

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
from berth_controlplane.health import serve_health  # noqa: E402


def main() -> None:
    flags = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
    kube = ApiClient.from_kubeconfig(flags["kubeconfig"])
    if "tls-cert-file" in flags:
        extender = ThreadingHTTPServer(address(flags["bind-address"]),
                                       extender_handler(HonestExtender(kube)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(flags["tls-cert-file"], flags["tls-private-key-file"])
        context.load_verify_locations(flags["client-ca-file"])
        context.verify_mode = ssl.CERT_REQUIRED
        extender.socket = context.wrap_socket(extender.socket, server_side=True)
        threading.Thread(target=extender.serve_forever, daemon=True).start()
    serve_health(address(flags["health-bind-address"])[1])
    threading.Event().wait()


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


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
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ExtenderHandler


if __name__ == "__main__":
    main()
