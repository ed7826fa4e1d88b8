"""Kueue's performance test as objects of Berth: the generator file that `simulate --kueue` reads.

A cohort becomes a Quota without an amount of its own, a queue a Quota below it with a namespace of
its name. That test has no nodes; here a pool's nodes hold what all queues own together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

BERTH = "berth.dev/v1alpha1"
POOL = "cluster"
POOL_LABEL = {"berth.dev/pool": POOL}
BERTHS_WORD = {"reclaimWithinCohort": "reclaim", "withinClusterQueue": "withinQuota"}


@dataclass(frozen=True)
class Arrivals:
    """`count` equal pods of one queue, one every `every_ms`, the first at once."""

    class_name: str
    namespace: str
    count: int
    every_ms: int
    runtime_ms: int
    priority: int
    cpus: int

    @property
    def priority_class(self) -> str:
        """The PriorityClass of its pods."""
        return f"load-{self.priority}" if self.priority >= 0 else f"load-minus-{-self.priority}"

    def metadata(self, controller: dict) -> dict:
        """Of its pods: they have a controller, as those of a Job."""
        return {"namespace": self.namespace, "ownerReferences": [controller]}

    def pod_spec(self) -> dict:
        """Of its pods."""
        return {"restartPolicy": "Never", "priorityClassName": self.priority_class,
                "containers": [{"name": "main", "image": "registry.invalid/simulated",
                                "resources": {"requests": {"cpu": self.cpus}}}]}


@dataclass(frozen=True)
class Load:
    """All queues and what arrives in them."""

    quotas: tuple[dict, ...]
    arrivals: tuple[Arrivals, ...]
    cpus: int

    @property
    def workloads(self) -> int:
        """How many pods in all."""
        return sum(each.count for each in self.arrivals)

    @property
    def namespaces(self) -> list[str]:
        """One for each queue."""
        return [quota["metadata"]["name"] for quota in self.quotas if "parentRef" in quota["spec"]]

    def objects(self) -> Iterator[dict]:
        """What must be there before the first pod: pool, quotas, namespaces, priorities."""
        yield {"apiVersion": BERTH, "kind": "ResourcePool", "metadata": {"name": POOL},
               "spec": {"nodeSelector": {"matchLabels": POOL_LABEL},
                        "resources": [{"name": "cpu"}], "strategy": "BestFit"}}
        yield from self.quotas
        for name in self.namespaces:
            yield {"apiVersion": "v1", "kind": "Namespace",
                   "metadata": {"name": name, "labels": {"berth.dev/managed": "true"}}}
        for name, value in sorted({(each.priority_class, each.priority) for each in self.arrivals}):
            yield {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
                   "metadata": {"name": name}, "value": value}

    def classes(self) -> list[str]:
        """Names of the classes, highest priority first."""
        priority = {each.class_name: each.priority for each in self.arrivals}
        return sorted(priority, key=lambda name: -priority[name])


def read(path: Path, scale: float) -> Load:
    """The load of a generator file, with `scale` times as many workloads of each kind."""
    quotas: list[dict] = []
    arrivals: list[Arrivals] = []
    cpus = 0
    for cohort in yaml.safe_load(path.read_text(encoding="utf-8"))["cohorts"]:
        for number in range(1, cohort.get("count", 1) + 1):
            parent = f"{cohort['className']}-{number}"
            quotas.append(quota(parent, {}))
            for queue in cohort.get("queuesSets", []):
                for index in range(1, queue.get("count", 1) + 1):
                    name = f"{parent}-{queue['className']}-{index}"
                    quotas.append(quota(name, queue_spec(parent, name, queue)))
                    arrivals += arrivals_of(queue, name, scale)
                    cpus += queue["nominalQuota"]
    return Load(tuple(quotas), tuple(arrivals), cpus)


def quota(name: str, spec: dict) -> dict:
    """A Quota."""
    return {"apiVersion": BERTH, "kind": "Quota", "metadata": {"name": name}, "spec": spec}


def queue_spec(parent: str, namespace: str, queue: dict) -> dict:
    """The Quota of a queue; what Kueue leaves to its default never preempts."""
    cpu = {"name": "cpu", "nominal": queue["nominalQuota"]}
    if "borrowingLimit" in queue:
        cpu["borrowingLimit"] = queue["borrowingLimit"]
    return {"parentRef": {"name": parent}, "subjects": {"namespaces": [namespace]},
            "pools": [{"poolRef": {"name": POOL}, "resources": [cpu]}],
            "preemption": {word: queue.get(theirs, "Never")
                           for theirs, word in BERTHS_WORD.items()}}


def arrivals_of(queue: dict, namespace: str, scale: float) -> Iterator[Arrivals]:
    """What arrives in one queue."""
    for several in queue.get("workloadsSets", []):
        for kind in several["workloads"]:
            yield Arrivals(kind["className"], namespace, max(1, round(several["count"] * scale)),
                           several.get("creationIntervalMs", 0), kind["runtimeMs"],
                           kind.get("priority", 0), kind["request"])
