"""What the demo submits: three teams' work, a gang, a reservation, and two pods that cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Object = dict[str, Any]

TEAMS = ("research", "product", "platform")
STRANGERS = "strangers"
RESERVATION = "release-window"
GANG = "train"
GANG_MEMBERS = 8
RELEASE_PODS = 16
TOO_LARGE = "too-large"
NOBODYS = "nobodys"

GPU = "nvidia.com/gpu"
CPU_NODES = 10
GPU_NODES = 4
CPU_NODE = {"cpu": "16", "memory": "64Gi", "pods": "110"}
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
GPU_NODE = {"cpu": "32", "memory": "256Gi", "pods": "110", "nvidia.com/gpu": "8"}

WINDOW_STARTS_AFTER = timedelta(seconds=45)
WINDOW_LASTS = timedelta(seconds=60)


@dataclass(frozen=True)
class Batch:
    """A number of equal pods of one team."""

    team: str
    name: str
    count: int
    priority: str
    requests: dict[str, str]
    run_seconds: int
    labels: dict[str, str] | None = None

    def pods(self) -> Iterator[Object]:
        """The Pod objects."""
        for index in range(self.count):
            yield pod(f"{self.name}-{index}", self)


BATCHES = (
    Batch("research", "sweep", 110, "berth-low", {"cpu": "1", "memory": "1Gi"}, 40),
    Batch("research", "notebook", 6, "berth-medium", {"cpu": "1", GPU: "1"}, 45),
    Batch("product", "search", 20, "berth-high", {"cpu": "2", "memory": "2Gi"}, 35),
    Batch("product", "report", 30, "berth-medium", {"cpu": "2", "memory": "2Gi"}, 35),
    Batch("platform", "build", 20, "berth-medium", {"cpu": "1", "memory": "1Gi"}, 25),
    Batch("platform", "release", RELEASE_PODS, "berth-high", {"cpu": "2", "memory": "2Gi"}, 45,
          {"berth.dev/reservation": RESERVATION}),
)
GANG_BATCH = Batch("research", GANG, GANG_MEMBERS, "berth-high",
                   {"cpu": "2", GPU: "2"}, 30,
                   {"berth.dev/workload": GANG, "berth.dev/workload-size": str(GANG_MEMBERS)})
IMPOSSIBLE = (
    Batch("research", TOO_LARGE, 1, "berth-low", {"cpu": "64"}, 5),
    Batch(STRANGERS, NOBODYS, 1, "berth-medium", {"cpu": "1"}, 5),
)
POD_COUNT = sum(batch.count for batch in (*BATCHES, GANG_BATCH, *IMPOSSIBLE))


def namespaces() -> list[Object]:
    """A managed namespace for each team, and one that no quota names."""
    return [{"apiVersion": "v1", "kind": "Namespace",
             "metadata": {"name": name, "labels": {"berth.dev/managed": "true"}}}
            for name in (*TEAMS, STRANGERS)]


def reservation(now: datetime) -> Object:
    """Room for the platform team's release, in a window that opens soon."""
    start = (now + WINDOW_STARTS_AFTER).astimezone(UTC).replace(microsecond=0)
    return {
        "apiVersion": "berth.dev/v1alpha1", "kind": "Reservation",
        "metadata": {"name": RESERVATION},
        "spec": {
            "poolRef": {"name": "cpu"}, "quotaRef": {"name": "platform"}, "kind": "TimeWindow",
            "resources": [{"name": "cpu", "amount": str(2 * RELEASE_PODS)},
                          {"name": "memory", "amount": f"{2 * RELEASE_PODS}Gi"}],
            "window": {"start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
                       "durationSeconds": int(WINDOW_LASTS.total_seconds())},
            "allowed": {"namespaces": ["platform"]},
        },
    }


def pod(name: str, batch: Batch) -> Object:
    """One pod; the simulated kubelet ends it after its run time and reports its use."""
    used_millicores = int(batch.requests["cpu"]) * 1000
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": batch.team, "labels": dict(batch.labels or {}),
            "annotations": {
                "kwok.berth.dev/run-seconds": str(batch.run_seconds),
                "kwok.x-k8s.io/usage-cpu": f"{used_millicores}m",
                "kwok.x-k8s.io/usage-memory": "700Mi",
                "berth.dev/expected-duration-seconds": str(batch.run_seconds),
            },
        },
        "spec": {
            "priorityClassName": batch.priority, "restartPolicy": "Never",
            "tolerations": [{"key": GPU_TAINT["key"], "operator": "Exists"}]
                           if GPU in batch.requests else [],
            "containers": [{
                "name": "work", "image": "registry.k8s.io/pause:3.10",
                "resources": {"requests": batch.requests, "limits": {
                    key: value for key, value in batch.requests.items() if "/" in key}},
            }],
        },
    }
