"""Simulated nodes, created complete and in parallel.

A node is created with the status a kubelet would report, Ready included: kwok then has nothing to
write, which halves the time for thousands of them. The taint that admission adds goes as on a real
cluster, by the node-lifecycle controller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .api import ApiClient, Object
from .errors import ControlPlaneError
from .ports import HOST
from .waiting import wait_until

NODES_MAX = 20000
READY_TIMEOUT_SECONDS = 60
READY_NODES_PER_SECOND = 25  # how slow it may be on a loaded machine before we give up
DEFAULT_CAPACITY = {"cpu": "16", "memory": "64Gi", "pods": "110"}
ZONE_LABEL = "topology.kubernetes.io/zone"

HEALTHY = (
    ("Ready", "True", "KubeletReady", "simulated kubelet is ready"),
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "simulated"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "simulated"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "simulated"),
)


@dataclass(frozen=True)
class NodeShape:
    """What a group of nodes looks like."""

    prefix: str = "node"
    capacity: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_CAPACITY))
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Object, ...] = ()
    zones: int = 1


def add_nodes(kube: ApiClient, count: int, shape: NodeShape, kubelet_port: int) -> list[str]:
    """Create nodes named PREFIX-0, PREFIX-1 ... after those that exist; waits until ready."""
    if not 0 < count <= NODES_MAX:
        raise ControlPlaneError(f"node count must be 1 to {NODES_MAX}, not {count}")
    first = next_index(kube, shape.prefix)
    names = [f"{shape.prefix}-{index}" for index in range(first, first + count)]
    kube.create_many(nodes(names, first, shape, kubelet_port))
    wait_schedulable(kube, names)
    return names


def nodes(names: list[str], first: int, shape: NodeShape, kubelet_port: int) -> Iterator[Object]:
    """The Node objects."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for index, name in enumerate(names, start=first):
        yield node(name, f"zone-{index % shape.zones}", shape, kubelet_port, now)


def node(name: str, zone: str, shape: NodeShape, kubelet_port: int, now: str) -> Object:
    """One Node, as the kubelet of a healthy machine would register it."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                ZONE_LABEL: zone,
                "type": "kwok",
                **shape.labels,
            },
            "annotations": {
                "kwok.x-k8s.io/node": "fake",
                # metrics-server asks here instead of /metrics/resource.
                "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource",
            },
        },
        "spec": {"taints": list(shape.taints)},
        "status": {
            "capacity": dict(shape.capacity),
            "allocatable": dict(shape.capacity),
            "addresses": [{"type": "InternalIP", "address": HOST},
                          {"type": "Hostname", "address": "localhost"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
            "conditions": [
                {"type": kind, "status": status, "reason": reason, "message": message,
                 "lastHeartbeatTime": now, "lastTransitionTime": now}
                for kind, status, reason, message in HEALTHY
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "simulated",
                "kernelVersion": "simulated", "kubeletVersion": "kwok", "kubeProxyVersion": "",
                "containerRuntimeVersion": "kwok://", "bootID": "", "machineID": "",
                "systemUUID": "",
            },
        },
    }


def next_index(kube: ApiClient, prefix: str) -> int:
    """First index not used by a node with this prefix."""
    pattern = re.compile(re.escape(prefix) + r"-(\d+)")
    matches = (pattern.fullmatch(existing["metadata"]["name"]) for existing in kube.list("v1/Node"))
    return max((int(match.group(1)) + 1 for match in matches if match), default=0)


def wait_schedulable(kube: ApiClient, names: list[str]) -> None:
    """Wait until the nodes are Ready and have lost the taint that admission gave them."""
    missing: set[str] = set()

    def all_schedulable() -> bool:
        found = {item["metadata"]["name"] for item in kube.list("v1/Node") if schedulable(item)}
        missing.clear()
        missing.update(set(names) - found)
        return not missing

    wait_until(
        all_schedulable, READY_TIMEOUT_SECONDS + len(names) / READY_NODES_PER_SECOND,
        lambda: f"{len(missing)} of {len(names)} nodes are not ready, such as {min(missing)}",
        interval_seconds=0.1 if len(names) <= 100 else 1.0)


def schedulable(item: Object) -> bool:
    """Whether a pod could be bound to the node now."""
    ready = any(condition["type"] == "Ready" and condition["status"] == "True"
                for condition in item["status"].get("conditions", []))
    taints = item["spec"].get("taints", [])
    return ready and not any(taint["key"].startswith("node.kubernetes.io/") for taint in taints)
