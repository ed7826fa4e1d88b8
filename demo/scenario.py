"""What the demo submits: three teams' work in waves, a gang, a reservation, two pods that cannot run.

Each wave adds to what the pool "cpu" uses, so that its use grows steadily for more than a minute; then
the work runs out.
"""

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
RELEASE_PODS = 8
TOO_LARGE = "too-large"
NOBODYS = "nobodys"

GPU = "nvidia.com/gpu"
CPU_NODES = 10
GPU_NODES = 4
CPU_NODE = {"cpu": "16", "memory": "64Gi", "pods": "110"}
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
GPU_NODE = {"cpu": "32", "memory": "256Gi", "pods": "110", "nvidia.com/gpu": "8"}

TRAFFIC_ENDS_AFTER_SECONDS = 122
WINDOW_STARTS_AFTER = timedelta(seconds=72)
WINDOW_LASTS = timedelta(seconds=60)
# What a pod really uses of what it asks for.
USE_PERCENT = 90


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


GANG_BATCH = Batch("research", GANG, GANG_MEMBERS, "berth-high",
                   {"cpu": "2", GPU: "2"}, 30,
                   {"berth.dev/workload": GANG, "berth.dev/workload-size": str(GANG_MEMBERS)})
IMPOSSIBLE = (
    Batch("research", TOO_LARGE, 1, "berth-low", {"cpu": "64"}, 5),
    Batch(STRANGERS, NOBODYS, 1, "berth-medium", {"cpu": "1"}, 5),
)


@dataclass(frozen=True)
class Wave:
    """Work that arrives together."""

    after_seconds: int
    what: str
    batches: tuple[Batch, ...]

    def pods(self) -> list[Object]:
        """The Pod objects of all its batches."""
        return [pod for batch in self.batches for pod in batch.pods()]


def search(after_seconds: int) -> Wave:
    """The product team's search gets four more pods; all run until its traffic ends."""
    return Wave(after_seconds, "product: search scales out", (
        Batch("product", f"search-{after_seconds}", 4, "berth-medium", {"cpu": "2", "memory": "2Gi"},
              TRAFFIC_ENDS_AFTER_SECONDS - after_seconds),))


WAVES = (
    Wave(0, "a gang of 8, notebooks and 50 small jobs of research; two that cannot run", (
        *IMPOSSIBLE, GANG_BATCH,
        Batch("research", "notebook", 4, "berth-medium", {"cpu": "1", GPU: "1"}, 45),
        Batch("research", "prepare", 50, "berth-low", {"cpu": "1", "memory": "1Gi"}, 118))),
    Wave(12, "research: 72 jobs more than it has quota for", (
        Batch("research", "sweep", 72, "berth-low", {"cpu": "1", "memory": "1Gi"}, 16),)),
    Wave(18, "research: 12 urgent jobs, while others wait", (
        Batch("research", "urgent", 12, "berth-high", {"cpu": "1", "memory": "1Gi"}, 30),)),
    Wave(24, "platform: builds, and a release for the reserved window", (
        Batch("platform", "build", 24, "berth-medium", {"cpu": "1", "memory": "1Gi"}, 95),
        Batch("platform", "release", RELEASE_PODS, "berth-high", {"cpu": "2", "memory": "2Gi"}, 48,
              {"berth.dev/reservation": RESERVATION}))),
    *(search(after_seconds) for after_seconds in (34, 44, 54, 64, 74)),
)
POD_COUNT = sum(batch.count for wave in WAVES for batch in wave.batches)


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


def window_of(found: Object) -> tuple[str, str]:
    """When a reservation's window begins and ends, as the API writes times."""
    window = found["spec"]["window"]
    end = datetime.fromisoformat(window["start"]) + timedelta(seconds=window["durationSeconds"])
    return window["start"], end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def agents() -> Object:
    """A small agent on each node, as every cluster has them: the nodes are measured from the start."""
    labels = {"app": "node-agent"}
    return {
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "node-agent", "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels, "annotations": {
                "kwok.x-k8s.io/usage-cpu": "100m", "kwok.x-k8s.io/usage-memory": "200Mi"}},
            "spec": {"tolerations": [{"operator": "Exists"}],
                     "containers": [{"name": "agent", "image": "registry.k8s.io/pause:3.10"}]}}},
    }


def pod(name: str, batch: Batch) -> Object:
    """One pod; the simulated kubelet ends it after its run time and reports its use."""
    used_millicores = int(batch.requests["cpu"]) * 10 * USE_PERCENT
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
