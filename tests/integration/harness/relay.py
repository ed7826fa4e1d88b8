"""A TCP relay to one of several servers, as a Service is to its endpoints: new connections go round
to those that are taken in and can be reached, open ones stay where they are until they break."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from berth_controlplane.ports import HOST

CONNECT_TIMEOUT_SECONDS = 1
PIECE_BYTES = 64 << 10


class Relay:
    """Listens on a port of its own."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = list(ports)
        self._turn = 0
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def leave_out(self, port: int) -> None:
        """No new connection goes there any more."""
        self._ports = [each for each in self._ports if each != port]

    def take_in(self, port: int) -> None:
        self._ports = [*self._ports, port]

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = self._connect()
        if server is None:
            client.close()
            return
        threading.Thread(target=pump, args=(client, server), daemon=True).start()
        pump(server, client)

    def _connect(self) -> socket.socket | None:
        ports = self._ports
        self._turn += 1
        for offset in range(len(ports)):
            with suppress(OSError):
                port = ports[(self._turn + offset) % len(ports)]
                server = socket.create_connection((HOST, port), CONNECT_TIMEOUT_SECONDS)
                server.settimeout(None)
                return server
        return None


def pump(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes one way until either side ends; then end both."""
    with suppress(OSError):
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
    for side in (source, target):
        with suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)
        side.close()


@contextmanager
def relay_to(ports: list[int]) -> Iterator[Relay]:
    relay = Relay(ports)
    try:
        yield relay
    finally:
        relay.close()
