"""Free TCP ports on 127.0.0.1.

Ports are taken from below the kernel's ephemeral range: a port in that range can be lost to any
outgoing connection between the moment it is picked and the moment the component listens, and again
while a component is restarted.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

from .errors import ControlPlaneError

HOST = "127.0.0.1"
LOWEST_PORT = 20000
PICK_ATTEMPTS_MAX = 1000


def pick_ports(count: int) -> list[int]:
    """Distinct ports that nobody listens on now. Somebody else may still take one: see `up`."""
    dice = random.SystemRandom()
    ceiling = ephemeral_range_start()
    picked: list[int] = []
    for _ in range(PICK_ATTEMPTS_MAX):
        if len(picked) == count:
            return picked
        port = dice.randrange(LOWEST_PORT, ceiling)
        if port not in picked and is_free(port):
            picked.append(port)
    raise ControlPlaneError(f"no {count} free ports between {LOWEST_PORT} and {ceiling}")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now (connections in TIME_WAIT do not count)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def ephemeral_range_start() -> int:
    """First port the kernel gives to outgoing connections (32768 unless configured)."""
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
    except OSError:
        return 32768
    start = int(text.split()[0])
    return start if start > LOWEST_PORT + PICK_ATTEMPTS_MAX else 65536
