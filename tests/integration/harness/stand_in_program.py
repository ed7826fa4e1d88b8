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

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "controlplane"))

from berth_controlplane.api import ApiClient, Object  # noqa: E402  (the path must be set first)
from berth_controlplane.errors import ApiError  # noqa: E402
from berth_controlplane.health import serve_health  # noqa: E402


def main() -> None:
    flags = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
    kube = ApiClient.from_kubeconfig(flags["kubeconfig"])
    if "tls-cert-file" in flags:
        extender = ThreadingHTTPServer(address(flags["bind-address"]), extender_handler(kube))
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


def extender_handler(kube: ApiClient) -> type[BaseHTTPRequestHandler]:
    class ExtenderHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            verb = self.path.rpartition("/")[2]
            caller = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
            print(f"asked: {verb} by {caller['commonName']}", flush=True)
            body = json.dumps(answer(kube, verb, arguments)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ExtenderHandler


def answer(kube: ApiClient, verb: str, arguments: Object) -> object:
    if verb == "filter":
        return {"NodeNames": arguments["NodeNames"]}
    if verb == "prioritize":
        return [{"Host": name, "Score": 0} for name in arguments["NodeNames"]]
    if verb == "bind":
        return bind(kube, arguments)
    return {"NodeNameToMetaVictims": arguments["NodeNameToMetaVictims"]}


def bind(kube: ApiClient, arguments: Object) -> Object:
    try:
        path = kube.path("v1/Pod", arguments["PodNamespace"], arguments["PodName"], "binding")
        kube.request("POST", path, {
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"name": arguments["PodName"], "uid": arguments["PodUID"]},
            "target": {"kind": "Node", "name": arguments["Node"]}})
        return {}
    except ApiError as error:
        print(error, flush=True)
        return {"Error": str(error)}


if __name__ == "__main__":
    main()
