"""Certificates and kubeconfigs that a cluster needs before it starts."""

from __future__ import annotations

from pathlib import Path

from . import kubeconfig
from .certificates import Authority, create_signing_keys
from .components import Layout

API_SERVER_NAMES = ("IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes", "DNS:kubernetes.default",
                    "DNS:kubernetes.default.svc", "IP:10.0.0.1")

# Component, its user, its group. kwok and metrics-server are props of the tests: they may do all.
CLIENTS = (
    ("admin", "berth-admin", "system:masters"),
    ("scheduler", "system:kube-scheduler", None),
    ("controller-manager", "system:kube-controller-manager", None),
    ("kwok", "berth-test-kwok", "system:masters"),
    ("metrics-server", "berth-test-metrics-server", "system:masters"),
)


def create(layout: Layout) -> None:
    """Make all of them; some 20 runs of openssl, 0.2 s."""
    pki = Path(layout.path("pki"))
    authority = Authority(pki, "ca").create()
    authority.server("apiserver", API_SERVER_NAMES)
    authority.server("kwok-server")
    authority.server("metrics-server")
    Authority(pki, "front-proxy-ca").create().client("front-proxy-client", "front-proxy-client")
    create_signing_keys(pki / "service-account.key", pki / "service-account.pub")
    for component, user, group in CLIENTS:
        client = authority.client(f"{component}-client", user, group)
        access = kubeconfig.Access(layout.server, authority.certificate, client)
        kubeconfig.write(Path(layout.kubeconfig(component)), access, user)
