"""The leases that kubelets renew, as a process of its own.

kwok could renew them, but it takes a node for its own only while it holds its lease, under a name
that is new with each start: after a restart it would do nothing until the old leases ran out, 40 s.
So kwok runs without leases, and this process writes what a healthy kubelet writes every 10 seconds;
it can also leave single nodes out, which then look like machines that died.

Run: python3 -m berth_controlplane.heartbeats KUBECONFIG HEALTH_PORT
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from .api import ApiClient, Object
from .components import Layout
from .errors import ApiError
from .health import serve_health
from .locations import CONTROLPLANE
from .ports import HOST
from .processes import ProcessRecord

COMPONENT = "heartbeats"
LEASE_NAMESPACE = "kube-node-lease"
RENEW_INTERVAL_SECONDS = 10
LEASE_DURATION_SECONDS = 40

# Each renewal is a write: at 100 nodes 10 per second, at 5,000 it would be 500 per second, which
# takes almost two cores.
LEASE_NODES_MAX = 100

FAILED_ANNOTATION = "kwok.berth.dev/failed"
SILENT = "silent"


def choose(choice: str, nodes: int) -> str:
    """`lease` or `none`: what `auto` means for this many nodes."""
    if choice != "auto":
        return choice
    return "lease" if nodes <= LEASE_NODES_MAX else "none"


def record(layout: Layout) -> ProcessRecord:
    """How to start this module as a component."""
    port = layout.ports[COMPONENT]
    command = [sys.executable, "-m", __name__, layout.kubeconfig("kwok"), str(port)]
    found = layout.record(COMPONENT, command, f"http://{HOST}:{port}/readyz", [port])
    found.environment = {"PYTHONPATH": str(CONTROLPLANE), "PYTHONDONTWRITEBYTECODE": "1"}
    return found


def main() -> None:
    """Renew all leases again and again, spread over the interval; never ends by itself."""
    kube = ApiClient.from_kubeconfig(Path(sys.argv[1]))
    serve_health(int(sys.argv[2]))
    while True:
        ends = time.monotonic() + RENEW_INTERVAL_SECONDS
        try:
            nodes = list(beating(kube))
            for index, node in enumerate(nodes):
                renew(kube, node)
                left = ends - time.monotonic()
                time.sleep(max(0.0, left) / (len(nodes) - index))
        except (ApiError, OSError) as problem:
            print(f"heartbeats: {problem}", flush=True)  # the API server may be down: a test's wish
        time.sleep(max(0.2, ends - time.monotonic()))


def beating(kube: ApiClient) -> Iterator[Object]:
    """Nodes whose kubelet is to be alive."""
    for node in kube.list("v1/Node"):
        if node["metadata"].get("annotations", {}).get(FAILED_ANNOTATION) != SILENT:
            yield node


def renew(kube: ApiClient, node: Object) -> None:
    """Renew the lease of one node, or make it."""
    name = node["metadata"]["name"]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    try:
        kube.patch("coordination.k8s.io/v1/Lease", name, {"spec": {"renewTime": now}},
                   LEASE_NAMESPACE)
    except ApiError as error:
        if error.code != 404:
            raise
        kube.create({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [{
                "apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}]},
            "spec": {"holderIdentity": name, "renewTime": now,
                     "leaseDurationSeconds": LEASE_DURATION_SECONDS}})


if __name__ == "__main__":
    main()
